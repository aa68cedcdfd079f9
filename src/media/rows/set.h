// All row functions as the including file is compiled. Included once for each instruction set.
#pragma once

#include "media/rows/convert_rows.h"
#include "media/rows/finish_rows.h"
#include "media/rows/rows.h"
#include "media/rows/sample_rows.h"

namespace turnstone {
namespace {

// Packed formats in the order of PixelFormat: bytes a pixel, then where red, green and blue are.
constexpr RowFunctions functions_named(const char* name) {
  return {
      .name = name,
      .rgb_of_packed = {rgb_of_packed<3, 0, 1, 2>, rgb_of_packed<3, 2, 1, 0>,
                        rgb_of_packed<4, 0, 1, 2>, rgb_of_packed<4, 2, 1, 0>,
                        rgb_of_packed<1, 0, 0, 0>},
      .rgb_of_i420 = rgb_of_yuv<false>,
      .rgb_of_nv12 = rgb_of_yuv<true>,
      .sample_packed = {sample_packed<3, 0, 1, 2>, sample_packed<3, 2, 1, 0>,
                        sample_packed<4, 0, 1, 2>, sample_packed<4, 2, 1, 0>,
                        sample_packed<1, 0, 0, 0>},
      .sample_pairs = sample_pairs,
      .sample_chroma = sample_chroma,
      .sample_luma = sample_luma,
      .gray = gray_of,
      .add_bytes = add_bytes,
      .average_triples = average_triples,
      .f32 = {finish_plane<float>, finish_triples<float>},
      .u8 = {finish_plane<uint8_t>, finish_triples<uint8_t>},
      .i8 = {finish_plane<int8_t>, finish_triples<int8_t>},
  };
}

}  // namespace
}  // namespace turnstone
