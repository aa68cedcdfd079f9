#include "vision/settings_json.h"

#include <cmath>

#include "media/image.h"
#include "vision/json_fields.h"

namespace turnstone {
namespace {

constexpr const char* fit_names[] = {"stretch", "letterbox", "crop"};
constexpr const char* resize_names[] = {"bilinear", "area"};
constexpr const char* color_names[] = {"rgb", "bgr", "gray"};
constexpr const char* kind_names[] = {"softmax", "identity", "ssd", "blazeface"};
constexpr const char* suppression_names[] = {"none", "hard", "weighted"};
constexpr const char* preset_names[] = {"", "front", "back", "full"};

constexpr size_t most_channels = 4;

template <class Choice, size_t Count>
const char* name_of(Choice value, const char* const (&names)[Count]) {
  return names[static_cast<size_t>(value)];
}

bool are_whole(const std::vector<double>& values, double least, double most) {
  for (const auto value : values)
    if (std::trunc(value) != value || value < least || value > most) return false;
  return true;
}

// A list of exactly `Count` positive numbers.
template <size_t Count>
Result<std::array<double, Count>> parse_positive(const Json& json, const std::string& where) {
  std::array<double, Count> values = {};
  bool good = json.is_array() && json.size() == Count;
  for (size_t i = 0; good && i < Count; ++i) {
    good = json[i].is_number();
    if (good) values[i] = json[i].template get<double>();
    good = good && values[i] > 0 && values[i] < 1e6;
  }
  if (!good) return fail(Code::invalid, "{}: expected {} positive numbers", where, Count);
  return values;
}

template <size_t Count>
Result<std::vector<std::array<double, Count>>> parse_boxes(const Json* json,
                                                           const std::string& where) {
  std::vector<std::array<double, Count>> boxes;
  if (!json) return boxes;
  if (!json->is_array() || json->size() > most_anchors)
    return fail(Code::invalid, "{}: expected a list of at most {} boxes", where, most_anchors);
  for (const auto& box : *json)
    boxes.push_back(TRY(parse_positive<Count>(box, fmt::format("{}[{}]", where, boxes.size()))));
  return boxes;
}

Result<AnchorLayer> parse_layer(const Json& json, const std::string& where) {
  AnchorLayer layer;
  JsonFields fields(json, where);
  fields.integer("columns", layer.columns, 1, 4096);
  fields.integer("rows", layer.rows, 1, 4096);
  for (const auto* key : {"columns", "rows", "boxes"}) fields.require(key);
  layer.boxes = TRY(parse_boxes<2>(fields.member("boxes"), fields.path("boxes")));
  TRY(fields.finish());
  return layer;
}

Result<Anchors> parse_anchors(const Json& json, const std::string& where) {
  Anchors anchors;
  JsonFields fields(json, where);
  size_t preset = 0;
  fields.choice("preset", preset, preset_names);
  anchors.preset = preset_names[preset];
  if (const auto* layers = fields.member("layers")) {
    if (!layers->is_array() || layers->size() > 64)
      return fail(Code::invalid, "{}: expected a list of at most 64 layers", fields.path("layers"));
    for (const auto& layer : *layers)
      anchors.layers.push_back(TRY(
          parse_layer(layer, fmt::format("{}[{}]", fields.path("layers"), anchors.layers.size()))));
  }
  anchors.boxes = TRY(parse_boxes<4>(fields.member("boxes"), fields.path("boxes")));
  if (const auto* variances = fields.member("variances"))
    anchors.variances = TRY(parse_positive<4>(*variances, fields.path("variances")));
  TRY(fields.finish());
  return anchors;
}

Json to_json(const Anchors& anchors) {
  Json json = Json::object();
  if (!anchors.preset.empty()) json["preset"] = anchors.preset;
  for (const auto& layer : anchors.layers)
    json["layers"].push_back(
        {{"columns", layer.columns}, {"rows", layer.rows}, {"boxes", layer.boxes}});
  if (!anchors.boxes.empty()) json["boxes"] = anchors.boxes;
  if (anchors.variances != Anchors{}.variances) json["variances"] = anchors.variances;
  return json;
}

}  // namespace

Json to_json(const Preprocess& preprocess) {
  Json json = Json::object();
  if (preprocess.width > 0) json["size"] = {preprocess.width, preprocess.height};
  json["fit"] = name_of(preprocess.fit, fit_names);
  if (preprocess.crop) json["crop"] = *preprocess.crop;
  json["resize"] = name_of(preprocess.resize, resize_names);
  json["color"] = name_of(preprocess.color, color_names);
  json["mean"] = preprocess.mean;
  json["scale"] = preprocess.scale;
  if (preprocess.fill != Preprocess{}.fill) json["fill"] = preprocess.fill;
  return json;
}

Result<Preprocess> parse_preprocess(const Json& json, const std::string& where) {
  Preprocess preprocess;
  JsonFields fields(json, where);
  std::vector<double> size;
  std::vector<double> crop;
  fields.numbers("size", size, 2);
  fields.choice("fit", preprocess.fit, fit_names);
  fields.numbers("crop", crop, 4);
  fields.choice("resize", preprocess.resize, resize_names);
  fields.choice("color", preprocess.color, color_names);
  fields.numbers("mean", preprocess.mean, most_channels);
  fields.numbers("scale", preprocess.scale, most_channels);
  fields.real("fill", preprocess.fill, 0, 255);
  TRY(fields.finish());
  if (!size.empty() && (size.size() != 2 || !are_whole(size, 1, most_side)))
    return fail(Code::invalid, "{}: expected [width, height] of 1..{}", fields.path("size"),
                most_side);
  if (!crop.empty() &&
      (crop.size() != 4 || !are_whole(crop, 0, most_side) || crop[2] < 1 || crop[3] < 1))
    return fail(Code::invalid, "{}: expected [left, top, width, height] in pixels",
                fields.path("crop"));
  if (!size.empty()) {
    preprocess.width = static_cast<int>(size[0]);
    preprocess.height = static_cast<int>(size[1]);
  }
  if (!crop.empty()) {
    preprocess.crop.emplace();
    for (size_t i = 0; i < 4; ++i) (*preprocess.crop)[i] = static_cast<int>(crop[i]);
  }
  return preprocess;
}

Json to_json(const DecoderSettings& decoder) {
  Json json = {{"kind", name_of(decoder.kind, kind_names)}};
  const auto anchors = to_json(decoder.anchors);
  if (!anchors.empty()) json["anchors"] = anchors;
  json["score"] = decoder.score;
  json["iou"] = decoder.iou;
  json["suppress"] = name_of(decoder.suppress, suppression_names);
  json["most"] = decoder.most;
  return json;
}

Result<DecoderSettings> parse_decoder(const Json& json, const std::string& where) {
  DecoderSettings decoder;
  JsonFields fields(json, where);
  fields.choice("kind", decoder.kind, kind_names);
  fields.require("kind");
  decoder.score = default_score(decoder.kind);
  if (const auto* anchors = fields.member("anchors"))
    decoder.anchors = TRY(parse_anchors(*anchors, fields.path("anchors")));
  fields.real("score", decoder.score, 0, 1);
  fields.real("iou", decoder.iou, 0, 1);
  fields.choice("suppress", decoder.suppress, suppression_names);
  fields.integer("most", decoder.most, 1, 100'000);
  TRY(fields.finish());
  return decoder;
}

}  // namespace turnstone
