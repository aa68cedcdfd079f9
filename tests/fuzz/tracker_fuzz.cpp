// Reads bytes as the detections of frame after frame and tracks them. A finding is a crash, a hang,
// or a number that two things of a frame share.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>

#include "base/result.h"
#include "vision/tracker.h"

namespace turnstone {
namespace {

// A number of any bits, or, more often, one between -0.5 and 1.5.
float number_of(const uint8_t* bytes) {
  if (bytes[0] % 8 != 0) return static_cast<float>(bytes[1]) / 127.5F - 0.5F;
  float number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

}  // namespace
}  // namespace turnstone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  constexpr size_t each = 22;  // five numbers, a label, how many come in this frame
  if (size < 2) return 0;
  Tracker tracker({.lost_frames = bytes[0] % 8, .by_class = bytes[1] % 2 == 1});
  std::vector<Detection> frame;
  for (size_t at = 2; at + each <= size; at += each) {
    const auto* from = bytes + at;
    frame.push_back(
        {.box = {number_of(from), number_of(from + 4), number_of(from + 8), number_of(from + 12)},
         .label = from[20] % 4 - 1,
         .score = number_of(from + 16)});
    if (from[21] % 4 != 0) continue;
    tracker.track(frame, from[21] == 0 ? 0 : 16.0 / 9);
    std::set<int> tracks;
    for (const auto& one : frame) CHECK(one.track < 0 || tracks.insert(one.track).second);
    frame.clear();
  }
  return 0;
}
