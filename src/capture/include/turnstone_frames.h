/* Gives frames to a station from any program, through a ring of slots in shared memory. Linux; C11
 * or C++ with gcc or clang; libc and nothing else.
 *
 * The life of a program that gives frames:
 *
 *     ts_frames ring;
 *     int error = ts_frames_create(&ring, "/dev/shm/line3", 4, ts_frame_bytes(TS_BGRX, 640, 480));
 *     while (...) {
 *       ts_frame *frame = ts_frames_begin(&ring, TS_BGRX, 640, 480);
 *       draw(ts_frame_plane(frame, 0), frame->stride[0]);
 *       ts_frames_publish(&ring);
 *     }
 *     ts_frames_close(&ring);
 *
 * and the station's part of it:
 *
 *     [[source]]
 *     name = "other"
 *     kind = "shm"
 *     path = "/dev/shm/line3"
 *
 * One program writes, any number read, and none of them waits for another: who reads too slowly
 * finds a gap in the numbers of the frames. A frame is copied once on its way, from its slot into
 * the memory of the reader, since the writer may overwrite, cut short or leave the ring at any
 * time.
 *
 * Layout, for writers in other languages. Numbers are of the machine's own byte order; everything
 * not named is 0. The file, on any file system (one in memory, such as /dev/shm, keeps it off the
 * disk), begins with a ts_ring; slot i begins at byte 128 + i * slot_bytes with a ts_frame, and its
 * pixels lie behind that, at the offsets that it tells. To write frame n, counted from 0:
 *
 * 1. take slot n % slot_count and set its `begun` to n + 1, then pass a full memory fence;
 * 2. write the pixels and the fields of the ts_frame;
 * 3. pass a full memory fence, then set its `finished` and the ring's `published` to n + 1;
 * 4. set the ring's `wake` to the low 32 bits of n + 1 and call futex(FUTEX_WAKE) on it; without
 *    that call readers find the frame within a hundredth of a second.
 *
 * A ring is made complete under another name and then renamed to its own, with another `ring_id`
 * than any before: so readers see the old one or the new one, and take to the new one once the old
 * one stands still. */
#ifndef TURNSTONE_FRAMES_H
#define TURNSTONE_FRAMES_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first bytes of a ring, "TSFRAMES" on a little-endian machine, and the version of its layout.
 */
#define TS_FRAMES_MAGIC UINT64_C(0x53454d4152465354)
#define TS_FRAMES_VERSION 1u
#define TS_FRAMES_MOST_SLOTS 64u

/* How pixels lie in memory, one byte a sample. Y, U and V are those of JPEG (BT.601, full range).
 */
typedef enum {
  TS_RGB = 0,  /* one plane, 3 bytes a pixel */
  TS_BGR = 1,  /* one plane, 3 bytes a pixel */
  TS_RGBX = 2, /* one plane, 4 bytes a pixel, the fourth is ignored */
  TS_BGRX = 3, /* one plane, 4 bytes a pixel, the fourth is ignored */
  TS_GRAY = 4, /* one plane, 1 byte a pixel */
  TS_I420 = 5, /* three planes: Y, then U and V at half width and height, rounded up */
  TS_NV12 = 6  /* two planes: Y, then U and V in turn at half width and height, rounded up */
} ts_pixels;

/* The head of a ring: 128 bytes. */
typedef struct {
  uint64_t magic;      /* TS_FRAMES_MAGIC */
  uint32_t version;    /* TS_FRAMES_VERSION */
  uint32_t slot_count; /* 2 to TS_FRAMES_MOST_SLOTS */
  uint64_t slot_bytes; /* from one slot to the next, a multiple of 64 */
  uint64_t ring_id;    /* another one for each ring that is made */
  uint64_t published;  /* frames so far; the newest is in slot (published - 1) % slot_count */
  uint32_t wake;       /* the futex of those who wait for a frame */
  uint32_t closed;     /* 1 when no more frames come */
  uint64_t unused[10];
} ts_ring;

/* The head of a slot: 128 bytes. Offsets count from its own first byte. */
typedef struct {
  uint64_t begun;       /* 1 + number of the frame that was begun last */
  uint64_t finished;    /* 1 + number of the frame that was finished last: it is whole when equal */
  uint32_t format;      /* a ts_pixels */
  uint32_t width;       /* pixels */
  uint32_t height;      /* pixels */
  uint32_t unused;      /* 0 */
  uint64_t offset[3];   /* bytes to the first row of each plane, 128 or more */
  uint64_t stride[3];   /* bytes from one row to the next */
  int64_t monotonic_ns; /* CLOCK_MONOTONIC when the picture was taken; 0: nobody knows */
  int64_t wall_ns;      /* CLOCK_REALTIME of the same moment; 0: nobody knows */
  uint64_t unused_too[4];
} ts_frame;

/* A ring as its writer holds it. One thread at a time. */
typedef struct {
  ts_ring* ring; /* NULL: none */
  size_t bytes;  /* of the whole ring */
  char path[PATH_MAX];
} ts_frames;

/* Planes of a format, and the bytes of a row and the rows of one of them, without padding. */
static inline int ts_plane_count(ts_pixels format) {
  return format == TS_I420 ? 3 : format == TS_NV12 ? 2 : 1;
}
static inline uint64_t ts_row_bytes(ts_pixels format, int plane, uint32_t width) {
  const uint64_t half = ((uint64_t)width + 1) / 2;
  if (format == TS_RGB || format == TS_BGR) return UINT64_C(3) * width;
  if (format == TS_RGBX || format == TS_BGRX) return UINT64_C(4) * width;
  if (plane == 0) return width;
  return format == TS_NV12 ? 2 * half : half;
}
static inline uint64_t ts_row_count(int plane, uint32_t height) {
  return plane == 0 ? height : ((uint64_t)height + 1) / 2;
}

/* Bytes of the pixels of a frame as ts_frames_begin lays it out: rows start at multiples of 64. */
static inline uint64_t ts_frame_bytes(ts_pixels format, uint32_t width, uint32_t height) {
  uint64_t bytes = 0;
  for (int plane = 0; plane < ts_plane_count(format); ++plane)
    bytes += (ts_row_bytes(format, plane, width) + 63) / 64 * 64 * ts_row_count(plane, height);
  return bytes;
}

/* Where slot `index` of a ring lies. */
static inline ts_frame* ts_frames_slot(ts_ring* ring, uint64_t index) {
  return (ts_frame*)((char*)ring + sizeof(ts_ring) + index * ring->slot_bytes);
}

/* Makes a ring of `slots` slots (3 or more are of use) for frames of up to `frame_bytes`, in place
 * of any that is there. Readable for the user and its group. 0, or the number of the error: EINVAL
 * for what a ring cannot have, or what the system says of the file. */
static inline int ts_frames_create(ts_frames* frames, const char* path, uint32_t slots,
                                   uint64_t frame_bytes) {
  memset(frames, 0, sizeof *frames);
  if (slots < 2 || slots > TS_FRAMES_MOST_SLOTS || frame_bytes < 1 || frame_bytes >> 32 != 0)
    return EINVAL;
  char fresh[PATH_MAX];
  if (snprintf(frames->path, sizeof frames->path, "%s", path) >= PATH_MAX ||
      snprintf(fresh, sizeof fresh, "%s.%ld.new", path, (long)getpid()) >= PATH_MAX)
    return ENAMETOOLONG;
  const uint64_t slot_bytes = (sizeof(ts_frame) + frame_bytes + 63) / 64 * 64;
  frames->bytes = (size_t)(sizeof(ts_ring) + slots * slot_bytes);
  (void)unlink(fresh);
  const int file = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file < 0) return errno;
  /* Memory that cannot be had is told here and not by a signal while a frame is written. */
  int error = posix_fallocate(file, 0, (off_t)frames->bytes);
  void* memory = MAP_FAILED;
  if (error == 0) {
    memory = mmap(NULL, frames->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) error = errno;
  }
  close(file);
  if (error == 0) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    frames->ring = (ts_ring*)memory;
    frames->ring->magic = TS_FRAMES_MAGIC;
    frames->ring->version = TS_FRAMES_VERSION;
    frames->ring->slot_count = slots;
    frames->ring->slot_bytes = slot_bytes;
    frames->ring->ring_id = ((uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec) ^
                            (uint64_t)getpid() << 44;
    if (rename(fresh, path) != 0) error = errno;
  }
  if (error == 0) return 0;
  if (memory != MAP_FAILED) munmap(memory, frames->bytes);
  (void)unlink(fresh);
  memset(frames, 0, sizeof *frames);
  return error;
}

/* Begins the next frame: sets its size, strides and both times to now, which may be set anew until
 * it is published. Its pixels are those of some frame before. NULL when it does not fit a slot, or
 * the ring is closed. */
static inline ts_frame* ts_frames_begin(ts_frames* frames, ts_pixels format, uint32_t width,
                                        uint32_t height) {
  ts_ring* ring = frames->ring;
  if (!ring || width < 1 || height < 1 ||
      ts_frame_bytes(format, width, height) > ring->slot_bytes - sizeof(ts_frame))
    return NULL;
  ts_frame* frame = ts_frames_slot(ring, ring->published % ring->slot_count);
  __atomic_store_n(&frame->begun, ring->published + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  frame->format = (uint32_t)format;
  frame->width = width;
  frame->height = height;
  uint64_t offset = sizeof(ts_frame);
  for (int plane = 0; plane < 3; ++plane) {
    const int is_there = plane < ts_plane_count(format);
    frame->offset[plane] = is_there ? offset : 0;
    frame->stride[plane] = is_there ? (ts_row_bytes(format, plane, width) + 63) / 64 * 64 : 0;
    offset += frame->stride[plane] * ts_row_count(plane, height);
  }
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  frame->monotonic_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  clock_gettime(CLOCK_REALTIME, &now);
  frame->wall_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  return frame;
}

/* Where the first row of a plane is to be written. */
static inline uint8_t* ts_frame_plane(ts_frame* frame, int plane) {
  return (uint8_t*)frame + frame->offset[plane];
}

/* Wakes those who wait for a frame. */
static inline void ts_frames_wake(ts_ring* ring) {
  syscall(SYS_futex, &ring->wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Gives the frame that was begun last to the readers. */
static inline void ts_frames_publish(ts_frames* frames) {
  ts_ring* ring = frames->ring;
  const uint64_t count = ring->published + 1;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  __atomic_store_n(&ts_frames_slot(ring, ring->published % ring->slot_count)->finished, count,
                   __ATOMIC_RELEASE);
  __atomic_store_n(&ring->published, count, __ATOMIC_RELEASE);
  __atomic_store_n(&ring->wake, (uint32_t)count, __ATOMIC_RELEASE);
  ts_frames_wake(ring);
}

/* Tells readers that no more frames come, and takes the ring away, unless another one has taken its
 * name. The frames in it may still be read by who has it open. */
static inline void ts_frames_close(ts_frames* frames) {
  ts_ring* ring = frames->ring;
  if (!ring) return;
  __atomic_store_n(&ring->closed, 1u, __ATOMIC_RELEASE);
  __atomic_store_n(&ring->wake, ~ring->wake, __ATOMIC_RELEASE);
  ts_frames_wake(ring);
  uint64_t now_there[4] = {0};
  const int file = open(frames->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file >= 0) {
    if (read(file, now_there, sizeof now_there) == (ssize_t)sizeof now_there &&
        now_there[3] == ring->ring_id)
      (void)unlink(frames->path);
    close(file);
  }
  munmap(ring, frames->bytes);
  memset(frames, 0, sizeof *frames);
}

#ifdef __cplusplus
}
#endif

#endif
