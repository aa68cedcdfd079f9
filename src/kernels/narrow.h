// For tests: reals of 16 bits as the templates store them, made by cutting off what does not fit.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace turnstone {

// The upper half of a float.
struct Upper {
  uint16_t bits = 0;
  Upper() = default;
  explicit Upper(double value) {
    const auto narrow = static_cast<float>(value);
    uint32_t word = 0;
    std::memcpy(&word, &narrow, sizeof word);
    bits = static_cast<uint16_t>(word >> 16);
  }
  operator double() const {
    const uint32_t word = uint32_t{bits} << 16;
    float value = 0;
    std::memcpy(&value, &word, sizeof value);
    return value;
  }
};

// IEEE 754 binary16; finite.
struct Half16 {
  uint16_t bits = 0;
  Half16() = default;
  explicit Half16(double value) {
    int exponent = 0;
    const double part = std::frexp(std::fabs(value), &exponent);  // of [0.5, 1)
    const auto size = exponent > -14
                          ? (exponent + 14) * 1024 + static_cast<int>((2 * part - 1) * 1024)
                          : static_cast<int>(std::ldexp(std::fabs(value), 24));
    bits = static_cast<uint16_t>(size | (std::signbit(value) ? 0x8000 : 0));
  }
  operator double() const {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return bits & 0x8000 ? -size : size;
  }
};

}  // namespace turnstone
