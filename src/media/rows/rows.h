// Functions over one row of pixels, in one set for each instruction set: what conversion and
// preprocessing spend their time in. What they mean is said by media/pixels.h and the plain sums
// below; which set is used changes no result but where said.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "media/yuv_weights.h"

namespace turnstone {

// A sample is a pixel 0..255 times this.
inline constexpr int sample_scale = 128;

// Samplers work on so many pixels at once: their tables and what they write are that much padded.
inline constexpr int row_block = 32;

// Rows of samples, one each of red, green and blue.
struct Samples {
  int16_t* red = nullptr;
  int16_t* green = nullptr;
  int16_t* blue = nullptr;
};

// What is added to luma, in 64ths of a level: of an output's left pixel and of its right one.
struct ChromaTerms {
  Samples left;
  Samples right;
};

// Bytes picked out of a row, sixteen a group: those of `count` windows of 16 bytes, each put where
// its control says (0x80: nowhere, the byte stays what other windows make it). Window k of group g
// is entry k * groups + g.
struct Windows {
  const int32_t* offsets = nullptr;   // of the windows, bytes from the start of the row
  const uint8_t* controls = nullptr;  // 16 a window
  int count = 0;
  int groups = 0;
};

// Outputs of packed pixels lie at their own offset, and are mixed of the pixel there and its right
// neighbour: left + (right - left) * share / 32768.
struct Positions {
  const int32_t* offsets = nullptr;  // one an output, bytes from the start of the row
  const int16_t* shares = nullptr;   // 0..32767; eight for two outputs: a b a b a b 0 0
};

// The same where two outputs lie in one window: a group is two outputs, and its bytes are red,
// green and blue of both as the high halves of 16-bit lanes: ra rb ga gb ba bb 0 0.
struct PairPositions {
  const int32_t* offsets = nullptr;
  const uint8_t* left_controls = nullptr;
  const uint8_t* right_controls = nullptr;
  const int16_t* shares = nullptr;
};

// Sample * factor + shift becomes an element.
struct SampleMap {
  float factor = 1;
  float shift = 0;
};

// Two rows of samples, mixed: upper + (lower - upper) * share / 32768.
struct RowPair {
  std::array<const int16_t*, 3> upper = {};
  std::array<const int16_t*, 3> lower = {};
  int16_t share = 0;
};

// Writes `count` elements: those of channel 0, or triples of all three channels. Integers round to
// the nearest, halves away from zero, and stay in range.
template <class Element>
using Finish = void (*)(const RowPair& rows, const SampleMap* maps, int count, Element* out);

// For one type of element.
template <class Element>
struct Finishers {
  Finish<Element> plane = nullptr;
  Finish<Element> triples = nullptr;
};

// Any thread. Nothing outside the pixels, tables and outputs that are named is touched.
struct RowFunctions {
  const char* name = "";

  // RGB triples of `width` pixels; by PixelFormat, packed formats alone.
  using FromPacked = void (*)(const uint8_t* row, int width, uint8_t* rgb);
  std::array<FromPacked, 5> rgb_of_packed = {};
  // The same of I420, and of NV12 whose chroma is `u` (`v` is ignored).
  using FromYuv = void (*)(const YuvWeights& weights, const uint8_t* luma, const uint8_t* u,
                           const uint8_t* v, int width, uint8_t* rgb);
  FromYuv rgb_of_i420 = nullptr;
  FromYuv rgb_of_nv12 = nullptr;

  // `count` outputs, a multiple of row_block, of a row of a packed format. The first reads 8 bytes
  // at every offset.
  using SamplePacked = void (*)(const uint8_t* row, const Positions& at, int count,
                                const Samples& out);
  std::array<SamplePacked, 5> sample_packed = {};
  void (*sample_pairs)(const uint8_t* row, const PairPositions& at, int count,
                       const Samples& out) = nullptr;

  // The chroma, then the whole, of `count` outputs of I420 or NV12. A group of a window is eight
  // outputs, and its bytes are left and right in turn. `shares` as above, one an output.
  void (*sample_chroma)(const YuvWeights& weights, const uint8_t* u, const Windows& at_u,
                        const uint8_t* v, const Windows& at_v, int count,
                        const ChromaTerms& out) = nullptr;
  void (*sample_luma)(const YuvWeights& weights, const uint8_t* luma, const Windows& at,
                      const int16_t* shares, const ChromaTerms& chroma, int count,
                      const Samples& out) = nullptr;

  // Red becomes 0.299 red + 0.587 green + 0.114 blue.
  void (*gray)(const Samples& row, int count) = nullptr;

  // sums[i] = weight * bytes[i], or += where `first` is false.
  void (*add_bytes)(const uint8_t* bytes, float weight, bool first, int count,
                    float* sums) = nullptr;
  // Output x: the sum of weights[start[x] + k] * the triple first[x] + k of `sums`, for k in
  // [0, start[x + 1] - start[x]). Reads one float behind the last triple.
  void (*average_triples)(const float* sums, const int* first, const int* start,
                          const float* weights, int count, Samples out) = nullptr;

  Finishers<float> f32;
  Finishers<uint8_t> u8;
  Finishers<int8_t> i8;
};

// The sets that this computer runs, the best first; the last needs nothing special.
std::span<const RowFunctions* const> row_functions();

// Sets by instruction set; null where the program is built for other machines.
const RowFunctions* plain_rows();
const RowFunctions* sse4_rows();
const RowFunctions* avx2_rows();
const RowFunctions* avx512_rows();

}  // namespace turnstone
