#include "tensor/unit_range.h"

namespace turnstone {

bool spans_unit(const Quantisation& quantisation, DType type) {
  constexpr double slack = 1e-6;  // scales are often stored as f32
  const auto& [scale, zero] = quantisation;
  const auto within = [&](double least, double most) {
    return scale > 0 && scale * (least - static_cast<double>(zero)) > -slack &&
           scale * (most - static_cast<double>(zero)) < 1 + slack;
  };
  if (type == DType::u8) return within(0, 255);
  if (type == DType::i8) return within(-128, 127);
  if (type == DType::i16) return within(0, 32767);
  return false;
}

}  // namespace turnstone
