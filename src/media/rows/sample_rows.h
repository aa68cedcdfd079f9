// Rows of any format as samples at given places. Included once for each instruction set.
#pragma once

#include "media/rows/rows.h"
#include "media/rows/simd.h"

namespace turnstone {
namespace {

// left + (right - left) * share / 32768
template <class V>
inline V mixed(V left, V right, V share) {
  return left + multiply_high(right - left, share);
}

// Eight bytes of the row at each of the offsets.
using Quads = Vector<uint64_t, vector_bytes / 8>;
template <int... i>
inline Quads gather_quads(const uint8_t* row, const int32_t* offsets,
                          std::integer_sequence<int, i...>) {
  const auto at = [&](int32_t offset) { return load<uint64_t>(row + offset); };
  return Quads{at(offsets[i])...};
}

// Of the two 8-byte places in each 16 bytes, the byte at `red` of both as the high halves of two
// 16-bit lanes, then green, then blue, then nothing.
template <int red, int green, int blue, int... i>
constexpr Bytes sample_control(std::integer_sequence<int, i...>) {
  constexpr int places[3] = {red, green, blue};
  return Bytes{(uint8_t)(i % 16 > 11 || i % 2 == 0 ? 0x80 : places[i % 16 / 4] + i % 4 / 2 * 8)...};
}

// `zipped` holds in each 16 bytes two words of one row and two of another: the words in order, the
// first row's before the second's.
template <int... i>
inline Words in_order(Words zipped, std::integer_sequence<int, i...>) {
  constexpr int half = float_lanes / 2;
  constexpr int blocks = float_lanes / 4;
  return __builtin_shufflevector(zipped, zipped,
                                 (i % half % blocks * 4 + i / half * 2 + i % half / blocks)...);
}

// Either half of the lanes.
using HalfWords = Vector<uint32_t, float_lanes / 2>;
template <int... i>
inline HalfWords low_half(Words words, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(words, words, i...);
}
template <int... i>
inline HalfWords high_half(Words words, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(words, words, (i + float_lanes / 2)...);
}

// Lanes that hold pixels in their high halves, mixed.
inline Shorts mixed_high(Bytes left, Bytes right, const int16_t* shares) {
  using Unsigned = Vector<uint16_t, short_lanes>;
  return mixed((Shorts)((Unsigned)left >> 1), (Shorts)((Unsigned)right >> 1), load<Shorts>(shares));
}

// Both hold two outputs in each 16 bytes, as red, green and blue pairs; `b` those behind `a`'s.
inline void store_samples(Shorts a, Shorts b, int x, const Samples& out) {
  constexpr auto each = std::make_integer_sequence<int, float_lanes>{};
  constexpr auto half = std::make_integer_sequence<int, float_lanes / 2>{};
  const auto two = in_order(zip_low((Words)a, (Words)b, each), each);
  const auto one = in_order(zip_high((Words)a, (Words)b, each), each);
  store(out.red + x, low_half(two, half));
  store(out.green + x, high_half(two, half));
  store(out.blue + x, low_half(one, half));
}

// Outputs of one vector, two in each 16 bytes.
constexpr int packed_lanes = vector_bytes / 8;

// RowFunctions::sample_packed, of pixels of `step` bytes.
template <int step, int red, int green, int blue>
void sample_packed(const uint8_t* row, const Positions& at, int count, const Samples& out) {
  constexpr auto every = std::make_integer_sequence<int, vector_bytes>{};
  constexpr auto each = std::make_integer_sequence<int, packed_lanes>{};
  const auto [offsets, shares] = at;
  const auto to = out;
  const auto part = [&](int x) {
    const auto pixels = (Bytes)gather_quads(row, offsets + x, each);
    return mixed_high(
        pick_bytes(pixels, sample_control<red, green, blue>(every)),
        pick_bytes(pixels, sample_control<step + red, step + green, step + blue>(every)),
        shares + 4 * x);
  };
  for (int x = 0; x < count; x += 2 * packed_lanes)
    store_samples(part(x), part(x + packed_lanes), x, to);
}

// RowFunctions::sample_pairs.
void sample_pairs(const uint8_t* row, const PairPositions& at, int count, const Samples& out) {
  const auto [offsets, left, right, shares] = at;
  const auto to = out;
  const auto part = [&](int x) {
    const auto pixels = load_windows(row, offsets + x / 2);
    return mixed_high(pick_bytes(pixels, load<Bytes>(left + 8 * x)),
                      pick_bytes(pixels, load<Bytes>(right + 8 * x)), shares + 4 * x);
  };
  for (int x = 0; x < count; x += 2 * packed_lanes)
    store_samples(part(x), part(x + packed_lanes), x, to);
}

// Left and right of outputs x and on, as the halves of 16-bit lanes.
inline Vector<uint16_t, short_lanes> taps_at(const uint8_t* row, const Windows& at, int x) {
  Bytes sum = {};
  for (int k = 0; k < at.count; ++k) {
    const auto window = k * at.groups + x / 8;
    sum |=
        pick_bytes(load_windows(row, at.offsets + window), load<Bytes>(at.controls + 16 * window));
  }
  return (Vector<uint16_t, short_lanes>)sum;
}

// What chroma adds, of a vector of outputs from `x` on.
inline void store_terms(const Samples& out, int x, const Terms& terms) {
  store(out.red + x, terms.red);
  store(out.green + x, terms.green);
  store(out.blue + x, terms.blue);
}

// RowFunctions::sample_chroma.
void sample_chroma(const YuvWeights& weights, const uint8_t* u, const Windows& at_u,
                   const uint8_t* v, const Windows& at_v, int count, const ChromaTerms& out) {
  const auto kept = weights;
  const auto to = out;
  const auto us_at = at_u;
  const auto vs_at = at_v;
  for (int x = 0; x < count; x += short_lanes) {
    const auto us = taps_at(u, us_at, x);
    const auto vs = taps_at(v, vs_at, x);
    store_terms(to.left, x, terms_of(kept, (Shorts)(us & 255), (Shorts)(vs & 255)));
    store_terms(to.right, x, terms_of(kept, (Shorts)(us >> 8), (Shorts)(vs >> 8)));
  }
}

// One colour of both pixels, kept in 0..255 levels and mixed: 64ths of a level become samples.
inline Shorts colour(Shorts left, Shorts right, const int16_t* left_term, const int16_t* right_term,
                     Shorts share) {
  const auto within = [](Shorts value) {
    const auto most = Shorts{} + int16_t{255 * 64};
    value = value > 0 ? value : Shorts{};
    return (value < most ? value : most) << 1;
  };
  left = within(add_saturated(left, load<Shorts>(left_term)));
  right = within(add_saturated(right, load<Shorts>(right_term)));
  return mixed(left, right, share);
}

// RowFunctions::sample_luma.
void sample_luma(const YuvWeights& weights, const uint8_t* luma, const Windows& at,
                 const int16_t* shares, const ChromaTerms& chroma, int count, const Samples& out) {
  const auto kept = weights;
  const auto windows = at;
  const auto [l, r] = chroma;
  const auto to = out;
  for (int x = 0; x < count; x += short_lanes) {
    const auto taps = taps_at(luma, windows, x);
    const auto left = luma_of(kept, (Shorts)(taps & 255));
    const auto right = luma_of(kept, (Shorts)(taps >> 8));
    const auto share = load<Shorts>(shares + x);
    store(to.red + x, colour(left, right, l.red + x, r.red + x, share));
    store(to.green + x, colour(left, right, l.green + x, r.green + x, share));
    store(to.blue + x, colour(left, right, l.blue + x, r.blue + x, share));
  }
}

// RowFunctions::gray.
void gray_of(const Samples& row, int count) {
  const auto weight = [](int value) { return Shorts{} + static_cast<int16_t>(value); };
  for (int x = 0; x < count; x += short_lanes)
    store(row.red + x, multiply_high(load<Shorts>(row.red + x), weight(9798)) +
                           multiply_high(load<Shorts>(row.green + x), weight(19235)) +
                           multiply_high(load<Shorts>(row.blue + x), weight(3735)));
}

// RowFunctions::add_bytes.
void add_bytes(const uint8_t* bytes, float weight, bool first, int count, float* sums) {
  const float kept = first ? 0.0F : 1.0F;
  int x = 0;
  for (; x + float_lanes <= count; x += float_lanes)
    store(sums + x, load<Floats>(sums + x) * kept + load_floats(bytes + x) * weight);
  for (; x < count; ++x) sums[x] = sums[x] * kept + weight * static_cast<float>(bytes[x]);
}

// RowFunctions::average_triples.
void average_triples(const float* sums, const int* first, const int* start, const float* weights,
                     int count, Samples out) {
  using Four = Vector<float, 4>;
  for (int x = 0; x < count; ++x) {
    Four sum = {};
    const float* at = sums + int64_t{3} * first[x];
    for (int k = start[x]; k < start[x + 1]; ++k, at += 3) sum += weights[k] * load<Four>(at);
    sum = sum * float{sample_scale} + 0.5F;
    out.red[x] = static_cast<int16_t>(sum[0]);
    out.green[x] = static_cast<int16_t>(sum[1]);
    out.blue[x] = static_cast<int16_t>(sum[2]);
  }
}

}  // namespace
}  // namespace turnstone
