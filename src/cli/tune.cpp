#include "cli/tune.h"

#include <algorithm>
#include <vector>

#include "base/interrupt.h"
#include "base/progress.h"
#include "cli/loaded_code.h"
#include "codegen/compile.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;

// One layer of a model alone: what it reads is made by another, so that it may have margins, and is
// read by a third, so that it is whole.
Graph alone(const Graph& graph, const Group& group) {
  Graph one(graph.ops());
  const auto& anchor = *group.anchor;
  const auto x = one.input("x", graph.type(anchor.in[0]));
  const auto y = one.call("clamp", {x}, {{"low", -1e30}});
  std::map<Value, Value> known = {{anchor.in[0], y}};
  int inputs = 0;
  const auto value_of = [&](Value value) {
    if (const auto found = known.find(value); found != known.end()) return found->second;
    const auto& type = graph.type(value);
    const auto made = graph.constant_of(value)
                          ? one.constant(Tensor::filled(type.dtype, type.shape, 0.01))
                          : one.input(fmt::format("x{}", inputs++), type);
    return known[value] = made;
  };
  for (const auto* made : group.calls()) {
    std::vector<Value> in;
    for (const auto value : made->in) in.push_back(value_of(value));
    known[made->out[0]] = one.call(std::string(made->op()), in, made->call.attrs);
  }
  one.output("y", known.at(group.result()));
  one.output("z", one.call("neg", {y}));
  return one;
}

// The variant that candidate i is compiled as.
Target candidate_target(const Target& target, size_t i) {
  auto named = target;
  named.name = fmt::format("{}-{}", target.name, i);
  return named;
}

// A context on one variant whose runs are measured, and its inputs.
class Runner {
 public:
  static Result<Runner> open(ts_model& model, const std::string& variant) {
    Runner runner(TRY(open_context(model, variant)));
    for (int i = 0; i < ts_input_count(&model); ++i) {
      const auto& value = *ts_input_info(&model, i);
      runner.inputs_.push_back(
          Tensor::filled(DType::f32, Shape(value.shape, value.shape + value.rank), 0.25));
    }
    TRY(bind_inputs(model, *runner.context_, runner.inputs_));
    CHECK(ts_profile(runner.context_.get(), &runner.groups_, &runner.count_) == TS_OK);
    return runner;
  }

  // Microseconds that the layer took in one run.
  double run() {
    CHECK(ts_run(context_.get()) == TS_OK);
    for (int i = 0; i < count_; ++i) {
      const std::string_view name = groups_[i].name;
      if (name.starts_with("conv") || name.starts_with("matmul"))
        return static_cast<double>(groups_[i].nanoseconds) / 1e3;
    }
    CHECK(false);
    return 0;
  }

 private:
  explicit Runner(ContextHandle context) : context_(std::move(context)) {}

  ContextHandle context_;
  std::vector<Tensor> inputs_;
  const ts_group* groups_ = nullptr;
  int count_ = 0;
};

// The shortest time of each candidate, all in turns.
Result<std::vector<double>> time_candidates(ts_model& model, const Target& target, size_t count) {
  constexpr int rounds = 5;
  constexpr int runs = 4;
  std::vector<Runner> runners;
  for (size_t i = 0; i < count; ++i)
    runners.push_back(TRY(Runner::open(model, candidate_target(target, i).name)));
  std::vector<double> best(count, 1e30);
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < count; ++i)
      for (int run = 0; run < runs; ++run) best[i] = std::min(best[i], runners[i].run());
  return best;
}

// Compiles one layer with each of the candidates, and returns the best.
Result<Choice> measure(const Graph& layer, const Target& target, const std::string& key,
                       const std::vector<Choice>& candidates) {
  std::vector<Tuning> tunings(candidates.size());
  CompileOptions options;
  for (size_t i = 0; i < candidates.size(); ++i) {
    options.targets.push_back(candidate_target(target, i));
    tunings[i].set(options.targets.back().name, key, candidates[i]);
    options.tunings.push_back(&tunings[i]);
  }
  const auto compiled = TRY(compile(layer, options));
  const auto model = TRY(load_code(compiled.object));
  const auto times = TRY(time_candidates(*model, target, candidates.size()));
  const auto best = static_cast<size_t>(std::ranges::min_element(times) - times.begin());
  auto choice = candidates[best];
  choice.microseconds = times[best];
  return choice;
}

// A layer that is to be measured: one of the groups that are alike, and the work of all of them.
struct Layer {
  std::string key;
  size_t group = 0;
  uint64_t flops = 0;
};

std::vector<Layer> unknown_layers(const Graph& graph, const std::vector<Group>& groups,
                                  const std::string& target, const Tuning& tuning) {
  std::vector<Layer> layers;
  for (size_t g = 0; g < groups.size(); ++g) {
    const auto key = layer_key(graph, groups[g]);
    if (key.empty() || tuning.find(target, key)) continue;
    auto found = std::ranges::find(layers, key, &Layer::key);
    if (found == layers.end()) found = layers.insert(found, {key, g, 0});
    found->flops += flops_of(graph, groups[g]);
  }
  std::ranges::stable_sort(layers, std::greater(), &Layer::flops);
  return layers;
}

}  // namespace

Result<> tune(const Graph& graph, const Target& target, const TuneOptions& options,
              Tuning& tuning) {
  const auto end = Steady::now() + options.budget;
  const auto groups = make_groups(graph);
  const auto layers = unknown_layers(graph, groups, target.name, tuning);
  Progress progress("tuning", static_cast<int64_t>(layers.size()), options.quiet);
  for (size_t i = 0; i < layers.size() && Steady::now() < end; ++i) {
    if (interrupted()) return fail(Code::cancelled, "interrupted");
    const auto& group = groups[layers[i].group];
    const auto candidates = candidates_of(graph, group, target);
    if (candidates.size() > 1)
      tuning.set(target.name, layers[i].key,
                 TRY(measure(alone(graph, group), target, layers[i].key, candidates)));
    progress.show(static_cast<int64_t>(i + 1));
  }
  return {};
}

}  // namespace turnstone
