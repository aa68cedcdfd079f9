#include <algorithm>
#include <cmath>
#include <numeric>

#include "passes/pass.h"

namespace turnstone {
namespace {

bool keeps_elements(const Made& made) {
  const auto& in = made.call.in[0];
  const bool same = in == made.call.out[0];
  if (!same) return false;
  const auto op = made.op();
  if (op == "reshape" || op == "cast" || op == "broadcast") return true;
  if (op == "concat") return made.in.size() == 1;
  if (op == "transpose") return std::is_sorted(made.ints("axes").begin(), made.ints("axes").end());
  if (op == "slice") return all_are(made.ints("starts"), 0) && all_are(made.ints("steps"), 1);
  if (op == "pad") return all_are(made.ints("low"), 0) && all_are(made.ints("high"), 0);
  if (op == "clamp") return made.real("low") == -INFINITY && made.real("high") == INFINITY;
  if (op == "affine") return made.real("scale") == 1 && made.real("shift") == 0;
  return false;
}

bool is_filled(const Graph& graph, Value value, double wanted) {
  const auto* constant = graph.constant_of(value);
  if (!constant || constant->size() > 65536) return false;
  for (int64_t i = 0; i < constant->size(); ++i)
    if (constant->real_at(i) != wanted) return false;
  return constant->size() > 0;
}

}  // namespace

// reshape, transpose, slice, ... that change nothing, x + 0, x * 1 -> x
std::optional<Value> drop_identities(Draft& graph, Value value, const Made& made) {
  if (keeps_elements(made)) return made.in[0];
  const auto op = made.op();
  if (op != "add" && op != "mul") return {};
  for (size_t i = 0; i < 2; ++i)
    if (is_filled(graph, made.in[1 - i], op == "add" ? 0 : 1) &&
        graph.type(made.in[i]) == graph.type(value))
      return made.in[i];
  return {};
}

}  // namespace turnstone
