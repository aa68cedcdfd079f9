// Reads any bytes as a ring of frames. A finding is a crash, or pixels that lie outside their
// memory. The first byte says where a frame is published after the ring was opened.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "capture/include/turnstone_frames.h"
#include "capture/shared_frames.h"
#include "media/image.h"

namespace turnstone {
namespace {

// Looks at the first and the last byte of each plane.
int touch(const Frame& frame) {
  int sum = 0;
  for (int plane = 0; plane < plane_count(frame.format); ++plane) {
    const auto& [data, stride] = frame.planes[static_cast<size_t>(plane)];
    const auto rows = row_count(frame.format, plane, frame.height);
    sum += data[0] + data[stride * (rows - 1) + row_bytes(frame.format, plane, frame.width) - 1];
  }
  return sum;
}

}  // namespace
}  // namespace turnstone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  if (size < 1 + sizeof(ts_ring)) return 0;
  static const int file = memfd_create("ring", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto more = *bytes++ % 8U;
  --size;
  CHECK(ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == static_cast<ssize_t>(size));
  const auto reader = open_shared_frames(path);
  if (!reader) return 0;
  uint64_t published = 0;
  std::memcpy(&published, bytes + offsetof(ts_ring, published), sizeof published);
  published += more;
  CHECK(pwrite(file, &published, sizeof published, offsetof(ts_ring, published)) ==
        sizeof published);
  for (int i = 0; i < 10; ++i) {
    const auto grab = (*reader)->next(std::chrono::milliseconds(0));
    if (!grab || grab->kind == Grab::nothing) break;
    if (grab->kind == Grab::frame && touch(grab->picture) < 0) return 1;
  }
  return 0;
}
