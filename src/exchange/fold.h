// Building a graph while everything that is known already is computed at once, so that the targets
// of reshapes, which foreign models compute from shapes, are numbers when they are needed.
#pragma once

#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace turnstone {

// Results of a foreign operator, in its format's order; trailing ones that nothing computes are
// left away.
struct Values {
  std::vector<Value> list;
  Values(Value value) : list{value} {}
  Values(std::vector<Value> values) : list(std::move(values)) {}
};

// Calls on constants give constants. Like Graph it keeps the first error, and calls on an invalid
// Value do nothing, so that a chain of calls needs one check at its end. One thread at a time.
class Fold {
 public:
  // At most `most` elements are made by folding; the next one is an error.
  Fold(Graph& graph, int64_t most) : graph_(graph), left_(most) {}

  Value constant(Tensor tensor) { return graph_.constant(std::move(tensor)); }
  Value real(double value);                     // f32 scalar
  Value integers(std::vector<int64_t> values);  // i64, rank 1

  // The first result of the call, computed when every operand is a constant and the work is small.
  Value call(std::string_view op, std::vector<Value> in, Attributes attrs = {});

  // The call itself, also where every operand is a constant: a pass may want to see it.
  Value later(std::string_view op, std::vector<Value> in, Attributes attrs = {});

  // Nothing is added when x has that shape, order or type already.
  Value reshape(Value x, Shape shape);
  Value transpose(Value x, std::vector<int64_t> axes);
  Value cast(Value x, DType to);

  // x * scale + shift, and x limited to [low, high]
  Value affine(Value x, double scale, double shift);
  Value clamp(Value x, double low, double high);

  // What is known of a value; an invalid one has the type f32[0].
  Type type(Value value) const;
  Shape shape(Value value) const { return type(value).shape; }
  int64_t rank(Value value) const { return type(value).rank(); }
  const Tensor* known(Value value) const;  // null when it is not a constant

  // Why building failed, once; then it is sound again.
  Result<> status();

  Graph& graph() { return graph_; }

 private:
  const Call* computable(std::string_view op, const std::vector<Value>& in, const Attributes& attrs,
                         Call& call) const;

  Graph& graph_;
  int64_t left_;
  std::optional<Error> error_;
};

}  // namespace turnstone
