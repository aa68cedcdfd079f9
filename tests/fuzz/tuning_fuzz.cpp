// Reads any text as a file of tuning. What it says is believed only where a kernel can do it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codegen/schedule.h"
#include "ops/ops.h"

namespace {

using namespace turnstone;

Graph layer() {
  Graph graph(core_ops());
  const auto x = graph.input("x", {DType::f32, {1, 8, 8, 16}});
  const auto w = graph.constant(Tensor::filled(DType::f32, {16, 3, 3, 16}, 0.1));
  graph.output("y", graph.call("conv", {x, w}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}));
  return graph;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const Graph graph = layer();
  static const auto target = *find_target("x86_64_v3");
  const auto tuning = parse_tuning({reinterpret_cast<const char*>(bytes), size});
  CHECK(tuning || !tuning.error().text.empty());
  if (!tuning) return 0;
  const auto schedule = make_schedule(graph, target, &*tuning).schedules[0];
  CHECK(schedule.rows >= 1 && schedule.columns >= 1 && schedule.vectors >= 1);
  return 0;
}
