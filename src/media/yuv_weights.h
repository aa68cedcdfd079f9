// The equations from Y, U and V to colours in 16-bit fixed point.
#pragma once

#include <cstdint>

#include "media/frame.h"

namespace turnstone {

// A colour in 64ths of a level is luma * (128 Y) / 32768 + shift, and of red red_v * (256 (V -
// 128)) / 32768, of blue the same with U, of green (green_u * (128 (U - 128)) + green_v * (128 (V -
// 128))) / 32768, each rounded.
struct YuvWeights {
  int16_t luma = 0;
  int16_t shift = 0;  // 64ths of a level
  int16_t red_v = 0;
  int16_t green_u = 0;
  int16_t green_v = 0;
  int16_t blue_u = 0;
};

// Of the weights of red and blue in luma that ITU-R BT.601, BT.709 and BT.2020 give.
constexpr YuvWeights weights_of(YuvSpace space) {
  const double red = space.matrix == YuvMatrix::bt601   ? 0.299
                     : space.matrix == YuvMatrix::bt709 ? 0.2126
                                                        : 0.2627;
  const double blue = space.matrix == YuvMatrix::bt601   ? 0.114
                      : space.matrix == YuvMatrix::bt709 ? 0.0722
                                                         : 0.0593;
  const double green = 1 - red - blue;
  const double luma = space.is_full ? 1 : 255.0 / 219;
  const double chroma = space.is_full ? 1 : 255.0 / 224;
  const auto rounded = [](double value) {
    return static_cast<int16_t>(value < 0 ? value - 0.5 : value + 0.5);
  };
  return {.luma = rounded(16384 * luma),
          .shift = rounded(space.is_full ? 0 : -64 * 16 * luma),
          .red_v = rounded(8192 * 2 * (1 - red) * chroma),
          .green_u = rounded(-16384 * 2 * (1 - blue) * blue / green * chroma),
          .green_v = rounded(-16384 * 2 * (1 - red) * red / green * chroma),
          .blue_u = rounded(8192 * 2 * (1 - blue) * chroma)};
}

}  // namespace turnstone
