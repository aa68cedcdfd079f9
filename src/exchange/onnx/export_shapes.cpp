// Operators that move elements.
#include <algorithm>

#include "exchange/onnx/exporter.h"

namespace turnstone {
namespace {

bool is_order(const Made& made, const std::vector<int64_t>& axes) {
  return made.ints("axes") == axes;
}

// Between the two forms of a picture a transpose is only another name.
Result<> transpose(const Made& made, Exporter& e) {
  const auto x = made.in[0];
  if (is_order(made, {0, 3, 1, 2}) && e.has_channels_first(x))
    e.alias(made, e.channels_first(x), "");
  else if (is_order(made, {0, 2, 3, 1}))
    e.alias(made, "", e.plain(x));
  else
    e.result(made, "Transpose", {e.plain(x)}, {{"perm", made.ints("axes")}});
  return {};
}

Result<> reshape(const Made& made, Exporter& e) {
  const auto& shape = made.call.out[0].shape;
  if (std::ranges::find(shape, 0) != shape.end())
    return fail(Code::unsupported, "the result {} has no elements", print(shape));
  e.result(made, "Reshape", {e.plain(made.in[0]), e.integers(shape)});
  return {};
}

Result<> concat(const Made& made, Exporter& e) {
  const auto axis = *normal_axis(made.i("axis"), made.call.out[0].rank());
  const bool first = made.call.out[0].rank() == 4 && std::ranges::any_of(made.in, [&](Value value) {
                       return e.prefers_channels_first(value);
                     });
  std::vector<std::string> in;
  for (const auto value : made.in) in.push_back(first ? e.channels_first(value) : e.plain(value));
  if (first)
    e.result_channels_first(made, "Concat", std::move(in), {{"axis", axis_channels_first(axis)}});
  else
    e.result(made, "Concat", std::move(in), {{"axis", axis}});
  return {};
}

// Numbers for each dimension, in the order of channels first.
std::vector<int64_t> moved(const std::vector<int64_t>& list, bool first) {
  if (!first) return list;
  return {list[0], list[3], list[1], list[2]};
}

Result<> pad(const Made& made, Exporter& e) {
  const bool first = e.prefers_channels_first(made.in[0]) && made.call.out[0].rank() == 4;
  auto pads = moved(made.ints("low"), first);
  const auto high = moved(made.ints("high"), first);
  pads.insert(pads.end(), high.begin(), high.end());
  const auto& mode = made.text("mode");
  std::vector<std::string> in = {first ? e.channels_first(made.in[0]) : e.plain(made.in[0]),
                                 e.integers(pads)};
  if (mode == "constant")
    in.push_back(e.tensor(Tensor::filled(made.call.in[0].dtype, {}, made.real("value"))));
  if (first)
    e.result_channels_first(made, "Pad", std::move(in), {{"mode", mode}});
  else
    e.result(made, "Pad", std::move(in), {{"mode", mode}});
  return {};
}

// One behind the last place that is read; walking backwards over place 0 needs a number that no
// extent reaches.
int64_t end_of(int64_t start, int64_t extent, int64_t step) {
  const auto end = start + (extent - 1) * step + (step > 0 ? 1 : -1);
  return end < 0 ? INT64_MIN + 1 : end;
}

Result<> slice(const Made& made, Exporter& e) {
  const auto& starts = made.ints("starts");
  const auto& extents = made.ints("extents");
  const auto& steps = made.ints("steps");
  std::vector<int64_t> ends;
  std::vector<int64_t> axes;
  for (size_t d = 0; d < starts.size(); ++d) {
    ends.push_back(extents[d] == 0 ? starts[d] : end_of(starts[d], extents[d], steps[d]));
    axes.push_back(static_cast<int64_t>(d));
  }
  e.result(made, "Slice",
           {e.plain(made.in[0]), e.integers(starts), e.integers(ends), e.integers(axes),
            e.integers(steps)});
  return {};
}

Result<> broadcast(const Made& made, Exporter& e) {
  e.result(made, "Expand", {e.plain(made.in[0]), e.integers(made.ints("shape"))});
  return {};
}

Result<> gather(const Made& made, Exporter& e) {
  e.result(made, "Gather", {e.plain(made.in[0]), e.plain(made.in[1])}, {{"axis", made.i("axis")}});
  return {};
}

Result<> gather_nd(const Made& made, Exporter& e) {
  const auto& indices = made.call.in[1];
  auto name = e.plain(made.in[1]);
  if (indices.dtype != DType::i64) name = e.node("Cast", {name}, {{"to", int64_t{7}}});
  e.result(made, "GatherND", {e.plain(made.in[0]), name});
  return {};
}

constexpr OnnxExport rows[] = {
    {"broadcast", broadcast},
    {"concat", concat},
    {"gather", gather},
    {"gather_nd", gather_nd},
    {"pad", pad},
    {"reshape", reshape},
    {"slice", slice},
    {"transpose", transpose},
};

}  // namespace

std::span<const OnnxExport> exported_shapes() { return rows; }

}  // namespace turnstone
