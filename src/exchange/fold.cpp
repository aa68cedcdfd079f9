#include "exchange/fold.h"

#include <algorithm>
#include <numeric>

namespace turnstone {
namespace {

// Costs more than its operands and results have elements: left to run time or to a pass.
constexpr std::string_view heavy[] = {"conv", "conv_transpose", "matmul", "max_pool",
                                      "average_pool"};

bool is_heavy(std::string_view op) { return std::ranges::find(heavy, op) != std::end(heavy); }

}  // namespace

Value Fold::real(double value) { return constant(Tensor::filled(DType::f32, {}, value)); }

Value Fold::integers(std::vector<int64_t> values) {
  const auto size = static_cast<int64_t>(values.size());
  return constant(Tensor::of<int64_t>({size}, values));
}

const Call* Fold::computable(std::string_view op, const std::vector<Value>& in,
                             const Attributes& attrs, Call& call) const {
  std::vector<Type> types;
  for (const auto value : in) {
    if (!known(value)) return nullptr;
    types.push_back(type(value));
  }
  const auto* def = find_op(graph_.ops(), op);
  if (!def || in.empty() || is_heavy(op)) return nullptr;
  auto made = make_call(*def, std::move(types), attrs);
  if (!made || made->out.size() != 1) return nullptr;
  call = *std::move(made);
  return &call;
}

Value Fold::call(std::string_view op, std::vector<Value> in, Attributes attrs) {
  if (error_ || !std::ranges::all_of(in, [](Value value) { return bool(value); })) return {};
  Call call;
  if (!computable(op, in, attrs, call)) return graph_.call(op, std::move(in), std::move(attrs));
  left_ -= count(call.out[0].shape);
  for (const auto& operand : call.in) left_ -= count(operand.shape);
  if (left_ < 0) {
    error_ = Error{Code::invalid, fmt::format("{}: the model computes too many constants", op)};
    return {};
  }
  std::vector<Tensor> operands;
  for (const auto value : in) operands.push_back(*known(value));
  std::vector<Tensor> out;
  out.emplace_back(call.out[0].dtype, call.out[0].shape);
  call.op->eval(call, operands, out);
  return constant(std::move(out[0]));
}

Value Fold::later(std::string_view op, std::vector<Value> in, Attributes attrs) {
  if (error_ || !std::ranges::all_of(in, [](Value value) { return bool(value); })) return {};
  return graph_.call(op, std::move(in), std::move(attrs));
}

Value Fold::reshape(Value x, Shape shape) {
  if (!x || shape == this->shape(x)) return x;
  return call("reshape", {x}, {{"shape", std::move(shape)}});
}

Value Fold::transpose(Value x, std::vector<int64_t> axes) {
  if (x && std::ranges::is_sorted(axes) && axes.size() == shape(x).size()) return x;
  return call("transpose", {x}, {{"axes", std::move(axes)}});
}

Value Fold::cast(Value x, DType to) {
  if (!x || type(x).dtype == to) return x;
  return call("cast", {x}, {{"to", std::string(print(to))}});
}

Value Fold::affine(Value x, double scale, double shift) {
  if (scale == 1 && shift == 0) return x;
  return call("affine", {x}, {{"scale", scale}, {"shift", shift}});
}

Value Fold::clamp(Value x, double low, double high) {
  return call("clamp", {x}, {{"low", low}, {"high", high}});
}

Type Fold::type(Value value) const { return value ? graph_.type(value) : Type{DType::f32, {0}}; }

const Tensor* Fold::known(Value value) const { return value ? graph_.constant_of(value) : nullptr; }

Result<> Fold::status() {
  auto from_graph = graph_.status();
  if (auto error = std::exchange(error_, std::nullopt)) return std::unexpected(*std::move(error));
  return from_graph;
}

}  // namespace turnstone
