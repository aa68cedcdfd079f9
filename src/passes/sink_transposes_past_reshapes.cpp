#include <algorithm>

#include "passes/pass.h"

namespace turnstone {
namespace {

using Axes = std::vector<int64_t>;

// Each dimension of `from` as the run of dimensions of `to` that it is cut into; nothing when the
// reshape also joins dimensions.
std::optional<std::vector<Axes>> pieces_of(const Shape& from, const Shape& to) {
  if (from.empty()) return {};
  std::vector<Axes> pieces;
  size_t next = 0;
  for (const auto extent : from) {
    Axes piece;
    int64_t product = 1;
    while (next < to.size() && (product < extent || (piece.empty() && extent == 1))) {
      product *= to[next];
      piece.push_back(static_cast<int64_t>(next++));
    }
    if (product != extent || piece.empty()) return {};
    pieces.push_back(std::move(piece));
  }
  while (next < to.size() && to[next] == 1) pieces.back().push_back(static_cast<int64_t>(next++));
  if (next != to.size()) return {};
  return pieces;
}

// transpose then cut dimensions -> cut dimensions then transpose
std::optional<Value> cut(Graph& graph, const Made& inner, const Shape& to) {
  const auto pieces = pieces_of(inner.call.out[0].shape, to);
  if (!pieces) return {};
  const auto& axes = inner.ints("axes");
  Axes place(axes.size());  // of each dimension of x behind the transpose
  for (size_t i = 0; i < axes.size(); ++i) place[static_cast<size_t>(axes[i])] = int64_t(i);
  Shape early;
  Axes early_place(to.size());  // of each dimension of the result before the transpose
  for (const auto behind : place)
    for (const auto dimension : (*pieces)[static_cast<size_t>(behind)]) {
      early_place[static_cast<size_t>(dimension)] = static_cast<int64_t>(early.size());
      early.push_back(to[static_cast<size_t>(dimension)]);
    }
  const auto x = graph.call("reshape", {inner.in[0]}, {{"shape", early}});
  return graph.call("transpose", {x}, {{"axes", early_place}});
}

// transpose then join dimensions, where every joined run stands together in x too -> join, then
// transpose
std::optional<Value> join(Graph& graph, const Made& inner, const Shape& to) {
  const auto& from = inner.call.out[0].shape;
  const auto runs = pieces_of(to, from);
  if (!runs) return {};
  const auto& axes = inner.ints("axes");
  std::vector<std::pair<int64_t, int64_t>> order;  // first dimension in x, dimension of the result
  for (size_t r = 0; r < runs->size(); ++r) {
    const auto& run = (*runs)[r];
    for (size_t k = 1; k < run.size(); ++k)
      if (axes[static_cast<size_t>(run[k])] != axes[static_cast<size_t>(run[k - 1])] + 1) return {};
    order.emplace_back(axes[static_cast<size_t>(run[0])], static_cast<int64_t>(r));
  }
  std::sort(order.begin(), order.end());
  Shape early;
  Axes place(to.size());
  for (const auto& [first, r] : order) {
    place[static_cast<size_t>(r)] = static_cast<int64_t>(early.size());
    early.push_back(to[static_cast<size_t>(r)]);
  }
  const auto x = graph.call("reshape", {inner.in[0]}, {{"shape", early}});
  return graph.call("transpose", {x}, {{"axes", place}});
}

}  // namespace

// reshape(transpose(x)) -> transpose(reshape(x)), when the reshape only cuts or only joins
// dimensions (as in a channel shuffle)
std::optional<Value> sink_transposes_past_reshapes(Draft& graph, Value value, const Made& made) {
  if (made.op() != "reshape") return {};
  const auto* inner = graph.made_by(made.in[0], "transpose");
  if (!inner) return {};
  const auto to = graph.shape(value);
  if (to.size() > inner->call.out[0].shape.size()) return cut(graph, *inner, to);
  if (to.size() < inner->call.out[0].shape.size()) return join(graph, *inner, to);
  return {};
}

}  // namespace turnstone
