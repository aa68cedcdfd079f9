// Samples as elements of a tensor. Included once for each instruction set.
#pragma once

#include "media/rows/convert_rows.h"
#include "media/rows/rows.h"
#include "media/rows/simd.h"

namespace turnstone {
namespace {

template <class Element>
constexpr bool is_float = false;
template <>
constexpr bool is_float<float> = true;

// float_lanes elements of one channel.
template <class Element>
inline void finish_vector(const int16_t* upper, const int16_t* lower, HalfShorts share,
                          const SampleMap& map, Element* out) {
  const auto above = load<HalfShorts>(upper);
  const auto sample = above + multiply_high(load<HalfShorts>(lower) - above, share);
  const auto exact = __builtin_convertvector(widened(sample), Floats) * map.factor + map.shift;
  if constexpr (is_float<Element>) {
    store(out, exact);
  } else {
    constexpr bool is_signed = Element(-1) < Element(0);
    const auto least = Floats{} + (is_signed ? -128.0F : 0.0F);
    const auto most = Floats{} + (is_signed ? 127.0F : 255.0F);
    const auto raised = exact > least ? exact : least;
    const auto inside = raised < most ? raised : most;
    const auto half = inside < 0 ? Floats{} - 0.5F : Floats{} + 0.5F;
    using Part = Vector<Element, float_lanes>;
    store(out, __builtin_convertvector(__builtin_convertvector(inside + half, Ints), Part));
  }
}

// Finishers::plane.
template <class Element>
void finish_plane(const RowPair& rows, const SampleMap* maps, int count, Element* out) {
  const auto share = HalfShorts{} + rows.share;
  const auto map = maps[0];
  const auto* const upper = rows.upper[0];
  const auto* const lower = rows.lower[0];
  int x = 0;
  for (; x + 2 * float_lanes <= count; x += 2 * float_lanes) {
    finish_vector(upper + x, lower + x, share, map, out + x);
    finish_vector(upper + x + float_lanes, lower + x + float_lanes, share, map,
                  out + x + float_lanes);
  }
  if (x == count) return;
  Element rest[2 * float_lanes];
  finish_vector(upper + x, lower + x, share, map, rest);
  finish_vector(upper + x + float_lanes, lower + x + float_lanes, share, map, rest + float_lanes);
  __builtin_memcpy(out + x, rest, static_cast<size_t>(count - x) * sizeof(Element));
}

// Three rows of so many elements become triples at once.
constexpr int triple_block = 16;

// Triples of `triple_block` outputs from `x` on.
template <class Element>
inline void finish_block(const RowPair& rows, const SampleMap* maps, HalfShorts share, int x,
                         Element* out) {
  Element values[3][triple_block];
  for (int channel = 0; channel < 3; ++channel)
    for (int i = 0; i < triple_block; i += float_lanes)
      finish_vector(rows.upper[channel] + x + i, rows.lower[channel] + x + i, share, maps[channel],
                    values[channel] + i);
  store_triples(values[0], values[1], values[2], triple_block, out);
}

// Finishers::triples.
template <class Element>
void finish_triples(const RowPair& rows, const SampleMap* maps, int count, Element* out) {
  const auto share = HalfShorts{} + rows.share;
  int x = 0;
  for (; x + triple_block <= count; x += triple_block)
    finish_block(rows, maps, share, x, out + 3 * x);
  if (x == count) return;
  Element rest[3 * triple_block];
  finish_block(rows, maps, share, x, rest);
  __builtin_memcpy(out + 3 * x, rest, static_cast<size_t>(3 * (count - x)) * sizeof(Element));
}

}  // namespace
}  // namespace turnstone
