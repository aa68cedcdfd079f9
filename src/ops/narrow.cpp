#include "ops/narrow.h"

#include <fmt/format.h>

#include <algorithm>

namespace turnstone {

Tensor widened(const Tensor& tensor) {
  if (tensor.dtype() == DType::f32) return tensor;
  Tensor wide(DType::f32, tensor.shape());
  for (int64_t i = 0; i < wide.size(); ++i) wide.set_real(i, tensor.real_at(i));
  return wide;
}

Tensor narrowed(const Tensor& tensor, DType type) {
  Tensor narrow(type, tensor.shape());
  for (int64_t i = 0; i < narrow.size(); ++i) narrow.set_real(i, tensor.real_at(i));
  return narrow;
}

std::string widened_text(DType type, std::string_view element) {
  return is_narrow(type) ? fmt::format("f32_of_{}({})", print(type), element)
                         : std::string(element);
}

bool takes_narrow(std::string_view op) {
  static constexpr std::string_view movers[] = {"broadcast", "concat", "gather",   "gather_nd",
                                                "reshape",   "slice",  "transpose"};
  return std::ranges::find(movers, op) != std::end(movers);
}

}  // namespace turnstone
