#include "exchange/tflite/hard_swish.h"

#include <algorithm>
#include <limits>

#include "ops/fixed_point.h"

namespace turnstone::tflite {
namespace {

constexpr int more_bits = 7;  // of x, before anything is multiplied

int64_t saturated(int64_t value) {
  return std::clamp<int64_t>(value, std::numeric_limits<int16_t>::min(),
                             std::numeric_limits<int16_t>::max());
}

// a * b / 2^15, rounded to nearest.
int64_t rounded_product(int64_t a, int64_t b) {
  const auto product = a * b;
  const int64_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return saturated((product + nudge) / (1 << 15));
}

Multiplier halved(Multiplier factor) {
  constexpr int32_t half = 1 << 15;
  const auto most = std::numeric_limits<int32_t>::max() - half;
  factor.fraction = factor.fraction >= most ? std::numeric_limits<int16_t>::max()
                                            : (factor.fraction + half) >> 16;
  return factor;
}

}  // namespace

Result<HardSwish> HardSwish::of(const Scale& x, const Scale& out) {
  const float fine = (1.0F / (1 << more_bits)) * x.scale;
  HardSwish made;
  made.x_ = x;
  made.out_ = out;
  made.to_out_ = halved(multiplier_of(fine / out.scale));
  made.to_gate_ = halved(multiplier_of(fine / (3.0F / 32768)));
  if (made.to_out_.shift > 0 || made.to_gate_.shift > 16)
    return fail(Code::unsupported, "scales {} of x and {} of the result are too far apart", x.scale,
                out.scale);
  return made;
}

int64_t HardSwish::operator()(int64_t stored) const {
  const auto fine = static_cast<int16_t>((stored - x_.zero) * (1 << more_bits));
  const auto on_out = rounded_product(fine, to_out_.fraction);
  int64_t gate = fine;
  if (to_gate_.shift > 0) gate = saturated(gate << (to_gate_.shift - 1));
  gate = rounded_product(gate, to_gate_.fraction);
  if (to_gate_.shift > 0) gate = saturated(gate << 1);
  if (to_gate_.shift < 0) gate = shift_rounding(static_cast<int32_t>(gate), -to_gate_.shift);
  gate = (gate + (1 << 15)) >> 1;
  const auto product = static_cast<int32_t>(saturated(gate * on_out / (1 << 15)));
  return shift_rounding(product, -to_out_.shift) + out_.zero;
}

}  // namespace turnstone::tflite
