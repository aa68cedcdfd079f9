#include "cli/model_json.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "tensor/unit_range.h"
#include "vision/decoders.h"
#include "vision/preprocess.h"

namespace turnstone {
namespace {

// Outputs that a softmax or sigmoid makes, or that hold nothing beyond 0..1, are probabilities
// already.
std::string score_role(const Graph& graph, const Port& port) {
  if (spans_unit(port.quantisation, graph.type(port.value).dtype)) return "class_scores";
  auto value = port.value;
  while (const auto* made = graph.made_by(value)) {
    const auto op = made->op();
    if (op == "softmax" || op == "quantized_softmax" || op == "sigmoid") return "class_scores";
    if (op != "reshape" && op != "dequantize" && op != "transpose") break;
    value = made->in[0];
  }
  return "class_logits";
}

// The output that holds the classes: by its role, as the only one, or as the only one that has a
// value for each label. None where that cannot be told.
std::optional<size_t> find_classes(const Model& model, const Graph& graph) {
  const auto says_classes = [](const ModelOutput& output) {
    return output.role == "class_scores" || output.role == "class_logits";
  };
  const auto named = std::ranges::find_if(model.outputs, says_classes);
  if (named != model.outputs.end()) return named - model.outputs.begin();
  if (model.outputs.size() == 1) return 0;
  std::optional<size_t> fitting;
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const auto values = values_per_picture(graph.shape(graph.outputs()[i].value));
    if (values != static_cast<int64_t>(model.labels.size())) continue;
    if (fitting) return {};
    fitting = i;
  }
  return fitting;
}

// Says what the output of a classifier means, and checks it against the labels.
Result<> settle_classes(Model& model, const Graph& graph) {
  const auto index = find_classes(model, graph);
  if (!index) return {};
  const auto& port = graph.outputs()[*index];
  const auto values = values_per_picture(graph.shape(port.value));
  if (!model.labels.empty() && values != static_cast<int64_t>(model.labels.size()))
    return fail(Code::invalid, "labels: {} names for the {} classes of output '{}'",
                model.labels.size(), values, printable(port.name));
  auto& role = model.outputs[*index].role;
  if (role.empty()) role = score_role(graph, port);
  return {};
}

std::vector<ModelInput> inputs_of(const ImportedModel& imported, const Graph& graph) {
  std::vector<ModelInput> inputs;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const auto& port = graph.inputs()[i];
    const auto& type = graph.type(port.value);
    ModelInput input;
    input.name = port.name;
    input.dtype = type.dtype;
    input.shape = type.shape;
    input.layout = parse_layout(i < imported.input_layouts.size() ? imported.input_layouts[i] : "");
    if (port.quantisation.scale != 0) input.quantisation = port.quantisation;
    inputs.push_back(std::move(input));
  }
  return inputs;
}

bool classifies(const Graph& graph) {
  if (graph.outputs().size() != 1) return false;
  const auto& shape = graph.shape(graph.outputs()[0].value);
  int64_t wide = 0;
  for (size_t i = 1; i < shape.size(); ++i) wide += shape[i] > 1;
  return wide == 1 && shape.back() > 1;
}

Result<> apply_preprocess(Model& model, const std::string& spec) {
  for (auto& input : model.inputs) {
    if (input.layout == Layout::none) continue;
    input.preprocess = TRY(parse_preprocess_spec(spec, input.preprocess.value_or(Preprocess{})));
    return {};
  }
  return fail(Code::invalid, "--preprocess: no input of the model is a picture");
}

Result<> apply_decoder(Model& model, const std::string& spec) {
  model.decoder = TRY(parse_decoder_spec(spec, model.decoder.value_or(DecoderSettings{})));
  const auto& row = row_of(model.decoder->kind);
  model.task = row.task;
  if (*row.label != '\0' && model.labels.size() > 1)
    return fail(Code::invalid, "labels: {} names for the one class of decoder '{}'",
                model.labels.size(), row.name);
  if (*row.label != '\0' && model.labels.empty()) model.labels = {row.label};
  return {};
}

// Whether the model's decoder can read outputs of this graph, which a try with ones shows. Errors:
// missing where model.json may yet say what it lacks.
Result<> check_decoder(const Model& model, const Graph& graph) {
  const auto decoder = TRY(make_decoder(model));
  std::vector<Tensor> ones;
  for (const auto& port : graph.outputs()) {
    const auto& type = graph.type(port.value);
    ones.push_back(Tensor::filled(type.dtype, type.shape, 1));
  }
  std::vector<OutputView> views;
  for (size_t i = 0; i < ones.size(); ++i) {
    const auto& quantisation = graph.outputs()[i].quantisation;
    views.push_back(
        {.name = graph.outputs()[i].name,
         .dtype = ones[i].dtype(),
         .shape = ones[i].shape(),
         .data = ones[i].bytes(),
         .quantisation = quantisation.scale == 0 ? std::nullopt : std::optional(quantisation)});
  }
  TRY(decoder->decode(views, 0, {}));
  return {};
}

bool is_explained(const Model& model) {
  return model.decoder || model.task == Task::classification;
}

// Calls visit(text, weights) for constants of reals that convolutions and matrix products read.
template <class Visit>
void visit_weights(const Graph& graph, Visit visit) {
  for (const auto& made : graph.calls())
    for (const auto value : made.in) {
      const auto* constant = graph.constant_of(value);
      const bool is_weight = made.op() == "conv" || made.op() == "matmul";
      if (is_weight && constant && constant->dtype() == DType::f32)
        visit(fmt::format("weights {} of {}", print(graph.type(value)), made.op()),
              constant->as<float>());
    }
}

}  // namespace

Result<Model> make_model(const ImportedModel& imported, const Graph& graph, std::string name,
                         const ModelOptions& options) {
  Model model;
  const auto stored = imported.metadata.find(std::string(model_json_key));
  if (stored != imported.metadata.end())
    model = TRY(parse_model(stored->second), "metadata 'turnstone.model'");
  if (model.name.empty()) model.name = std::move(name);
  auto inputs = inputs_of(imported, graph);
  for (size_t i = 0; i < inputs.size() && i < model.inputs.size(); ++i)
    inputs[i].preprocess = model.inputs[i].preprocess;
  model.inputs = std::move(inputs);
  std::vector<ModelOutput> outputs;
  for (size_t i = 0; i < graph.outputs().size(); ++i)
    outputs.push_back(
        {graph.outputs()[i].name, i < model.outputs.size() ? model.outputs[i].role : ""});
  model.outputs = std::move(outputs);
  if (!options.labels.empty()) model.labels = TRY(read_labels(options.labels));
  if (!options.preprocess.empty()) TRY(apply_preprocess(model, options.preprocess));
  for (const auto& input : model.inputs)
    if (input.preprocess) TRY(make_preprocessor(input));
  if (!options.decoder.empty()) TRY(apply_decoder(model, options.decoder));
  if (model.task == Task::none && !model.decoder && classifies(graph)) {
    model.task = Task::classification;
    model.decoder = DecoderSettings{};
  }
  if (model.task == Task::classification) TRY(settle_classes(model, graph));
  if (!is_explained(model)) return model;
  auto fits = check_decoder(model, graph);
  if (!fits && fits.error().code != Code::missing) return std::unexpected(fits.error());
  return model;
}

std::vector<std::string> wild_weights(const Graph& graph) {
  std::vector<std::string> notes;
  visit_weights(graph, [&](const std::string& text, std::span<const float> reals) {
    const auto wild = std::ranges::find_if(reals, [](float x) { return !std::isfinite(x); });
    if (wild != reals.end())
      notes.push_back(fmt::format("{} hold {}, which spoils what it computes", text, *wild));
  });
  return notes;
}

std::vector<std::string> faint_weights(const Graph& graph) {
  constexpr float least = 0x1p-14F;
  std::vector<std::string> notes;
  visit_weights(graph, [&](const std::string& text, std::span<const float> reals) {
    float largest = 0;
    for (const auto real : reals) largest = std::max(largest, std::abs(real));
    if (largest > 0 && largest < least)
      notes.push_back(
          fmt::format("{} are at most {:.2g}, where f16 has few digits or none; bf16 keeps its own",
                      text, largest));
  });
  return notes;
}

std::vector<std::string> missing_settings(const Model& model, const Graph& graph) {
  std::vector<std::string> notes;
  for (const auto& input : model.inputs)
    if (input.layout != Layout::none && !input.preprocess)
      notes.push_back(
          fmt::format("nobody said how pictures become input '{}'; predict and run on pictures "
                      "want --preprocess",
                      printable(input.name, 60)));
  if (!is_explained(model))
    notes.emplace_back(
        "nobody said what the outputs mean; predict and run on pictures want --decoder");
  else if (const auto fits = check_decoder(model, graph); !fits)
    notes.push_back(
        fmt::format("the decoder wants more of model.json, add it there: {}", fits.error().text));
  return notes;
}

}  // namespace turnstone
