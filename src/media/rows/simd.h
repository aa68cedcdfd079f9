// Vectors of the instruction set that the including file is compiled for. Everything has internal
// linkage and nothing of the standard library is called: code for a better machine must not be what
// the linker keeps for all.
#pragma once

#include <cstdint>
#include <utility>

#include "media/yuv_weights.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace turnstone {
namespace {

// Bytes of the widest vector.
constexpr int vector_bytes =
#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
    64;
#elif defined(__AVX2__)
    32;
#else
    16;
#endif

// `lanes` elements in one vector.
template <class T, int lanes>
struct VectorOf {
  typedef T type __attribute__((vector_size(lanes * sizeof(T))));
};
// Shorter to say.
template <class T, int lanes>
using Vector = typename VectorOf<T, lanes>::type;

// Whole vectors of each type, and half a vector of 16-bit lanes: one for each float.
constexpr int float_lanes = vector_bytes / 4;
constexpr int short_lanes = vector_bytes / 2;
using Floats = Vector<float, float_lanes>;
using Ints = Vector<int32_t, float_lanes>;
using Shorts = Vector<int16_t, short_lanes>;
using HalfShorts = Vector<int16_t, float_lanes>;
using Words = Vector<uint32_t, float_lanes>;
using Bytes = Vector<uint8_t, vector_bytes>;

// Unaligned.
template <class V, class T>
inline V load(const T* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <class V, class T>
inline void store(T* to, const V& value) {
  __builtin_memcpy(to, &value, sizeof value);
}

// (a * b + 2^14) >> 15 in every lane; a and b are not both -32768.
inline int16_t multiply_high(int16_t a, int16_t b) {
  return static_cast<int16_t>((int32_t{a} * b + (1 << 14)) >> 15);
}
template <class V>
inline V multiply_high(V a, V b) {
#if defined(__ARM_NEON)
  if constexpr (sizeof(V) == 8) return (V)vqrdmulh_s16((int16x4_t)a, (int16x4_t)b);
  if constexpr (sizeof(V) == 16) return (V)vqrdmulhq_s16((int16x8_t)a, (int16x8_t)b);
#endif
#if defined(__SSSE3__)
  if constexpr (sizeof(V) == 8)
    return (V)_mm_cvtsi128_si64(
        _mm_mulhrs_epi16(_mm_cvtsi64_si128((long long)a), _mm_cvtsi64_si128((long long)b)));
  if constexpr (sizeof(V) == 16) return (V)_mm_mulhrs_epi16((__m128i)a, (__m128i)b);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32) return (V)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b);
#endif
#if defined(__AVX512BW__)
  if constexpr (sizeof(V) == 64) return (V)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
#endif
  V out;
  for (unsigned i = 0; i < sizeof(V) / 2; ++i) out[i] = multiply_high(a[i], b[i]);
  return out;
}

// Each lane in twice its width.
inline Ints widened(HalfShorts value) {
#if defined(__AVX512F__)
  return (Ints)_mm512_maskz_cvtepi16_epi32(0xffff, (__m256i)value);
#elif defined(__AVX2__)
  return (Ints)_mm256_cvtepi16_epi32((__m128i)value);
#else
  return __builtin_convertvector(value, Ints);
#endif
}

// Bytes in memory as floats.
inline Floats load_floats(const uint8_t* from) {
#if defined(__AVX512F__)
  const auto wide = (Ints)_mm512_maskz_cvtepu8_epi32(0xffff, load<__m128i>(from));
#elif defined(__AVX2__)
  const auto wide = (Ints)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(load<int64_t>(from)));
#elif defined(__SSE4_1__)
  const auto wide = (Ints)_mm_cvtepu8_epi32(_mm_cvtsi32_si128(load<int32_t>(from)));
#else
  const auto wide = __builtin_convertvector(load<Vector<uint8_t, float_lanes>>(from), Ints);
#endif
  return __builtin_convertvector(wide, Floats);
}

// a + b, not leaving the range of the lanes.
inline Shorts add_saturated(Shorts a, Shorts b) {
#if defined(__AVX512BW__)
  return (Shorts)_mm512_adds_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Shorts)_mm256_adds_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Shorts)_mm_adds_epi16((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON)
  return (Shorts)vqaddq_s16((int16x8_t)a, (int16x8_t)b);
#else
  Shorts out;
  for (int i = 0; i < short_lanes; ++i) {
    const int sum = a[i] + b[i];
    out[i] = static_cast<int16_t>(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
  }
  return out;
#endif
}

// Within each 16 bytes: byte i of the result is byte control[i], or 0 where that is 0x80.
template <class V>
inline V pick_bytes(V from, V control) {
#if defined(__SSSE3__)
  if constexpr (sizeof(V) == 16) return (V)_mm_shuffle_epi8((__m128i)from, (__m128i)control);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32) return (V)_mm256_shuffle_epi8((__m256i)from, (__m256i)control);
#endif
#if defined(__AVX512BW__)
  if constexpr (sizeof(V) == 64) return (V)_mm512_shuffle_epi8((__m512i)from, (__m512i)control);
#endif
#if defined(__ARM_NEON) && defined(__aarch64__)
  if constexpr (sizeof(V) == 16) return (V)vqtbl1q_u8((uint8x16_t)from, (uint8x16_t)control);
#endif
  V out;
  for (unsigned i = 0; i < sizeof(V); ++i)
    out[i] = control[i] & 0x80 ? 0 : from[i / 16 * 16 + control[i]];
  return out;
}

// The lanes of `a`, then those of `b`; `i` counts them.
template <class V, int... i>
inline auto joined(V a, V b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, i...);
}

// Sixteen bytes of the row at each of the offsets.
template <int size = vector_bytes>
inline Vector<uint8_t, size> load_windows(const uint8_t* row, const int32_t* offsets) {
  if constexpr (size == 16)
    return load<Vector<uint8_t, 16>>(row + offsets[0]);
  else
    return joined(load_windows<size / 2>(row, offsets),
                  load_windows<size / 2>(row, offsets + size / 32),
                  std::make_integer_sequence<int, size>{});
}

// Of each 16 bytes: a0 b0 a1 b1, and a2 b2 a3 b3.
template <int... i>
inline Words zip_low(Words a, Words b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, (i / 4 * 4 + i % 4 / 2 + i % 2 * float_lanes)...);
}
template <int... i>
inline Words zip_high(Words a, Words b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, (i / 4 * 4 + 2 + i % 4 / 2 + i % 2 * float_lanes)...);
}

// (a * weight_a + b * weight_b + 2^14) >> 15, exactly; the sum fits 31 bits.
inline Shorts weighted_sum(Shorts a, Shorts b, int16_t weight_a, int16_t weight_b) {
#if defined(__SSE2__)
  const auto weights = Ints{} + ((int32_t{weight_b} << 16) | static_cast<uint16_t>(weight_a));
  const auto half = Ints{} + (1 << 14);
#if defined(__AVX512BW__)
  const auto low =
      (Ints)_mm512_madd_epi16(_mm512_unpacklo_epi16((__m512i)a, (__m512i)b), (__m512i)weights);
  const auto high =
      (Ints)_mm512_madd_epi16(_mm512_unpackhi_epi16((__m512i)a, (__m512i)b), (__m512i)weights);
  return (Shorts)_mm512_packs_epi32((__m512i)((low + half) >> 15), (__m512i)((high + half) >> 15));
#elif defined(__AVX2__)
  const auto low =
      (Ints)_mm256_madd_epi16(_mm256_unpacklo_epi16((__m256i)a, (__m256i)b), (__m256i)weights);
  const auto high =
      (Ints)_mm256_madd_epi16(_mm256_unpackhi_epi16((__m256i)a, (__m256i)b), (__m256i)weights);
  return (Shorts)_mm256_packs_epi32((__m256i)((low + half) >> 15), (__m256i)((high + half) >> 15));
#else
  const auto low =
      (Ints)_mm_madd_epi16(_mm_unpacklo_epi16((__m128i)a, (__m128i)b), (__m128i)weights);
  const auto high =
      (Ints)_mm_madd_epi16(_mm_unpackhi_epi16((__m128i)a, (__m128i)b), (__m128i)weights);
  return (Shorts)_mm_packs_epi32((__m128i)((low + half) >> 15), (__m128i)((high + half) >> 15));
#endif
#else
  using Wide = Vector<int32_t, short_lanes>;
  const auto sum = __builtin_convertvector(a, Wide) * weight_a +
                   __builtin_convertvector(b, Wide) * weight_b + (1 << 14);
  return __builtin_convertvector(sum >> 15, Shorts);
#endif
}

// Of vectors of `lanes` elements: the row-th vector of r0 g0 b0 r1 g1 b1 ...
template <int row, class V, int... i>
inline V triples(V red, V green, V blue, std::integer_sequence<int, i...>) {
  constexpr int lanes = sizeof...(i);
  const V two = __builtin_shufflevector(
      red, green,
      ((row * lanes + i) % 3 == 1 ? lanes + (row * lanes + i) / 3 : (row * lanes + i) / 3)...);
  return __builtin_shufflevector(
      two, blue, ((row * lanes + i) % 3 == 2 ? lanes + (row * lanes + i) / 3 : i)...);
}

// What U and V add to luma and what is added anyway, in 64ths of a level, as rgb_of_yuv has it.
struct Terms {
  Shorts red, green, blue;
};
inline Terms terms_of(const YuvWeights& weights, Shorts u, Shorts v) {
  const auto all = [](int16_t value) { return Shorts{} + value; };
  const auto shift = all(weights.shift);
  u -= 128;
  v -= 128;
  return {multiply_high(v << 8, all(weights.red_v)) + shift,
          weighted_sum(u << 7, v << 7, weights.green_u, weights.green_v) + shift,
          multiply_high(u << 8, all(weights.blue_u)) + shift};
}

// Luma without its shift, in 64ths of a level.
inline Shorts luma_of(const YuvWeights& weights, Shorts y) {
  return multiply_high(y << 7, Shorts{} + weights.luma);
}

}  // namespace
}  // namespace turnstone
