// Frames for tests that show their number, so that it survives encoding.
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "capture/frame_reader.h"
#include "capture/video.h"
#include "media/convert.h"
#include "media/image.h"

namespace turnstone::testing_tools {

// 128 x 64 pixels in eight bars, bright ones for the ones of the number, whose first digit is left.
// Frames are 40 ms apart.
inline Frame coded_frame(int number, const std::string& source = "camera") {
  static const auto began = std::chrono::steady_clock::now();
  static const auto wall = std::chrono::system_clock::now();
  auto image = *make_image(PixelFormat::rgb, 128, 64);
  for (int y = 0; y < 64; ++y)
    for (int bar = 0; bar < 8; ++bar)
      std::fill_n(image.row(y) + bar * 48, 48, (number >> (7 - bar)) & 1 ? 220 : 30);
  auto frame = image.frame();
  frame.taken = began + number * std::chrono::milliseconds(40);
  frame.wall = wall + number * std::chrono::milliseconds(40);
  frame.source = source;
  frame.sequence = number;
  return frame;
}

// The number that a frame of that size shows.
inline int number_in(const Frame& frame) {
  const auto image = *to_rgb(frame);
  int number = 0;
  for (int bar = 0; bar < 8; ++bar)
    number = number * 2 + (image.row(48)[(bar * 16 + 8) * 3] > 128 ? 1 : 0);
  return number;
}

// Those of all frames of a video.
inline std::vector<int> numbers_in(const std::filesystem::path& path) {
  std::vector<int> numbers;
  const auto reader = open_video(path);
  if (!reader) return numbers;
  for (;;) {
    const auto grab = (*reader)->next(std::chrono::seconds(5));
    if (!grab || grab->kind == Grab::end || grab->kind == Grab::nothing) return numbers;
    if (grab->kind == Grab::frame) numbers.push_back(number_in(grab->picture));
  }
}

}  // namespace turnstone::testing_tools
