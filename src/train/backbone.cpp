#include "train/backbone.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/model.h"
#include "ops/ops.h"
#include "passes/pass.h"

namespace turnstone {
namespace {

// The dimensions of a map [1, ...] of rank 4 that are its rows and columns.
using Places = std::vector<int64_t>;
const Places places_last = {1, 2};   // channels last
const Places places_first = {2, 3};  // channels first

// True for a call that leaves one number of each channel.
bool pools_all(const Graph& graph, const Made& made) {
  const auto& shape = graph.shape(made.in[0]);
  if (shape.size() != 4 || shape[1] * shape[2] * shape[3] == shape[3]) return false;
  if (made.op() == "reduce_mean" || made.op() == "reduce_max") {
    auto axes = made.ints("axes");
    std::ranges::sort(axes);
    return axes == places_last || axes == places_first;
  }
  if (made.op() != "average_pool" && made.op() != "max_pool") return false;
  const auto& out = graph.shape(made.out[0]);
  return out[1] == 1 && out[2] == 1 && made.ints("window") == std::vector{shape[1], shape[2]};
}

Result<Value> last_pooling(const Graph& graph) {
  Value last;
  for (const auto* made : graph.live_calls())
    if (pools_all(graph, *made)) last = made->out[0];
  if (!last)
    return fail(Code::missing,
                "no pooling over a whole map is in it, give the value to cut at with --tap: "
                "'turnstone inspect --taps' lists them");
  return last;
}

// Any value as [1, feature]; a map is averaged over its places.
Result<Value> flattened(Graph& graph, Value value, bool channels_first) {
  const auto type = graph.type(value);
  if (type.dtype != DType::f32 || type.shape.empty() || type.shape[0] != 1)
    return fail(Code::unsupported, "the value to cut at is {}, wanted: f32[1,...]", print(type));
  if (type.rank() == 4)
    value =
        graph.call("reduce_mean", {value}, {{"axes", channels_first ? places_first : places_last}});
  TRY(graph.status());
  const auto features = count(graph.shape(value));
  value = graph.call("reshape", {value}, {{"shape", Shape{1, features}}});
  TRY(graph.status());
  return value;
}

// A graph with the one input of `from`, and `value` as its output.
Result<Graph> cut_at(const Graph& from, Value value, bool channels_first) {
  Graph graph(core_ops());
  const auto& port = from.inputs()[0];
  graph.input(port.name, from.type(port.value));
  const auto features = TRY(flattened(graph, copy_calls(graph, from, {value})[0], channels_first));
  graph.output("features", features);
  return graph;
}

Result<ModelInput> input_of(const ImportedModel& imported) {
  const auto& ports = imported.graph.inputs();
  if (ports.size() != 1)
    return fail(Code::invalid, "it has {} inputs, wanted: one picture", ports.size());
  const auto& type = imported.graph.type(ports[0].value);
  ModelInput input;
  input.name = ports[0].name;
  input.dtype = type.dtype;
  input.shape = type.shape;
  input.layout = parse_layout(imported.input_layouts[0]);
  const auto shape = TRY(picture_shape(input));
  if (shape.batch != 1)
    return fail(Code::invalid, "its input holds {} pictures, wanted: 1", shape.batch);
  if (type.dtype != DType::f32)
    return fail(Code::unsupported, "input '{}' is {}, wanted: f32", printable(input.name, 60),
                print(type));
  return input;
}

constexpr const char* unsaid = "[-1, 1], since the backbone does not say";

// Pixels 0..255 as the real numbers that the integers of a quantised input stand for.
void set_range(Preprocess& preprocess, const ImportedModel::Stored& stored) {
  const int64_t least = stored.dtype == DType::i8 ? -128 : 0;
  preprocess.mean = {static_cast<double>(stored.quantisation.zero - least)};
  preprocess.scale = {stored.quantisation.scale};
}

Result<> set_preprocess(Backbone& backbone, const ImportedModel& imported,
                        const std::string& spec) {
  Preprocess preprocess;
  preprocess.mean = {127.5};
  preprocess.scale = {1 / 127.5};
  backbone.range = unsaid;
  const auto stored =
      imported.stored_inputs.empty() ? ImportedModel::Stored{} : imported.stored_inputs[0];
  const auto json = imported.metadata.find(std::string(model_json_key));
  if (json != imported.metadata.end()) {
    const auto model = TRY(parse_model(json->second), "metadata 'turnstone.model'");
    if (!model.inputs.empty() && model.inputs[0].preprocess) {
      preprocess = *model.inputs[0].preprocess;
      backbone.range = "the backbone's model.json";
    }
  } else if (stored.dtype != DType::f32 && stored.quantisation.scale > 0) {
    set_range(preprocess, stored);
    backbone.range = "the scale of the backbone's quantised input";
  }
  preprocess.fit = Fit::crop;
  if (!spec.empty()) {
    preprocess = TRY(parse_preprocess_spec(spec, preprocess));
    backbone.range = "the command line, over " + backbone.range;
  }
  if (backbone.range == unsaid)
    backbone.notes.emplace_back(
        "the backbone does not say how pixels become its input: -1..1 is assumed, as most networks "
        "of TensorFlow want it; most of PyTorch want --preprocess imagenet");
  backbone.input.preprocess = preprocess;
  return {};
}

Result<Backbone> made_of(ImportedModel imported, const BackboneSettings& settings) {
  auto input = TRY(input_of(imported));
  const auto graph = TRY(optimise(imported.graph));
  const auto value = settings.tap.empty() ? TRY(last_pooling(graph)) : graph.outputs()[0].value;
  const bool channels_first =
      !imported.output_layouts.empty() && imported.output_layouts[0] == "NCHW";
  const auto* made = graph.made_by(value);
  Backbone backbone{
      .graph = TRY(cut_at(graph, value, settings.tap.empty() ? false : channels_first)),
      .input = std::move(input),
      .name = settings.file.filename().string(),
      .cut = settings.tap.empty()
                 ? fmt::format("last global pooling ({} of {})", made->op(),
                               print(graph.type(made->in[0])))
                 : fmt::format("'{}' ({})", settings.tap, print(graph.type(value))),
      .range = {},
      .notes = std::move(imported.notes)};
  TRY(set_preprocess(backbone, imported, settings.preprocess));
  return backbone;
}

}  // namespace

Result<Backbone> read_backbone(const BackboneSettings& settings) {
  ImportOptions options;
  options.as_float = true;
  options.tap = settings.tap;
  auto imported = TRY(import_model(settings.file, options));
  return TRY(made_of(std::move(imported), settings), settings.file.string());
}

}  // namespace turnstone
