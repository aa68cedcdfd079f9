#include <algorithm>
#include <numeric>

#include "exchange/onnx/families.h"
#include "exchange/wiring.h"

namespace turnstone {
namespace {

Result<Values> transpose(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  std::vector<int64_t> reversed(static_cast<size_t>(n.rank(0)));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return g.transpose(n.in(0), TRY(n.integers("perm", reversed)));
}

// 0 keeps the extent of x unless allowzero, -1 takes what is left.
Result<Values> reshape(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  auto shape = TRY(n.known_integers(1, "the shape"));
  const auto& from = n.shape(0);
  const bool zero = TRY(n.flag("allowzero", false));
  int64_t known = 1;
  auto open = shape.end();
  for (auto at = shape.begin(); at != shape.end(); ++at) {
    const auto i = static_cast<size_t>(at - shape.begin());
    if (*at == 0 && !zero) {
      if (i >= from.size())
        return fail(Code::invalid, "shape {} copies extent {}, x is {}", print(shape), i,
                    print(from));
      *at = from[i];
    }
    if (*at == -1 && open != shape.end())
      return fail(Code::invalid, "shape {} has two open extents", print(shape));
    if (*at == -1) open = at;
    if (*at < -1 || *at > int64_t{1} << 40)
      return fail(Code::invalid, "shape {} has the extent {}", print(shape), *at);
    if (at != open && __builtin_mul_overflow(known, *at, &known))
      return fail(Code::invalid, "shape {} is too large", print(shape));
  }
  if (open != shape.end()) *open = known == 0 ? 0 : count(from) / known;
  return g.reshape(n.in(0), shape);
}

Result<Values> flatten(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto& shape = n.shape(0);
  auto axis = TRY(n.integer("axis", 1));
  if (axis < -n.rank(0) || axis > n.rank(0))
    return fail(Code::invalid, "axis {} is outside [{}, {}]", axis, -n.rank(0), n.rank(0));
  if (axis < 0) axis += n.rank(0);
  const auto middle = shape.begin() + axis;
  return g.reshape(n.in(0), {count({shape.begin(), middle}), count({middle, shape.end()})});
}

// Axes counted from the front, sorted, each once. Errors: invalid.
Result<std::vector<int64_t>> normal_axes(std::vector<int64_t> axes, int64_t rank) {
  for (auto& axis : axes) axis = TRY(normal_axis(axis, rank));
  std::ranges::sort(axes);
  if (std::ranges::adjacent_find(axes) != axes.end())
    return fail(Code::invalid, "an axis is given twice");
  return axes;
}

Result<Values> squeezed(Node& n, Fold& g, std::vector<int64_t> axes, bool all) {
  const auto& from = n.shape(0);
  axes = TRY(normal_axes(std::move(axes), n.rank(0)));
  Shape shape;
  for (int64_t d = 0; d < n.rank(0); ++d) {
    const auto extent = from[static_cast<size_t>(d)];
    const bool named = std::ranges::binary_search(axes, d);
    if (named && extent != 1)
      return fail(Code::invalid, "axis {} of x: {} is not 1", d, print(from));
    if (!named && !(all && extent == 1)) shape.push_back(extent);
  }
  return g.reshape(n.in(0), shape);
}

Result<Values> squeeze_attribute(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const bool all = !n.has_attribute("axes");
  return squeezed(n, g, TRY(n.integers("axes", {})), all);
}

Result<Values> squeeze(Node& n, Fold& g) {
  TRY(n.arity(1, 2));
  if (!n.has(1)) return squeezed(n, g, {}, true);
  return squeezed(n, g, TRY(n.known_integers(1, "axes")), false);
}

Result<Values> unsqueezed(Node& n, Fold& g, std::vector<int64_t> axes) {
  auto shape = n.shape(0);
  axes = TRY(normal_axes(axes, n.rank(0) + static_cast<int64_t>(axes.size())));
  if (shape.size() + axes.size() > most_rank)
    return fail(Code::unsupported, "the result has more than {} dimensions", most_rank);
  for (const auto axis : axes) shape.insert(shape.begin() + axis, 1);
  return g.reshape(n.in(0), shape);
}

Result<Values> unsqueeze_attribute(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return unsqueezed(n, g, TRY(n.integers("axes", {})));
}

Result<Values> unsqueeze(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return unsqueezed(n, g, TRY(n.known_integers(1, "axes")));
}

Result<Values> concat(Node& n, Fold& g) {
  TRY(n.arity(1, 1 << 16));
  if (!n.has_attribute("axis")) return fail(Code::invalid, "attribute 'axis' is missing");
  std::vector<Value> parts;
  for (size_t i = 0; i < n.size(); ++i) {
    if (!n.has(i)) return fail(Code::invalid, "operand {} is left out", i);
    parts.push_back(n.in(i));
  }
  return g.call("concat", parts, {{"axis", TRY(n.integer("axis", 0))}});
}

// Repeats x to the common shape of itself and the wanted one.
Result<Values> expand(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto wanted = TRY(n.known_integers(1, "the shape"));
  TRY(checked_count(wanted));
  const auto shape = TRY(broadcast(n.shape(0), wanted));
  if (shape == n.shape(0)) return n.in(0);
  return g.call("broadcast", {n.in(0)}, {{"shape", shape}});
}

Result<Values> tile(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return TRY(tile(g, n.in(0), TRY(n.known_integers(1, "repeats"))));
}

// Checks x: [batch, channel, row, column] and the block's size.
Result<int64_t> block_size(Node& n) {
  TRY(n.arity(1, 1));
  const auto size = TRY(n.integer("blocksize", 0));
  if (n.rank(0) != 4 || size < 1 || size > 1 << 12)
    return fail(Code::invalid, "blocksize is {} and x is {}, wanted: 1 to 4096 and rank 4", size,
                print(n.shape(0)));
  return size;
}

Result<Values> depth_to_space(Node& n, Fold& g) {
  const auto b = TRY(block_size(n));
  const auto s = n.shape(0);
  const auto mode = TRY(n.text("mode", "DCR"));
  if (s[1] % (b * b) != 0)
    return fail(Code::invalid, "blocksize {} does not divide the channels of x: {}", b, print(s));
  if (mode != "DCR" && mode != "CRD")
    return fail(Code::invalid, "mode is '{}', legal: DCR, CRD", mode);
  const auto depth = s[1] / (b * b);
  auto x = mode == "DCR" ? g.reshape(n.in(0), {s[0], b, b, depth, s[2], s[3]})
                         : g.reshape(n.in(0), {s[0], depth, b, b, s[2], s[3]});
  x = mode == "DCR" ? g.transpose(x, {0, 3, 4, 1, 5, 2}) : g.transpose(x, {0, 1, 4, 2, 5, 3});
  return g.reshape(x, {s[0], depth, s[2] * b, s[3] * b});
}

Result<Values> space_to_depth(Node& n, Fold& g) {
  const auto b = TRY(block_size(n));
  const auto s = n.shape(0);
  if (s[2] % b != 0 || s[3] % b != 0)
    return fail(Code::invalid, "blocksize {} does not divide x: {}", b, print(s));
  auto x = g.reshape(n.in(0), {s[0], s[1], s[2] / b, b, s[3] / b, b});
  x = g.transpose(x, {0, 3, 5, 1, 2, 4});
  return g.reshape(x, {s[0], s[1] * b * b, s[2] / b, s[3] / b});
}

constexpr OnnxImport rows[] = {
    {"Concat", oldest, newest, concat},
    {"DepthToSpace", oldest, newest, depth_to_space},
    {"Expand", 8, newest, expand},
    {"Flatten", oldest, newest, flatten},
    {"Reshape", oldest, newest, reshape},
    {"SpaceToDepth", oldest, newest, space_to_depth},
    {"Squeeze", oldest, 12, squeeze_attribute},
    {"Squeeze", 13, newest, squeeze},
    {"Tile", oldest, newest, tile},
    {"Transpose", oldest, newest, transpose},
    {"Unsqueeze", oldest, 12, unsqueeze_attribute},
    {"Unsqueeze", 13, newest, unsqueeze},
};

}  // namespace

std::span<const OnnxImport> shapes() { return rows; }

}  // namespace turnstone
