#include <algorithm>
#include <cmath>

#include "exchange/onnx/families.h"

namespace turnstone {
namespace {

// What a resize does, whichever opset it is written in. Either scales or sizes are given, one for
// each dimension of x.
struct Resizing {
  std::vector<double> scales;
  std::vector<int64_t> sizes;
  std::string mode = "nearest";
  std::string coordinates = "asymmetric";
  std::string rounding = "floor";
  bool rounds_up_below_one = false;  // and not as `rounding` says, where a scale is below 1
};

// Extents of the result; `r.scales` is completed. Errors: invalid.
Result<Shape> target(const Shape& x, Resizing& r) {
  if ((r.scales.empty() ? r.sizes.size() : r.scales.size()) != x.size())
    return fail(Code::invalid, "scales or sizes do not have one number for each dimension of x: {}",
                print(x));
  if (r.scales.empty()) return r.sizes;
  Shape out;
  for (size_t d = 0; d < x.size(); ++d) {
    const auto extent = std::floor(static_cast<double>(x[d]) * r.scales[d]);
    if (!(r.scales[d] > 0) || !(extent >= 1) || extent > double{1 << 24})
      return fail(Code::invalid, "scale {} of dimension {} of x: {} is not usable", r.scales[d], d,
                  print(x));
    out.push_back(static_cast<int64_t>(extent));
  }
  return out;
}

// The scale as an attribute: 0 where it is what the extents say.
double told_scale(const Resizing& r, size_t d, const Shape& x, const Shape& out) {
  if (r.scales.empty()) return 0;
  const auto plain = static_cast<double>(out[d]) / static_cast<double>(x[d]);
  return std::abs(plain - r.scales[d]) < 1e-6 * plain ? 0 : r.scales[d];
}

std::string rounding_of(const Resizing& r, size_t d) {
  return r.rounds_up_below_one && r.scales[d] < 1 ? "ceil" : r.rounding;
}

// Whether dimension d of x changes; a scale may do so and keep the extent.
bool is_resized(const Resizing& r, size_t d, const Shape& from, const Shape& to) {
  return from[d] != to[d] || (from[d] > 1 && told_scale(r, d, from, to) != 0);
}

// x with the dimensions `row` and row + 1 resized; in two steps when they round in two ways.
Value resized_pictures(Fold& g, Value x, const Shape& from, const Shape& to, size_t row,
                       const Resizing& r) {
  const auto column = row + 1;
  Attributes both = {{"rows", to[row]},
                     {"columns", to[column]},
                     {"mode", r.mode},
                     {"coordinates", r.coordinates},
                     {"rounding", rounding_of(r, column)},
                     {"row_scale", told_scale(r, row, from, to)},
                     {"column_scale", told_scale(r, column, from, to)}};
  if (r.mode == "nearest" && rounding_of(r, row) != rounding_of(r, column)) {
    auto rows = both;
    rows["rounding"] = rounding_of(r, row);
    rows["columns"] = from[column];
    rows["column_scale"] = both["row_scale"] = 0.0;
    x = g.call("resize", {x}, std::move(rows));
  }
  return g.call("resize", {x}, std::move(both));
}

Result<Values> resized(Node& n, Fold& g, Resizing r) {
  auto x = n.in(0);
  auto from = n.shape(0);
  if (from.size() != 3 && from.size() != 4)
    return fail(Code::unsupported, "x is {}, wanted: rank 3 or 4", print(from));
  const auto type = g.type(x).dtype;
  if (r.mode == "linear" && type != DType::f32)
    return fail(Code::unsupported, "x is {}, wanted: f32 for mode 'linear'", print(g.type(x)));
  auto to = TRY(target(from, r));
  const auto result = to;
  if (from.size() == 3) {
    for (auto* shape : {&from, &to}) shape->insert(shape->begin() + 2, 1);
    if (!r.scales.empty()) r.scales.insert(r.scales.begin() + 2, 1);
    x = g.reshape(x, from);
  }
  const auto changes = [&](size_t d) { return is_resized(r, d, from, to); };
  if (changes(0) || (changes(1) && changes(3)))
    return fail(Code::unsupported, "x: {} to {} resizes more than rows and columns", print(from),
                print(to));
  if (!changes(1) && !changes(2) && !changes(3)) return n.in(0);
  if (changes(1)) return g.reshape(resized_pictures(g, x, from, to, 1, r), result);
  const auto y = resized_pictures(g, g.transpose(x, {0, 2, 3, 1}), from, to, 2, r);
  return g.reshape(g.transpose(y, {0, 3, 1, 2}), result);
}

Result<std::string> mode_of(Node& n) {
  auto mode = TRY(n.text("mode", "nearest"));
  if (mode == "bilinear") return std::string("linear");
  if (mode != "nearest" && mode != "linear")
    return fail(Code::unsupported, "mode '{}' is not supported, supported: nearest, linear", mode);
  return mode;
}

// Upsample, and Resize of opset 10: places are divided by the scale and cut, or rounded up where
// the dimension shrinks.
Result<Values> by_scales(Node& n, Fold& g) {
  TRY(n.arity(1, 2));
  Resizing r;
  r.mode = TRY(mode_of(n));
  r.scales = n.has(1) ? TRY(n.known_reals(1, "scales")) : TRY(n.reals("scales", {}));
  r.rounds_up_below_one = true;
  return resized(n, g, std::move(r));
}

Result<> read_targets(Node& n, Resizing& r) {
  if (n.has(2)) r.scales = TRY(n.known_reals(2, "scales"));
  if (n.has(3)) r.sizes = TRY(n.known_integers(3, "sizes"));
  if (r.scales.empty() == r.sizes.empty())
    return fail(Code::invalid, "either scales or sizes must be given");
  return {};
}

// Numbers of `axes` only: the other dimensions stay.
Result<> spread_over_axes(Node& n, Resizing& r) {
  if (!n.has_attribute("axes")) return {};
  const auto axes = TRY(n.integers("axes", {}));
  if (axes.size() != std::max(r.scales.size(), r.sizes.size()))
    return fail(Code::invalid, "axes has {} numbers, scales or sizes another count", axes.size());
  Resizing whole = r;
  if (!r.scales.empty()) whole.scales.assign(n.shape(0).size(), 1);
  if (!r.sizes.empty()) whole.sizes = n.shape(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(TRY(normal_axis(axes[i], n.rank(0))));
    if (!r.scales.empty()) whole.scales[axis] = r.scales[i];
    if (!r.sizes.empty()) whole.sizes[axis] = r.sizes[i];
  }
  r = std::move(whole);
  return {};
}

Result<Values> resize(Node& n, Fold& g) {
  TRY(n.arity(1, 4));
  n.ignore({"cubic_coeff_a", "extrapolation_value"});  // of modes that are refused
  Resizing r;
  TRY(read_targets(n, r));
  TRY(spread_over_axes(n, r));
  r.mode = TRY(mode_of(n));
  r.coordinates = TRY(n.text("coordinate_transformation_mode", "half_pixel"));
  static constexpr std::string_view legal[] = {"half_pixel", "asymmetric", "align_corners",
                                               "pytorch_half_pixel"};
  if (std::ranges::find(legal, r.coordinates) == std::end(legal))
    return fail(Code::unsupported,
                "coordinate_transformation_mode '{}' is not supported, "
                "supported: half_pixel, asymmetric, align_corners, pytorch_half_pixel",
                r.coordinates);
  r.rounding = TRY(n.text("nearest_mode", "round_prefer_floor"));
  if (TRY(n.flag("exclude_outside", false)) || TRY(n.flag("antialias", false)))
    return fail(Code::unsupported, "exclude_outside and antialias are not supported");
  if (const auto policy = TRY(n.text("keep_aspect_ratio_policy", "stretch")); policy != "stretch")
    return fail(Code::unsupported, "keep_aspect_ratio_policy '{}' is not supported", policy);
  return resized(n, g, std::move(r));
}

constexpr OnnxImport rows[] = {
    {"Resize", 10, 10, by_scales},
    {"Resize", 11, newest, resize},
    {"Upsample", oldest, 9, by_scales},
};

}  // namespace

std::span<const OnnxImport> resizing() { return rows; }

}  // namespace turnstone
