#include <algorithm>
#include <cmath>

#include "vision/decoders.h"
#include "vision/json_fields.h"
#include "vision/settings_json.h"

namespace turnstone {
namespace {

constexpr size_t most_gallery = 100'000;
constexpr size_t most_vector = 16'384;

// The names of the kinds, as JsonFields wants them.
struct KindNames {
  const char* names[std::size(decoder_rows)] = {};
  constexpr KindNames() {
    for (size_t i = 0; i < std::size(decoder_rows); ++i) names[i] = decoder_rows[i].name;
  }
};
constexpr KindNames kinds;

constexpr const char* suppression_names[] = {"none", "hard", "weighted"};
constexpr const char* preset_names[] = {"", "front", "back", "full", "yolov3", "yolov4"};
constexpr const char* form_names[] = {"",        "exponential", "squared", "distribution",
                                      "offsets", "rows",        "columns", "final"};
constexpr const char* units_names[] = {"pixels", "fractions"};

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

Result<GalleryEntry> parse_entry(const Json& json, const std::string& where) {
  GalleryEntry entry;
  std::vector<double> vector;
  JsonFields fields(json, where);
  fields.text("label", entry.label);
  fields.numbers("vector", vector, most_vector);
  for (const auto* key : {"label", "vector"}) fields.require(key);
  TRY(fields.finish());
  for (const auto value : vector) entry.vector.push_back(static_cast<float>(value));
  return entry;
}

Json to_json(const std::vector<GalleryEntry>& gallery) {
  auto list = Json::array();
  for (const auto& entry : gallery)
    list.push_back({{"label", entry.label}, {"vector", entry.vector}});
  return list;
}

// A file that lies in the package's own folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
}

Result<> parse_gallery_member(JsonFields& fields, DecoderSettings& decoder) {
  const auto* gallery = fields.member("gallery");
  if (!gallery) return {};
  if (!gallery->is_string()) {
    decoder.gallery = TRY(parse_gallery(*gallery, fields.path("gallery")));
    return {};
  }
  decoder.gallery_file = gallery->get<std::string>();
  if (!is_plain_name(decoder.gallery_file))
    return fail(Code::invalid, "{}: expected a list or the name of a file in the package",
                fields.path("gallery"));
  return {};
}

Result<> parse_range(JsonFields& fields, std::array<double, 2>& range) {
  std::vector<double> read;
  fields.numbers("range", read, 2);
  if (read.empty()) return {};
  if (read.size() != 2 || !(read[0] < read[1]))
    return fail(Code::invalid, "{}: expected two numbers that rise", fields.path("range"));
  range = {read[0], read[1]};
  return {};
}

// A number for all maps, or a list with one for each.
Result<> parse_scale_xy(JsonFields& fields, std::vector<double>& scales) {
  constexpr size_t most_maps = 16;
  const auto* member = fields.member("scale_xy");
  if (member && member->is_array())
    fields.numbers("scale_xy", scales, most_maps);
  else
    fields.real("scale_xy", scales.front(), 1, 4);
  const auto is_legal = [](double scale) { return scale >= 1 && scale <= 4; };
  if (!std::ranges::all_of(scales, is_legal))
    return fail(Code::invalid, "{}: legal are numbers 1..4", fields.path("scale_xy"));
  return {};
}

// What differs from the default; keys that only some kinds read.
void add_special(Json& json, const DecoderSettings& decoder) {
  const DecoderSettings plain;
  if (decoder.agnostic) json["agnostic"] = true;
  if (decoder.form != plain.form) json["form"] = form_names[static_cast<int>(decoder.form)];
  if (decoder.layout != plain.layout)
    json["layout"] = layout_names[static_cast<int>(decoder.layout)];
  if (decoder.units != plain.units) json["units"] = units_names[static_cast<int>(decoder.units)];
  if (decoder.temperature != plain.temperature) json["temperature"] = decoder.temperature;
  if (decoder.keypoints != plain.keypoints) json["keypoints"] = decoder.keypoints;
  if (decoder.scale_xy.size() > 1)
    json["scale_xy"] = decoder.scale_xy;
  else if (decoder.scale_xy != plain.scale_xy)
    json["scale_xy"] = decoder.scale_xy.front();
  if (decoder.percentile != plain.percentile) json["percentile"] = decoder.percentile;
  if (decoder.range != plain.range) json["range"] = decoder.range;
  if (!decoder.gallery_file.empty())
    json["gallery"] = decoder.gallery_file;
  else if (!decoder.gallery.empty())
    json["gallery"] = to_json(decoder.gallery);
}

Result<> parse_special(JsonFields& fields, DecoderSettings& decoder) {
  fields.boolean("agnostic", decoder.agnostic);
  fields.choice("form", decoder.form, form_names);
  fields.choice("layout", decoder.layout, layout_names);
  fields.choice("units", decoder.units, units_names);
  fields.real("temperature", decoder.temperature, 1e-3, 1e3);
  fields.integer("keypoints", decoder.keypoints, 0, 1000);
  TRY(parse_scale_xy(fields, decoder.scale_xy));
  fields.real("percentile", decoder.percentile, 0, 100);
  TRY(parse_range(fields, decoder.range));
  return parse_gallery_member(fields, decoder);
}

}  // namespace

Json to_json(const DecoderSettings& decoder) {
  Json json = {{"kind", row_of(decoder.kind).name}};
  const auto anchors = to_json(decoder.anchors);
  if (!anchors.empty()) json["anchors"] = anchors;
  json["score"] = decoder.score;
  json["iou"] = decoder.iou;
  json["suppress"] = suppression_names[static_cast<int>(decoder.suppress)];
  json["most"] = decoder.most;
  add_special(json, decoder);
  return json;
}

Result<std::vector<GalleryEntry>> parse_gallery(const Json& json, const std::string& where) {
  if (!json.is_array() || json.size() > most_gallery)
    return fail(Code::invalid, "{}: expected a list of at most {} labels with vectors", where,
                most_gallery);
  std::vector<GalleryEntry> gallery;
  for (const auto& entry : json)
    gallery.push_back(TRY(parse_entry(entry, fmt::format("{}[{}]", where, gallery.size()))));
  return gallery;
}

Result<DecoderSettings> parse_decoder(const Json& json, const std::string& where) {
  DecoderSettings decoder;
  JsonFields fields(json, where);
  fields.choice("kind", decoder.kind, kinds.names);
  fields.require("kind");
  decoder.score = default_score(decoder.kind);
  if (const auto* anchors = fields.member("anchors"))
    decoder.anchors = TRY(parse_anchors(*anchors, fields.path("anchors")));
  fields.real("score", decoder.score, 0, 1);
  fields.real("iou", decoder.iou, 0, 1);
  fields.choice("suppress", decoder.suppress, suppression_names);
  fields.integer("most", decoder.most, 1, 100'000);
  TRY(parse_special(fields, decoder));
  TRY(fields.finish());
  return decoder;
}

}  // namespace turnstone
