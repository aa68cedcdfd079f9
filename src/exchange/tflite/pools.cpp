#include "exchange/tflite/families.h"
#include "exchange/tflite/window.h"

namespace turnstone::tflite {
namespace {

// The activation at the end of a pool; stored numbers are limited to what it allows.
Result<Value> pooled(const Node& n, Fold& g, Value y, fbs::ActivationFunctionType activation) {
  if (!n.is_quantised()) return activated(g, y, activation);
  if (activation == fbs::ActivationFunctionType_NONE) return y;
  const auto limits = TRY(limits_of(n.dtype(0), TRY(n.result_scale()), activation));
  return g.clamp(y, static_cast<double>(limits.low), static_cast<double>(limits.high));
}

// Of integers, x and the result must have one scale.
Result<> same_scales(const Node& n) {
  if (!n.is_quantised()) return {};
  if (TRY(n.scale(0)) != TRY(n.result_scale()))
    return fail(Code::unsupported, "x and the result have different scales");
  return {};
}

Result<Values> pool(Node& n, Fold& g, std::string_view op) {
  TRY(n.arity(1, 1));
  TRY(same_scales(n));
  const auto& o = *TRY(n.options<fbs::Pool2DOptions>());
  const auto window = TRY(window_of(n.shape(0), {o.filter_height(), o.filter_width()},
                                    {o.stride_h(), o.stride_w()}, {1, 1}, o.padding()));
  Attributes attrs = {
      {"window", window.kernel}, {"strides", window.strides}, {"pads", window.pads}};
  return TRY(pooled(n, g, g.call(op, {n.in(0)}, std::move(attrs)), o.fused_activation_function()));
}

Result<Values> max_pool_2d(Node& n, Fold& g) { return pool(n, g, "max_pool"); }

Result<Values> average_pool_2d(Node& n, Fold& g) { return pool(n, g, "average_pool"); }

constexpr Row rows[] = {
    {fbs::BuiltinOperator_AVERAGE_POOL_2D, average_pool_2d},
    {fbs::BuiltinOperator_MAX_POOL_2D, max_pool_2d},
};

}  // namespace

std::span<const Row> pools() { return rows; }

}  // namespace turnstone::tflite
