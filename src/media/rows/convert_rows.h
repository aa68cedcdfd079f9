// Rows of any format as RGB triples. Included once for each instruction set.
#pragma once

#include "media/rows/rows.h"
#include "media/rows/simd.h"

namespace turnstone {
namespace {

using Sixteen = Vector<uint8_t, 16>;

// Writes `count` / 16 * 16 triples out of three rows.
template <class Element>
inline void store_triples(const Element* red, const Element* green, const Element* blue, int count,
                          Element* out) {
  constexpr int lanes = 16 / sizeof(Element);
  using Part = Vector<Element, lanes>;
  constexpr auto each = std::make_integer_sequence<int, lanes>{};
  for (int x = 0; x < count; x += lanes) {
    const auto r = load<Part>(red + x);
    const auto g = load<Part>(green + x);
    const auto b = load<Part>(blue + x);
    store(out + 3 * x, triples<0>(r, g, b, each));
    store(out + 3 * x + lanes, triples<1>(r, g, b, each));
    store(out + 3 * x + 2 * lanes, triples<2>(r, g, b, each));
  }
}

// Sixteen bytes of pixels become as many triples as they hold.
template <int step, int red, int green, int blue, int... i>
constexpr Sixteen triple_control(std::integer_sequence<int, i...>) {
  constexpr int places[3] = {red, green, blue};
  return Sixteen{
      (uint8_t)(step * (i / 3) + places[i % 3] > 15 ? 0x80 : step * (i / 3) + places[i % 3])...};
}

// RowFunctions::rgb_of_packed, of pixels of `step` bytes.
template <int step, int red, int green, int blue>
void rgb_of_packed(const uint8_t* row, int width, uint8_t* rgb) {
  constexpr int at_once = step == 4 ? 4 : 5;
  const auto control =
      triple_control<step, red, green, blue>(std::make_integer_sequence<int, 16>{});
  int x = 0;
  for (; x + 16 <= width; x += at_once)
    store(rgb + 3 * x, pick_bytes(load<Sixteen>(row + step * x), control));
  for (; x < width; ++x) {
    rgb[3 * x] = row[step * x + red];
    rgb[3 * x + 1] = row[step * x + green];
    rgb[3 * x + 2] = row[step * x + blue];
  }
}

// 64ths of a level, rounded; what is below 0 or above 255 levels becomes that.
using ShortBytes = Vector<uint8_t, short_lanes>;
inline ShortBytes byte_of(Shorts value) {
  value = add_saturated(value, Shorts{} + int16_t{32}) >> 6;
  value = value > 255 ? Shorts{} + int16_t{255} : value;
  value = value < 0 ? Shorts{} : value;
  return __builtin_convertvector(value, ShortBytes);
}

// Every chroma sample twice; of NV12 every other one.
template <bool is_nv12, int from, int... i>
inline Shorts spread(const uint8_t* chroma, std::integer_sequence<int, i...>) {
  using Part = Vector<uint8_t, is_nv12 ? short_lanes : short_lanes / 2>;
  const auto part = load<Part>(chroma);
  return __builtin_convertvector(
      __builtin_shufflevector(part, part, (is_nv12 ? i / 2 * 2 + from : i / 2)...), Shorts);
}

// Pixels that are converted at once.
constexpr int yuv_block = 32;

// `yuv_block` pixels.
template <bool is_nv12>
inline void rgb_of_block(const YuvWeights& weights, const uint8_t* luma, const uint8_t* u,
                         const uint8_t* v, uint8_t* rgb) {
  constexpr auto each = std::make_integer_sequence<int, short_lanes>{};
  uint8_t red[yuv_block], green[yuv_block], blue[yuv_block];
  for (int x = 0; x < yuv_block; x += short_lanes) {
    const int at = is_nv12 ? x : x / 2;
    const auto terms =
        terms_of(weights, spread<is_nv12, 0>(u + at, each),
                 is_nv12 ? spread<is_nv12, 1>(u + at, each) : spread<is_nv12, 0>(v + at, each));
    const auto y = luma_of(weights, __builtin_convertvector(load<ShortBytes>(luma + x), Shorts));
    store(red + x, byte_of(add_saturated(y, terms.red)));
    store(green + x, byte_of(add_saturated(y, terms.green)));
    store(blue + x, byte_of(add_saturated(y, terms.blue)));
  }
  store_triples(red, green, blue, yuv_block, rgb);
}

// RowFunctions::rgb_of_i420 and rgb_of_nv12.
template <bool is_nv12>
void rgb_of_yuv(const YuvWeights& weights, const uint8_t* luma, const uint8_t* u, const uint8_t* v,
                int width, uint8_t* rgb) {
  const auto kept = weights;
  int x = 0;
  for (; x + yuv_block <= width; x += yuv_block)
    rgb_of_block<is_nv12>(kept, luma + x, u + (is_nv12 ? x : x / 2), is_nv12 ? v : v + x / 2,
                          rgb + 3 * x);
  if (x == width) return;
  uint8_t lumas[yuv_block] = {}, us[yuv_block] = {}, vs[yuv_block] = {}, out[3 * yuv_block];
  const int left = width - x;
  const int chroma = (left + 1) / 2;
  __builtin_memcpy(lumas, luma + x, left);
  __builtin_memcpy(us, u + (is_nv12 ? x : x / 2), is_nv12 ? 2 * chroma : chroma);
  if (!is_nv12) __builtin_memcpy(vs, v + x / 2, chroma);
  rgb_of_block<is_nv12>(kept, lumas, us, vs, out);
  __builtin_memcpy(rgb + 3 * x, out, 3 * left);
}

}  // namespace
}  // namespace turnstone
