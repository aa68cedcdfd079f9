#include "passes/batch.h"

#include <algorithm>
#include <array>
#include <map>

namespace turnstone {
namespace {

// The rebuilt value, and whether its first dimension counts pictures.
struct Batched {
  Value value;
  bool pictures = false;
};

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::count(names, name) > 0;
}

int64_t from_front(int64_t axis, size_t rank) {
  return axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
}

class Rebuild {
 public:
  Rebuild(const Graph& graph, int64_t batch) : old_(graph), made_(graph.ops()), batch_(batch) {}

  Result<Graph> run() {
    for (const auto& port : old_.inputs()) {
      auto type = old_.type(port.value);
      if (type.shape.empty() || type.shape[0] != 1)
        return fail(Code::unsupported, "input '{}' is {}, its first extent is not 1", port.name,
                    print(type));
      type.shape[0] = batch_;
      values_[port.value] = {made_.input(port.name, type, port.quantisation), true};
    }
    for (const auto* call : old_.live_calls()) TRY(add(*call));
    for (const auto& port : old_.outputs()) {
      const auto& output = find(port.value);
      if (!output.pictures)
        return fail(Code::unsupported, "output '{}' does not depend on the picture", port.name);
      made_.output(port.name, output.value, port.quantisation);
    }
    TRY(made_.status());
    return std::move(made_);
  }

 private:
  const Batched& find(Value value) {
    const auto found = values_.find(value);
    if (found != values_.end()) return found->second;
    const auto* constant = old_.constant_of(value);
    CHECK(constant);
    return values_[value] = {made_.constant(*constant), false};
  }

  Result<> add(const Made& call) {
    std::vector<Value> in;
    std::vector<bool> pictures;
    for (const auto operand : call.in) {
      const auto& known = find(operand);
      in.push_back(known.value);
      pictures.push_back(known.pictures);
    }
    auto attributes = call.call.attrs;
    const bool any = std::ranges::count(pictures, true) > 0;
    if (any && !keeps_apart(call, pictures, attributes))
      return fail(Code::unsupported, "{} of {} mixes the pictures of a batch", call.op(),
                  print(old_.type(call.in[0])));
    const auto out = made_.call_all(call.op(), in, attributes);
    TRY(made_.status());
    for (size_t i = 0; i < out.size(); ++i) {
      const auto& shape = made_.shape(out[i]);
      const auto& before = old_.shape(call.out[i]);
      if (any && (shape.empty() || shape[0] != batch_ || before.empty() || before[0] != 1))
        return fail(Code::unsupported, "{} of {} loses the batch", call.op(),
                    print(old_.type(call.in[0])));
      values_[call.out[i]] = {out[i], any};
    }
    return {};
  }

  // Whether no result of the call depends on more than one picture. Sets what attributes say of the
  // number of pictures.
  bool keeps_apart(const Made& call, const std::vector<bool>& pictures,
                   Attributes& attributes) const {
    const auto op = call.op();
    const auto rank = old_.shape(call.in[0]).size();
    const bool only_first = pictures[0] && std::ranges::count(pictures, true) == 1;
    const auto axis_is_inner = [&] { return from_front(call.i("axis"), rank) != 0; };
    if (is_any(op, {"conv", "conv_transpose", "average_pool", "max_pool", "resize", "lookup",
                    "quantize", "dequantize", "requantize", "rescale"}))
      return only_first;
    if (is_any(op, {"softmax", "quantized_softmax", "argmax", "cumsum"}))
      return only_first && axis_is_inner();
    if (op.starts_with("reduce_") || op == "quantized_mean")
      return only_first && std::ranges::none_of(call.ints("axes"), [&](int64_t axis) {
               return from_front(axis, rank) == 0;
             });
    if (op == "concat") return std::ranges::count(pictures, false) == 0 && axis_is_inner();
    if (op == "transpose") return call.ints("axes").at(0) == 0;
    if (op == "pad")
      return only_first && call.ints("low").at(0) == 0 && call.ints("high").at(0) == 0;
    if (op == "matmul")
      return rank_of(call, 1) <= 2 && !pictures[1]
                 ? only_first
                 : pictures[0] && pictures[1] && rank == rank_of(call, 1) && rank > 2;
    if (op == "slice")
      return only_first && call.ints("starts").at(0) == 0 && set_first(attributes, "extents");
    if (is_any(op, {"reshape", "broadcast"})) return only_first && set_first(attributes, "shape");
    const bool pairs = is_any(op, {"quantized_add", "rescaled_add", "rescaled_mul"});
    return (call.call.op->elementwise || pairs) && aligned(call, pictures);
  }

  size_t rank_of(const Made& call, size_t operand) const {
    return old_.shape(call.in[operand]).size();
  }

  // The first number of an attribute of extents, which must be 1, becomes the batch.
  bool set_first(Attributes& attributes, std::string_view name) const {
    const auto found = attributes.find(name);
    if (found == attributes.end()) return false;
    auto* extents = std::get_if<std::vector<int64_t>>(&found->second);
    if (!extents || extents->empty() || extents->front() != 1) return false;
    extents->front() = batch_;
    return true;
  }

  // Operands that have pictures have them at the front of the result.
  bool aligned(const Made& call, const std::vector<bool>& pictures) const {
    const auto rank = old_.shape(call.out[0]).size();
    for (size_t i = 0; i < call.in.size(); ++i)
      if (pictures[i] && rank_of(call, i) != rank) return false;
    return true;
  }

  const Graph& old_;
  Graph made_;
  int64_t batch_;
  std::map<Value, Batched> values_;
};

}  // namespace

Result<Graph> with_batch(const Graph& graph, int64_t batch) { return Rebuild(graph, batch).run(); }

}  // namespace turnstone
