#include "passes/gathers.h"

#include <algorithm>
#include <numeric>

namespace turnstone {

bool KnownGather::is_sorted() const { return std::ranges::is_sorted(indices); }

bool KnownGather::is_permutation() const {
  auto sorted = indices;
  std::ranges::sort(sorted);
  if (static_cast<int64_t>(sorted.size()) != n) return false;
  for (int64_t i = 0; i < n; ++i)
    if (sorted[static_cast<size_t>(i)] != i) return false;
  return true;
}

std::optional<KnownGather> known_gather(const Graph& graph, Value value) {
  constexpr int64_t most = 1 << 16;
  const auto* made = graph.made_by(value, "gather");
  if (!made) return {};
  const auto* indices = graph.constant_of(made->in[1]);
  if (!indices || indices->shape().size() != 1 || indices->size() > most) return {};
  KnownGather known;
  known.x = made->in[0];
  const auto& shape = graph.shape(known.x);
  known.axis = *normal_axis(made->i("axis"), static_cast<int64_t>(shape.size()));
  known.n = shape[static_cast<size_t>(known.axis)];
  for (int64_t i = 0; i < indices->size(); ++i) {
    const auto index = indices->integer_at(i);
    known.indices.push_back(
        std::clamp<int64_t>(index < 0 ? index + known.n : index, 0, known.n - 1));
  }
  return known;
}

Value gather(Graph& graph, Value x, int64_t axis, const std::vector<int64_t>& indices) {
  Tensor list(DType::i64, {static_cast<int64_t>(indices.size())});
  std::ranges::copy(indices, list.mutable_as<int64_t>().begin());
  return graph.call("gather", {x, graph.constant(std::move(list))}, {{"axis", axis}});
}

std::vector<int64_t> order_of(const std::vector<int64_t>& indices) {
  std::vector<int64_t> order(indices.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](int64_t i) { return indices[static_cast<size_t>(i)]; });
  return order;
}

Tensor gathered(const Tensor& tensor, int64_t axis, const std::vector<int64_t>& indices) {
  auto shape = tensor.shape();
  const auto n =
      std::exchange(shape[static_cast<size_t>(axis)], static_cast<int64_t>(indices.size()));
  Tensor result(tensor.dtype(), shape);
  const auto inner = strides_of(shape)[static_cast<size_t>(axis)] * size_of(tensor.dtype());
  const auto outer = tensor.size() == 0 ? 0 : tensor.size_bytes() / (n * inner);
  auto* to = result.mutable_bytes();
  for (int64_t o = 0; o < outer; ++o)
    for (const auto index : indices)
      to = std::copy_n(tensor.bytes() + (o * n + index) * inner, inner, to);
  return result;
}

}  // namespace turnstone
