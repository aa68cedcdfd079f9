#include <algorithm>

#include "exchange/tflite/families.h"
#include "exchange/wiring.h"

namespace turnstone::tflite {
namespace {

// The target with one -1 replaced by what is left.
Result<Shape> filled(Shape target, int64_t size) {
  const auto open = std::ranges::count(target, -1);
  if (open > 1) return fail(Code::invalid, "shape {} has {} extents of -1", print(target), open);
  if (open == 0) return target;
  const auto at = std::ranges::find(target, -1);
  *at = 1;
  const auto rest = TRY(checked_count(target));
  if (rest == 0 || size % rest != 0)
    return fail(Code::invalid, "{} elements do not divide into shape {}", size, print(target));
  *at = size / rest;
  return target;
}

// The target is operand 1, or stands in the options.
Result<Values> reshape(Node& n, Fold& g) {
  TRY(n.arity(1, 2));
  Shape target;
  if (n.has(1)) {
    target = TRY(n.known_integers(1, "the shape"));
  } else if (const auto* list = TRY(n.options<fbs::ReshapeOptions>())->new_shape()) {
    target.assign(list->begin(), list->end());
  }
  if (target.size() > most_rank)
    return fail(Code::unsupported, "the shape has {} extents, most {}", target.size(), most_rank);
  return g.reshape(n.in(0), TRY(filled(std::move(target), count(n.shape(0)))));
}

// Without the named dimensions of extent 1, or without all of them.
Result<Values> squeeze(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto shape = n.shape(0);
  std::vector<bool> gone(shape.size(), false);
  const auto* list = TRY(n.options<fbs::SqueezeOptions>())->squeeze_dims();
  if (!list || list->size() == 0) {
    for (size_t d = 0; d < shape.size(); ++d) gone[d] = shape[d] == 1;
  } else {
    for (const auto axis : *list) {
      const auto d = static_cast<size_t>(TRY(normal_axis(axis, n.rank(0))));
      if (shape[d] != 1)
        return fail(Code::invalid, "dimension {} of x: {} is not 1", axis, print(shape));
      gone[d] = true;
    }
  }
  Shape left;
  for (size_t d = 0; d < shape.size(); ++d)
    if (!gone[d]) left.push_back(shape[d]);
  return g.reshape(n.in(0), left);
}

Result<Values> expand_dims(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  auto shape = n.shape(0);
  const auto axis = TRY(normal_axis(TRY(n.known_integer(1, "the axis")), n.rank(0) + 1));
  shape.insert(shape.begin() + axis, 1);
  return g.reshape(n.in(0), shape);
}

Result<Values> transpose(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  auto axes = TRY(n.known_integers(1, "the order"));
  for (auto& axis : axes) axis = TRY(normal_axis(axis, n.rank(0)));
  return g.transpose(n.in(0), axes);
}

// Numbers of the type that the result has.
Result<Value> integers_as(const Node& n, Fold& g, std::vector<int64_t> values) {
  return g.cast(g.integers(std::move(values)), TRY(n.result_type()));
}

Result<Values> shape_of(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return TRY(integers_as(n, g, n.shape(0)));
}

Result<Values> rank_of(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.reshape(TRY(integers_as(n, g, {n.rank(0)})), {});
}

Result<Values> fill(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto shape = TRY(n.known_integers(0, "the shape"));
  if (shape == n.shape(1)) return n.in(1);
  return g.call("broadcast", {n.in(1)}, {{"shape", shape}});
}

Result<Values> zeros_like(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  return g.call("broadcast", {g.constant(Tensor(n.dtype(0), {}))}, {{"shape", n.shape(0)}});
}

Result<Values> range(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  return TRY(turnstone::range(g, n.in(0), n.in(1), n.in(2)));
}

Result<Values> broadcast_to(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto shape = TRY(n.known_integers(1, "the shape"));
  if (shape == n.shape(0)) return n.in(0);
  return g.call("broadcast", {n.in(0)}, {{"shape", shape}});
}

Result<Values> tile(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return TRY(turnstone::tile(g, n.in(0), TRY(n.known_integers(1, "the multiples"))));
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_BROADCAST_TO, broadcast_to},
    {fbs::BuiltinOperator_EXPAND_DIMS, expand_dims},
    {fbs::BuiltinOperator_FILL, fill},
    {fbs::BuiltinOperator_RANGE, range},
    {fbs::BuiltinOperator_RANK, rank_of},
    {fbs::BuiltinOperator_RESHAPE, reshape},
    {fbs::BuiltinOperator_SHAPE, shape_of},
    {fbs::BuiltinOperator_SQUEEZE, squeeze},
    {fbs::BuiltinOperator_TILE, tile},
    {fbs::BuiltinOperator_TRANSPOSE, transpose},
    {fbs::BuiltinOperator_ZEROS_LIKE, zeros_like},
};

}  // namespace

std::span<const Row> shapes() { return rows; }

}  // namespace turnstone::tflite
