#include "vision/settings_json.h"

#include <cmath>

#include "media/image.h"
#include "media/samples.h"
#include "vision/json_fields.h"

namespace turnstone {
namespace {

constexpr const char* fit_names[] = {"stretch", "letterbox", "crop"};
constexpr const char* resize_names[] = {"bilinear", "area"};
constexpr const char* color_names[] = {"rgb", "bgr", "gray"};

constexpr const char* order_names[] = {"channels", "steps"};

constexpr size_t most_colors = 4;

template <class Choice, size_t Count>
const char* name_of(Choice value, const char* const (&names)[Count]) {
  return names[static_cast<size_t>(value)];
}

bool are_whole(const std::vector<double>& values, double least, double most) {
  for (const auto value : values)
    if (std::trunc(value) != value || value < least || value > most) return false;
  return true;
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
  fields.numbers("mean", preprocess.mean, most_colors);
  fields.numbers("scale", preprocess.scale, most_colors);
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

Json to_json(const Windowing& windowing) {
  return {{"order", order_names[windowing.steps_first ? 1 : 0]},
          {"mean", windowing.mean},
          {"scale", windowing.scale}};
}

Result<Windowing> parse_windowing(const Json& json, const std::string& where) {
  Windowing windowing;
  JsonFields fields(json, where);
  size_t order = 0;
  fields.choice("order", order, order_names);
  fields.numbers("mean", windowing.mean, most_channels);
  fields.numbers("scale", windowing.scale, most_channels);
  TRY(fields.finish());
  windowing.steps_first = order == 1;
  return windowing;
}

}  // namespace turnstone
