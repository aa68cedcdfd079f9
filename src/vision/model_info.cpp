#include "vision/model_info.h"

#include <cmath>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "media/image.h"
#include "vision/json_fields.h"
#include "vision/settings_json.h"

namespace turnstone {
namespace {

constexpr const char* task_names[] = {"",          "classification", "detection", "segmentation",
                                      "keypoints", "anomaly",        "embedding", "regression"};
constexpr const char* role_names[] = {
    "",          "class_scores", "class_logits", "boxes",      "box_scores",  "box_logits",
    "keypoints", "mask",         "embedding",    "features",   "value",       "labels",
    "count",     "extents",      "offsets",      "prototypes", "anomaly_map", "anomaly_score"};
constexpr int64_t most_extent = int64_t{1} << 31;

std::string item(const char* list, size_t index) { return fmt::format("{}[{}]", list, index); }

Result<std::vector<int64_t>> parse_shape(const Json& json, const std::string& where) {
  std::vector<int64_t> shape;
  bool good = json.is_array() && json.size() <= 8;
  for (size_t i = 0; good && i < json.size(); ++i) {
    good = json[i].is_number_integer();
    if (good) shape.push_back(json[i].get<int64_t>());
    good = good && shape.back() >= 1 && shape.back() <= most_extent;
  }
  if (!good)
    return fail(Code::invalid, "{}: expected a list of at most 8 extents of 1 or more", where);
  return shape;
}

Result<Quantisation> parse_quantisation(const Json& json, const std::string& where) {
  Quantisation quantisation;
  JsonFields fields(json, where);
  fields.real("scale", quantisation.scale, 1e-30, 1e30);
  fields.integer("zero", quantisation.zero, int64_t{INT32_MIN}, int64_t{INT32_MAX});
  fields.require("scale");
  TRY(fields.finish());
  return quantisation;
}

Result<ModelInput> parse_input(const Json& json, const std::string& where) {
  ModelInput input;
  JsonFields fields(json, where);
  std::string dtype;
  fields.text("name", input.name);
  fields.text("dtype", dtype);
  fields.choice("layout", input.layout, layout_names);
  for (const auto* key : {"name", "dtype", "shape"}) fields.require(key);
  if (const auto* shape = fields.member("shape"))
    input.shape = TRY(parse_shape(*shape, fields.path("shape")));
  if (const auto* quantisation = fields.member("quantisation"))
    input.quantisation = TRY(parse_quantisation(*quantisation, fields.path("quantisation")));
  if (const auto* preprocess = fields.member("preprocess"))
    input.preprocess = TRY(parse_preprocess(*preprocess, fields.path("preprocess")));
  if (const auto* window = fields.member("window"))
    input.window = TRY(parse_windowing(*window, fields.path("window")));
  TRY(fields.finish());
  if (input.preprocess && input.window)
    return fail(Code::invalid, "{} and {} exclude each other, choose one",
                fields.path("preprocess"), fields.path("window"));
  const auto type = parse_dtype(dtype);
  if (!type)
    return fail(Code::invalid, "{}: '{}' is wrong, legal are f32, u8, i8 and other element types",
                fields.path("dtype"), printable(dtype, 40));
  input.dtype = *type;
  return input;
}

Result<ModelOutput> parse_output(const Json& json, const std::string& where) {
  ModelOutput output;
  JsonFields fields(json, where);
  size_t role = 0;
  fields.text("name", output.name);
  fields.choice("role", role, role_names);
  fields.require("name");
  TRY(fields.finish());
  output.role = role_names[role];
  return output;
}

// A list of objects, each read by `parse`.
template <class Item>
Result<std::vector<Item>> parse_list(JsonFields& fields, const char* key,
                                     Result<Item> (*parse)(const Json&, const std::string&)) {
  std::vector<Item> items;
  const auto* list = fields.member(key);
  if (!list) return items;
  if (!list->is_array() || list->size() > 256)
    return fail(Code::invalid, "{}: expected a list of at most 256", key);
  for (const auto& json : *list) items.push_back(TRY(parse(json, item(key, items.size()))));
  return items;
}

Result<std::map<std::string, double>> parse_thresholds(const Json& json, const Model& model) {
  std::map<std::string, double> thresholds;
  JsonFields fields(json, "thresholds");
  for (const auto& label : model.labels) {
    if (!fields.member(label.c_str())) continue;
    double value = 0;
    fields.real(label.c_str(), value, 0, 1);
    thresholds[label] = value;
  }
  TRY(fields.finish());
  return thresholds;
}

Result<> check_names(const Model& model) {
  const auto unique = [](const char* list, const auto& items) -> Result<> {
    std::set<std::string> seen;
    for (size_t i = 0; i < items.size(); ++i)
      if (!seen.insert(items[i].name).second)
        return fail(Code::invalid, "{}.name: '{}' occurs twice", item(list, i),
                    printable(items[i].name, 60));
    return {};
  };
  TRY(unique("inputs", model.inputs));
  return unique("outputs", model.outputs);
}

Json to_json(const ModelInput& input) {
  Json json = {{"name", input.name}, {"dtype", print(input.dtype)}, {"shape", input.shape}};
  if (input.layout != Layout::none) json["layout"] = layout_names[static_cast<int>(input.layout)];
  if (input.quantisation)
    json["quantisation"] = {{"scale", input.quantisation->scale},
                            {"zero", input.quantisation->zero}};
  if (input.preprocess) json["preprocess"] = to_json(*input.preprocess);
  if (input.window) json["window"] = to_json(*input.window);
  return json;
}

Json to_json(const ModelOutput& output) {
  Json json = {{"name", output.name}};
  if (!output.role.empty()) json["role"] = output.role;
  return json;
}

template <class Item>
Json list_of(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const auto& one : items) list.push_back(to_json(one));
  return list;
}

Result<Model> model_of(const Json& json) {
  Model model;
  JsonFields fields(json, "");
  int64_t format = 0;
  fields.integer("format", format, 0, INT32_MAX);
  fields.require("format");
  if (json.is_object() && json.contains("format") && json["format"] == format && format != 1)
    return fail(Code::unsupported, "format: {} is not known, legal is 1", format);
  fields.text("name", model.name);
  model.inputs = TRY(parse_list(fields, "inputs", parse_input));
  model.outputs = TRY(parse_list(fields, "outputs", parse_output));
  fields.choice("task", model.task, task_names);
  if (const auto* decoder = fields.member("decoder"))
    model.decoder = TRY(parse_decoder(*decoder, "decoder"));
  fields.texts("labels", model.labels);
  int background = -1;
  fields.integer("background", background, 0, INT32_MAX);
  if (background >= 0) model.background = background;
  const auto* thresholds = fields.member("thresholds");
  if (const auto* provenance = fields.member("provenance")) {
    if (!provenance->is_object()) return fail(Code::invalid, "provenance: expected an object");
    model.provenance = print_json(*provenance);
  }
  TRY(fields.finish());
  if (thresholds) model.thresholds = TRY(parse_thresholds(*thresholds, model));
  if (!model.labels.empty() && background >= static_cast<int>(model.labels.size()))
    return fail(Code::invalid, "background: {} is wrong, legal are 0..{}", background,
                model.labels.size() - 1);
  TRY(check_names(model));
  return model;
}

}  // namespace

Result<Model> parse_model(std::string_view text) { return model_of(TRY(parse_json(text))); }

Result<Model> read_model(const std::filesystem::path& path) {
  constexpr size_t most_bytes = size_t{1} << 26;
  const auto json = TRY(parse_json(TRY(read_text(path, most_bytes)), path.string()));
  return TRY(model_of(json), path.string());
}

Json to_json(const Model& model) {
  Json json = {{"format", 1}, {"name", model.name}};
  json["inputs"] = list_of(model.inputs);
  json["outputs"] = list_of(model.outputs);
  if (model.task != Task::none) json["task"] = task_names[static_cast<int>(model.task)];
  if (model.decoder) json["decoder"] = to_json(*model.decoder);
  json["labels"] = model.labels;
  json["background"] = model.background ? Json(*model.background) : Json();
  json["thresholds"] = model.thresholds;
  const auto provenance = parse_json(model.provenance);
  json["provenance"] = provenance ? *provenance : Json::object();
  return json;
}

std::string print_model(const Model& model) {
  const auto json = to_json(model);
  std::string text = "{";
  for (const auto& [key, value] : json.items())
    text += fmt::format("{}\n  {}: {}", text.size() > 1 ? "," : "", print_json(Json(key)),
                        print_json(value));
  return text + "\n}\n";
}

int64_t values_per_picture(std::span<const int64_t> shape) {
  int64_t count = 1;
  for (size_t i = 1; i < shape.size(); ++i) count *= shape[i];
  return count;
}

Layout parse_layout(std::string_view text) {
  if (text == layout_names[static_cast<int>(Layout::nchw)]) return Layout::nchw;
  return text == layout_names[static_cast<int>(Layout::nhwc)] ? Layout::nhwc : Layout::none;
}

Result<PictureShape> picture_shape(const ModelInput& input) {
  if (input.layout == Layout::none || input.shape.size() != 4)
    return fail(Code::invalid,
                "input '{}' is no picture, legal are shapes of 4 extents in NCHW or NHWC",
                printable(input.name, 60));
  const auto& shape = input.shape;
  const bool planar = input.layout == Layout::nchw;
  const auto channels = shape[planar ? 1 : 3];
  const auto height = shape[planar ? 2 : 1];
  const auto width = shape[planar ? 3 : 2];
  if (channels != 1 && channels != 3)
    return fail(Code::invalid, "input '{}' has {} channels, legal are 1 and 3",
                printable(input.name, 60), channels);
  if (shape[0] < 1 || shape[0] > 65536 || width < 1 || height < 1 || width > most_side ||
      height > most_side)
    return fail(Code::invalid, "input '{}' holds {} pictures of {} x {} pixels, legal are 1..{}",
                printable(input.name, 60), shape[0], width, height, most_side);
  return PictureShape{static_cast<int>(shape[0]), static_cast<int>(channels),
                      static_cast<int>(height), static_cast<int>(width)};
}

}  // namespace turnstone
