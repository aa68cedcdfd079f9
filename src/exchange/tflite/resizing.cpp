#include "exchange/tflite/families.h"

namespace turnstone::tflite {
namespace {

struct Grid {
  bool align_corners;
  bool half_pixel_centers;
};

// Operand 1 holds rows and columns of the result.
Result<Value> resized(Node& n, Fold& g, Grid grid, std::string_view mode,
                      std::string_view rounding) {
  TRY(n.arity(2, 2));
  const auto size = TRY(n.known_integers(1, "the size"));
  if (size.size() != 2)
    return fail(Code::invalid, "the size has {} numbers, wanted: 2", size.size());
  if (grid.align_corners && grid.half_pixel_centers)
    return fail(Code::invalid, "align_corners and half_pixel_centers exclude each other");
  if (n.is_quantised() && TRY(n.scale(0)) != TRY(n.result_scale()))
    return fail(Code::unsupported, "x and the result have different scales");
  const std::string_view coordinates = grid.align_corners        ? "align_corners"
                                       : grid.half_pixel_centers ? "half_pixel"
                                                                 : "asymmetric";
  return g.call("resize", {n.in(0)},
                {{"rows", size[0]},
                 {"columns", size[1]},
                 {"mode", std::string(mode)},
                 {"coordinates", std::string(coordinates)},
                 {"rounding", std::string(rounding)}});
}

Result<Values> resize_bilinear(Node& n, Fold& g) {
  const auto& o = *TRY(n.options<fbs::ResizeBilinearOptions>());
  return TRY(resized(n, g, {o.align_corners(), o.half_pixel_centers()}, "linear", "floor"));
}

// Halves go up where centres or corners meet; else the place is cut.
Result<Values> resize_nearest_neighbor(Node& n, Fold& g) {
  const auto& o = *TRY(n.options<fbs::ResizeNearestNeighborOptions>());
  const bool up = o.align_corners() || o.half_pixel_centers();
  return TRY(resized(n, g, {o.align_corners(), o.half_pixel_centers()}, "nearest",
                     up ? "round_prefer_ceil" : "floor"));
}

// [batch, row, column, b * b * c] -> [batch, row * b, column * b, c]
Result<Values> depth_to_space(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const int64_t b = TRY(n.options<fbs::DepthToSpaceOptions>())->block_size();
  const auto s = n.shape(0);
  if (s.size() != 4 || b < 1 || b > 1024 || s[3] % (b * b) != 0)
    return fail(Code::invalid, "block_size {} does not divide the channels of x: {}", b, print(s));
  const auto c = s[3] / (b * b);
  const auto blocks = g.reshape(n.in(0), {s[0], s[1], s[2], b, b, c});
  return g.reshape(g.transpose(blocks, {0, 1, 3, 2, 4, 5}), {s[0], s[1] * b, s[2] * b, c});
}

// [batch, row * b, column * b, c] -> [batch, row, column, b * b * c]
Result<Values> space_to_depth(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const int64_t b = TRY(n.options<fbs::SpaceToDepthOptions>())->block_size();
  const auto s = n.shape(0);
  if (s.size() != 4 || b < 1 || b > 1024 || s[1] % b != 0 || s[2] % b != 0)
    return fail(Code::invalid, "block_size {} does not divide x: {}", b, print(s));
  const auto blocks = g.reshape(n.in(0), {s[0], s[1] / b, b, s[2] / b, b, s[3]});
  return g.reshape(g.transpose(blocks, {0, 1, 3, 2, 4, 5}),
                   {s[0], s[1] / b, s[2] / b, b * b * s[3]});
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_DEPTH_TO_SPACE, depth_to_space},
    {fbs::BuiltinOperator_RESIZE_BILINEAR, resize_bilinear},
    {fbs::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, resize_nearest_neighbor},
    {fbs::BuiltinOperator_SPACE_TO_DEPTH, space_to_depth},
};

}  // namespace

std::span<const Row> resizing() { return rows; }

}  // namespace turnstone::tflite
