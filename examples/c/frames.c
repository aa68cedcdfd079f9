/* Gives a station moving pictures through shared memory: frames PATH [COUNT [FPS]]. A bright square
 * wanders over a dark ground; COUNT 0, or none, is without end. The station's source is
 *
 *     kind = "shm"
 *     path = "PATH"
 */
#include <signal.h>
#include <stdlib.h>

#include "turnstone_frames.h"

enum { width = 320, height = 240, side = 64 };

static void draw(ts_frame* frame, long number) {
  uint8_t* rows = ts_frame_plane(frame, 0);
  const long left = number * 4 % (width - side), top = number * 3 % (height - side);
  for (long y = 0; y < height; ++y) {
    uint8_t* row = rows + (size_t)y * frame->stride[0];
    const int crosses = y >= top && y < top + side;
    for (long x = 0; x < width; ++x)
      memset(row + 4 * x, crosses && x >= left && x < left + side ? 240 : 16, 4);
  }
}

int main(int argc, char** argv) {
  const long count = argc > 2 ? atol(argv[2]) : 0;
  const long fps = argc > 3 ? atol(argv[3]) : 30;
  if (argc < 2 || argc > 4 || count < 0 || fps < 1 || fps > 1000)
    return fputs("usage: frames PATH [COUNT [FPS]]\n", stderr), 2;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, NULL);

  ts_frames ring;
  const int error = ts_frames_create(&ring, argv[1], 4, ts_frame_bytes(TS_BGRX, width, height));
  if (error) return fprintf(stderr, "%s: %s\n", argv[1], strerror(error)), 1;
  const struct timespec pause = {.tv_nsec = 1000000000 / fps - (fps == 1)};
  int stopped = 0;
  for (long number = 0; !stopped && (count == 0 || number < count); ++number) {
    draw(ts_frames_begin(&ring, TS_BGRX, width, height), number);
    ts_frames_publish(&ring);
    stopped = sigtimedwait(&ends, NULL, &pause) > 0;
  }
  return ts_frames_close(&ring), 0;
}
