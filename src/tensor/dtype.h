// Types of the elements of a tensor, and the two 16-bit floats.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace turnstone {

enum class DType : uint8_t { f32, f16, bf16, f64, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

// Values of DType count from 0 to this.
inline constexpr int dtype_count = 13;

// Bytes of one element.
int64_t size_of(DType type);

// "f32", "i64", "bool": the spelling of graphs, model.json and messages.
std::string_view print(DType type);
std::optional<DType> parse_dtype(std::string_view text);

// f32, f16, bf16, f64.
bool is_float(DType type);
inline bool is_byte(DType type) { return type == DType::i8 || type == DType::u8; }
bool is_signed(DType type);  // signed integers only

// IEEE 754 binary16, stored only; converts to and from float, rounding to nearest even.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
};

// The upper half of a float (bfloat16), rounded to nearest even.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const { return std::bit_cast<float>(uint32_t{bits} << 16); }
};

// Calls body(T{}) with the C++ type that stores `type`: float, Half, BFloat16, double, int8_t, ...,
// bool.
template <class Body>
auto visit_type(DType type, Body&& body) {
  switch (type) {
    case DType::f32:
      return body(float{});
    case DType::f16:
      return body(Half{});
    case DType::bf16:
      return body(BFloat16{});
    case DType::f64:
      return body(double{});
    case DType::i8:
      return body(int8_t{});
    case DType::u8:
      return body(uint8_t{});
    case DType::i16:
      return body(int16_t{});
    case DType::u16:
      return body(uint16_t{});
    case DType::i32:
      return body(int32_t{});
    case DType::u32:
      return body(uint32_t{});
    case DType::i64:
      return body(int64_t{});
    case DType::u64:
      return body(uint64_t{});
    case DType::boolean:
      return body(bool{});
  }
  __builtin_unreachable();
}

}  // namespace turnstone
