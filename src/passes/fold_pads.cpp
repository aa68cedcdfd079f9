#include "passes/pass.h"

namespace turnstone {

// conv(pad(x)) -> conv(x) with larger pads, when rows and columns are padded with what counts as
// zero
std::optional<Value> fold_pads(Draft& graph, Value, const Made& made) {
  if (made.op() != "conv") return {};
  const auto* pad = graph.made_by(made.in[0], "pad");
  if (!pad || pad->text("mode") != "constant" ||
      pad->real("value") != static_cast<double>(made.i("x_zero")))
    return {};
  const auto& low = pad->ints("low");
  const auto& high = pad->ints("high");
  if (low[0] || high[0] || low[3] || high[3]) return {};
  if (low[1] < 0 || low[2] < 0 || high[1] < 0 || high[2] < 0) return {};
  auto attrs = made.call.attrs;
  auto pads = made.ints("pads");
  pads[0] += low[1], pads[1] += low[2], pads[2] += high[1], pads[3] += high[2];
  attrs.find("pads")->second = pads;
  const auto weights = made.in[1];
  return graph.call("conv", {pad->in[0], weights}, attrs);
}

}  // namespace turnstone
