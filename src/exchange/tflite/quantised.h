// Arithmetic on integers that stand for real numbers, as TFLite's reference kernels define it: real
// = scale * (stored - zero). Products with a real factor are those with a 32-bit fraction and a
// shift.
#pragma once

#include <functional>
#include <vector>

#include "exchange/fold.h"
#include "exchange/tflite/file.h"

namespace turnstone::tflite {

struct Scale {
  float scale = 0;
  int64_t zero = 0;
  bool operator==(const Scale&) const = default;
};

// Of a tensor of i8, u8, i16 or i32 with one scale. Errors: as Node::scale.
Result<Scale> scale_of(const TensorInfo& info);

// factor = fraction / 2^31 * 2^shift, rounded; 0 where it is too small, cut to 2^30 in size.
struct Multiplier {
  int32_t fraction = 0;
  int32_t shift = 0;
};
Multiplier multiplier_of(double factor);

// x times the factor: a doubling high product, then a right shift, both rounded to nearest.
int32_t multiply(int32_t x, Multiplier factor);

// Stored numbers that an activation allows in a result of `type`. Errors: unsupported.
struct Limits {
  int64_t low = 0;
  int64_t high = 0;
};
Limits limits_of(DType type);
Result<Limits> limits_of(DType type, const Scale& scale, fbs::ActivationFunctionType activation);

// x i32 times factors (one, or one for each index of the last dimension), plus `zero`, limited.
// `rounding` is that of requantize.
Value requantized(Fold& g, Value x, const std::vector<double>& factors, int64_t zero,
                  const Limits& limits, DType to, std::string_view rounding = "twice");

// x i8 or u8 as i32, minus `zero`.
Value centred(Fold& g, Value x, int64_t zero);

// The result for each of the 256 numbers that x, i8 or u8, may be, looked up. `body` gets and gives
// stored numbers; what it gives is limited to the type `to`.
Value tabulated(Fold& g, Value x, DType to, const std::function<int64_t(int64_t)>& body);

// The same where `body` is a function of real numbers, rounded to the result's scale in f32.
Value tabulated_real(Fold& g, Value x, const Scale& from, const Scale& scale,
                     const std::function<float(float)>& body);

}  // namespace turnstone::tflite
