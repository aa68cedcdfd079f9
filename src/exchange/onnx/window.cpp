#include "exchange/onnx/window.h"

namespace turnstone {
namespace {

constexpr int64_t most_extent = 1 << 24;

// Result as large as x over the stride, rounded up.
void pad_to_same(OnnxWindow& w, size_t d, int64_t extent, bool upper) {
  const auto out = (extent + w.strides[d] - 1) / w.strides[d];
  const auto all = std::max<int64_t>((out - 1) * w.strides[d] + w.reach(d) - extent, 0);
  w.pads[d] = upper ? all / 2 : all - all / 2;
  w.pads[d + 2] = all - w.pads[d];
}

}  // namespace

Result<std::vector<int64_t>> per_dimension(std::vector<int64_t> list, size_t dimensions,
                                           int64_t first, int64_t least, std::string_view name) {
  if (list.size() != dimensions)
    return fail(Code::invalid, "{} has {} numbers, wanted: {}", name, list.size(), dimensions);
  for (const auto value : list)
    if (value < least || value > most_extent)
      return fail(Code::invalid, "{} has the number {}, legal: {} to {}", name, value, least,
                  most_extent);
  if (dimensions == 1) list.insert(list.begin(), first);
  return list;
}

Result<OnnxWindow> OnnxWindow::read(Node& n, const Shape& x, std::vector<int64_t> kernel) {
  if (x.size() != 3 && x.size() != 4)
    return fail(Code::unsupported, "x is {}, wanted: 1 or 2 dimensions besides batch and channel",
                print(x));
  const auto dimensions = x.size() - 2;
  const std::vector<int64_t> ones(dimensions, 1);
  OnnxWindow w;
  w.kernel = TRY(per_dimension(std::move(kernel), dimensions, 1, 1, "kernel_shape"));
  w.strides = TRY(per_dimension(TRY(n.integers("strides", ones)), dimensions, 1, 1, "strides"));
  w.dilations =
      TRY(per_dimension(TRY(n.integers("dilations", ones)), dimensions, 1, 1, "dilations"));
  const auto mode = TRY(n.text("auto_pad", "NOTSET"));
  auto pads = TRY(n.integers("pads", std::vector<int64_t>(2 * dimensions, 0)));
  if (mode == "NOTSET") {
    pads = TRY(per_dimension(std::move(pads), 2 * dimensions, 0, 0, "pads"));
    w.pads = dimensions == 1 ? std::vector<int64_t>{0, pads[0], 0, pads[1]} : pads;
  } else if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    for (size_t d = 2 - dimensions; d < 2; ++d)
      pad_to_same(w, d, x[d + dimensions], mode == "SAME_UPPER");
  } else if (mode != "VALID") {
    return fail(Code::invalid, "auto_pad is '{}', legal: NOTSET, SAME_UPPER, SAME_LOWER, VALID",
                mode);
  }
  return w;
}

void OnnxWindow::round_up(const Shape& pictures) {
  for (size_t d = 0; d < 2; ++d) {
    const auto before_end = pads[d] + pictures[d + 1];
    const auto room = before_end + pads[d + 2] - reach(d);
    if (room < 0) continue;
    auto last = (room + strides[d] - 1) / strides[d] * strides[d];
    if (last >= before_end) last -= strides[d];
    pads[d + 2] = std::max(pads[d + 2], last + reach(d) - before_end);
  }
}

}  // namespace turnstone
