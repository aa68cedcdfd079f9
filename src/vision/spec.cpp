// The SPEC texts of the command line: rewritten as the JSON of model.json, so that both have the
// same keys, checks and messages.
#include <algorithm>
#include <cmath>

#include "base/number.h"
#include "base/text.h"
#include "vision/model_info.h"
#include "vision/settings_json.h"

namespace turnstone {
namespace {

const std::string presets[] = {"imagenet", "unit", "signed", "raw"};

// What a name stands for; ImageNet's are the means and deviations of its pictures on 0..1.
void apply_preset(Json& json, std::string_view name) {
  if (name == "raw") {
    json["mean"] = {0};
    json["scale"] = {1};
  } else if (name == "unit") {
    json["mean"] = {0};
    json["scale"] = {1.0 / 255};
  } else if (name == "signed") {
    json["mean"] = {127.5};
    json["scale"] = {1 / 127.5};
  } else {
    const bool reversed = json["color"] == "bgr";
    std::vector<double> mean = {0.485 * 255, 0.456 * 255, 0.406 * 255};
    std::vector<double> scale = {1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)};
    if (reversed) {
      std::swap(mean[0], mean[2]);
      std::swap(scale[0], scale[2]);
    }
    json["mean"] = mean;
    json["scale"] = scale;
  }
}

// A number, a list of numbers separated by `:`, or a text. Whole numbers stay whole.
Json value_of(std::string_view text, bool is_list) {
  const auto one = [](std::string_view piece) -> Json {
    const auto number = find_number<double>(piece);
    if (!number) return std::string(piece);
    if (std::fabs(*number) < 1e9 && std::trunc(*number) == *number)
      return static_cast<int32_t>(*number);
    return *number;
  };
  if (!is_list && (text == "true" || text == "false")) return text == "true";
  if (!is_list) return one(text);
  Json list = Json::array();
  for (const auto& piece : split(text, ':')) list.push_back(one(piece));
  return list;
}

struct Pair {
  std::string key;
  std::string value;  // "" and `bare` for a word without `=`
  bool bare = false;
};

Result<std::vector<Pair>> pairs_of(std::string_view text) {
  std::vector<Pair> pairs;
  for (const auto& raw : split(text, ',')) {
    const auto piece = trim(raw);
    const auto equals = piece.find('=');
    if (piece.empty() || equals == 0 || equals == piece.size() - 1)
      return fail(Code::invalid, "'{}' is wrong, expected key=value pairs separated by commas",
                  printable(text, 80));
    if (equals == std::string_view::npos)
      pairs.push_back({std::string(piece), "", true});
    else
      pairs.push_back(
          {std::string(piece.substr(0, equals)), std::string(piece.substr(equals + 1)), false});
  }
  return pairs;
}

}  // namespace

Result<Preprocess> parse_preprocess_spec(std::string_view text, const Preprocess& before) {
  auto json = to_json(before);
  const auto pairs = TRY(pairs_of(text), "--preprocess");
  std::string preset;
  for (const auto& pair : pairs) {
    const auto& key = pair.key;
    if (!pair.bare) {
      json[key] =
          value_of(pair.value, key == "size" || key == "crop" || key == "mean" || key == "scale");
      continue;
    }
    if (std::ranges::find(presets, key) == std::end(presets)) {
      const auto near = nearest(key, presets);
      const bool is_number = key.find_first_not_of("+-.0123456789") == std::string::npos;
      return fail(Code::invalid, "--preprocess: '{}' is wrong, {}", printable(key, 60),
                  is_number      ? "numbers of a list are separated by ':'"
                  : near.empty() ? fmt::format("legal are {} and key=value", join(presets, ", "))
                                 : fmt::format("did you mean '{}'", near));
    }
    preset = key;
  }
  // The preset comes first, so that a pair overrides it wherever it stands.
  if (!preset.empty()) {
    apply_preset(json, preset);
    for (const auto& pair : pairs)
      if (!pair.bare && (pair.key == "mean" || pair.key == "scale"))
        json[pair.key] = value_of(pair.value, true);
  }
  return parse_preprocess(json, "--preprocess");
}

Result<DecoderSettings> parse_decoder_spec(std::string_view text, const DecoderSettings& before) {
  auto json = to_json(before);
  const auto pairs = TRY(pairs_of(text), "--decoder");
  constexpr std::string_view within = "anchors.";
  for (const auto& pair : pairs) {
    const auto& key = pair.key;
    // Another kind brings its own default score.
    if (pair.bare || key == "kind") {
      json["kind"] = pair.bare ? key : pair.value;
      json.erase("score");
    }
  }
  for (const auto& pair : pairs) {
    const auto& key = pair.key;
    if (pair.bare || key == "kind") continue;
    if (key == "anchors")
      json["anchors"]["preset"] = pair.value;
    else if (key.starts_with(within))
      json["anchors"][key.substr(within.size())] = value_of(pair.value, key == "anchors.variances");
    else
      json[key] =
          value_of(pair.value, key == "range" || (key == "scale_xy" && pair.value.contains(':')));
  }
  return parse_decoder(json, "--decoder");
}

}  // namespace turnstone
