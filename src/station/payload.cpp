#include "station/payload.h"

#include <algorithm>
#include <cmath>

#include "base/base64.h"
#include "base/number.h"
#include "base/text.h"
#include "station/finding.h"
#include "station/pair.h"
#include "station/picture_text.h"

namespace turnstone {

// The shapes themselves. Numbers have the digits and the types that each system's own messages
// have, texts of numbers included.
struct Shapes {
  using Text = std::optional<std::string>;

  static std::string word(const Payload& payload, const Finding& finding) {
    return payload.word(finding.word);
  }

  static Text natural(const Payload& payload, const Outcome& outcome) {
    return outcome.verdict ? verdict(payload, outcome) : scene(payload, outcome);
  }

  static Text scene(const Payload&, const Outcome& outcome) { return print_outcome(outcome); }

  static std::optional<Finding> best(const Outcome& outcome) {
    auto findings = findings_of(outcome);
    if (findings.empty()) return {};
    return findings.front();
  }

  static Json picture(const Outcome& outcome) {
    const bool judged = !outcome.verdict || outcome.verdict->frames > 0;
    return judged ? Json(picture_name(outcome.scene)) : Json(nullptr);
  }

  static Text verdict(const Payload& payload, const Outcome& outcome) {
    const auto found = best(outcome).value_or(Finding{.word = word_of(*outcome.model, -1)});
    Json json;
    json["image"] = picture(outcome);
    json["result"] = word(payload, found);
    json["confidence"] = rounded(found.score);
    return print_json(json);
  }

  static Text turntable(const Payload& payload, const Outcome& outcome) {
    const auto found = best(outcome).value_or(Finding{.word = word_of(*outcome.model, -1)});
    Json json;
    json["image"] = picture(outcome);
    json["result"] = word(payload, found);
    return print_json(json);
  }

  static Text prediction(const Payload& payload, const Outcome& outcome) {
    const auto found = best(outcome);
    if (!found) return {};
    Json json;
    json["confidence"] = rounded(found->score);
    json["prediction"] = word(payload, *found);
    return print_json(json);
  }

  static Text predictions(const Payload& payload, const Outcome& outcome) {
    auto list = Json::array();
    for (const auto& found : findings_of(outcome)) {
      Json json;
      json["confidence"] = fmt::format("{}", rounded(found.score));
      json["prediction"] = word(payload, found);
      json["image_name"] = picture_name(outcome.scene);
      list.push_back(std::move(json));
    }
    return print_json(list);
  }

  static Text keyed(const Payload& payload, const Outcome& outcome) {
    const auto found = best(outcome);
    if (!found) return {};
    Json json;
    const auto label = word(payload, *found);
    const bool unknown = lower(label) == "unknown";
    json[payload.options_.key.empty() ? "label" : payload.options_.key] =
        unknown ? "unknown" : label;
    json["confidence"] = fmt::format("{:.2f}", found->score);
    if (unknown) json["url"] = "";
    return print_json(json);
  }

  // One message a frame, faces or none. The original repeats a key for each thing of a class; a
  // key stands once here, with the highest score, and "all" has them all.
  static Text deeplens_a(const Payload& payload, const Outcome& outcome) {
    Json json = Json::object();
    auto all = Json::array();
    for (const auto& found : findings_of(outcome)) {
      const auto key = payload.words_.empty() ? std::to_string(found.label) : word(payload, found);
      const double score = std::round(static_cast<double>(found.score) * 100) / 100;
      if (!json.contains(key)) json[key] = score;
      all.push_back(Json::array({key, score}));
    }
    json["null"] = 0.0;
    if (!all.empty()) json["all"] = std::move(all);
    return print_json(json);
  }

  // Nothing where nothing was found.
  static Text deeplens_b(const Payload& payload, const Outcome& outcome) {
    Json json = Json::object();
    for (const auto& found : findings_of(outcome)) {
      const auto key = word(payload, found);
      if (!json.contains(key)) json[key] = rounded(found.score);
    }
    if (json.empty()) return {};
    return print_json(json);
  }

  // The first thing with its piece of the picture.
  static Text deeplens_crop(const Payload& payload, const Outcome& outcome) {
    const auto found = best(outcome);
    if (!found || !outcome.frame.planes[0].data) return {};
    const auto jpeg = find_jpeg(crop_of(outcome.frame, found->box), 90);
    if (!jpeg) return {};
    Json json;
    json[word(payload, *found)] = print_base64(std::as_bytes(std::span(*jpeg)));
    json["confidence"] = rounded(found->score);
    return print_json(json);
  }

  // The score is 0..1, which an extra key says: the original's texts do not agree on a scale.
  static Text greengrass(const Payload& payload, const Outcome& outcome) {
    auto results = Json::array();
    const bool boxes = !outcome.verdict && !classifies(outcome.scene, *outcome.model);
    const auto pixels = [](float share, int size) {
      return static_cast<int>(std::lround(share * static_cast<float>(size)));
    };
    for (const auto& found : findings_of(outcome)) {
      Json json;
      json["Label"] = word(payload, found);
      json["Score"] = fmt::format("{}", rounded(found.score));
      const auto& [left, top, right, bottom] = found.box;
      const int width = outcome.frame.width, height = outcome.frame.height;
      if (boxes && width > 0)
        json["Boundaries"] = fmt::format("[{} {} {} {}]", pixels(left, width), pixels(top, height),
                                         pixels(right, width), pixels(bottom, height));
      results.push_back(std::move(json));
    }
    auto time = print_time(outcome.scene.wall);  // 2026-11-21T08:15:00.250Z
    time[10] = ' ';
    time.replace(time.size() - 1, 1, "000");
    Json json;
    json["timestamp"] = time;
    json["inference-type"] = boxes ? "object-detection" : "image-classification";
    json["inference-description"] =
        fmt::format("Top {} predictions with score 0.3 or above ", outcome.top);
    json["inference-results"] = std::move(results);
    json["score-unit"] = "0..1";
    return print_json(json);
  }

  static Text from_template(const Payload& payload, const Outcome& outcome) {
    auto values = values_of(outcome);
    if (payload.template_->wants_finding() && !values.contains("label")) return {};
    if (auto label = values.find("label"); label != values.end())
      label->second = payload.word(std::get<std::string>(label->second));
    return payload.template_->print(values, Quoting::json);
  }
};

std::span<const PayloadShape> payload_shapes() {
  static constexpr PayloadShape shapes[] = {
      {"verdict", "{\"image\",\"result\",\"confidence\"}", Shapes::verdict},
      {"scene", "the line of the jsonl sink", Shapes::scene},
      {"turntable", "{\"image\",\"result\"} of the defect demo's inference function",
       Shapes::turntable},
      {"prediction", "{\"confidence\",\"prediction\"} of the inference accelerator's connector",
       Shapes::prediction},
      {"predictions", "a list of them with texts as numbers, of its long-running function",
       Shapes::predictions},
      {"keyed", "{KEY,\"confidence\"} of the small GPU board's video analytics", Shapes::keyed},
      {"deeplens-a", "{\"1\":0.87,\"null\":0.0} of the face detection workshop",
       Shapes::deeplens_a},
      {"deeplens-b", "{\"face\":0.87} of the face detection project", Shapes::deeplens_b},
      {"deeplens-crop", "{\"face\":BASE64,\"confidence\"}", Shapes::deeplens_crop},
      {"greengrass", "{\"timestamp\",\"inference-type\",...} of the DLR and TFLite components",
       Shapes::greengrass},
      {"template", "what `template` says", Shapes::from_template},
  };
  return shapes;
}

std::vector<std::string> payload_names() {
  std::vector<std::string> names = {""};
  for (const auto& shape : payload_shapes()) names.emplace_back(shape.name);
  return names;
}

Result<std::pair<std::string, std::string>> parse_word(const std::string& text) {
  return parse_pair(text, "LABEL=WORD");
}

Result<Payload> Payload::make(const PayloadOptions& options) {
  Payload made;
  made.options_ = options;
  made.shape_ = Shapes::natural;
  if (!options.shape.empty()) {
    const auto shapes = payload_shapes();
    const auto found = std::ranges::find(shapes, options.shape, &PayloadShape::name);
    if (found == shapes.end())
      return fail(Code::invalid, "payload '{}' is unknown, legal are {}", printable(options.shape),
                  join(payload_names(), ", "));
    made.shape_ = found->print;
  }
  if ((options.shape == "template") == options.text.empty())
    return fail(Code::invalid, "template and payload = \"template\" belong together");
  if (!options.text.empty()) made.template_ = TRY(Template::parse(options.text), "template");
  for (const auto& text : options.words) {
    auto [label, word] = TRY(parse_word(text), "words");
    made.words_[std::move(label)] = std::move(word);
  }
  return made;
}

std::optional<std::string> Payload::print(const Outcome& outcome) const {
  return shape_(*this, outcome);
}

std::string Payload::word(const std::string& label) const {
  const auto found = words_.find(label);
  return found == words_.end() ? label : found->second;
}

}  // namespace turnstone
