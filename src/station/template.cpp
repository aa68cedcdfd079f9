#include "station/template.h"

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "base/number.h"
#include "base/text.h"
#include "station/finding.h"

namespace turnstone {
namespace {

// The digits of a format as a number; -1 when it is none from 0 to 20.
int parse_digits(std::string_view text) {
  int number = -1;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    number = std::max(number, 0) * 10 + (c - '0');
    if (number > 20) return -1;
  }
  return number;
}

void add_time(TemplateValues& values, std::chrono::system_clock::time_point when) {
  const auto since = when.time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  values["year"] = int64_t{parts.tm_year} + 1900;
  values["month"] = int64_t{parts.tm_mon} + 1;
  values["day"] = int64_t{parts.tm_mday};
  values["hour"] = int64_t{parts.tm_hour};
  values["minute"] = int64_t{parts.tm_min};
  values["second"] = int64_t{parts.tm_sec};
  values["epoch"] = ms / 1000;
  values["epoch_ms"] = ms;
  values["time"] = print_time(when);
}

std::string quoted(const std::string& text, Quoting quoting) {
  if (quoting == Quoting::none) return text;
  const auto json = print_json(Json(text));
  return json.substr(1, json.size() - 2);
}

}  // namespace

const std::vector<std::string>& template_names() {
  static const std::vector<std::string> names = {
      "label",  "class",    "score", "index",   "left",    "top",    "right",
      "bottom", "source",   "model", "frame",   "picture", "stem",   "part",
      "id",     "year",     "month", "day",     "hour",    "minute", "second",
      "epoch",  "epoch_ms", "time",  "message", "of",      "track",  "thing"};
  return names;
}

Result<Template> Template::parse(std::string_view text) {
  Template made;
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) made.pieces_.push_back({.text = std::exchange(plain, "")});
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if (text[i] != '{' && text[i] != '}') {
      plain += text[i];
    } else if (doubled) {
      plain += text[i++];
    } else {
      const auto end = text.find('}', i);
      if (text[i] == '}' || end == text.npos)
        return fail(Code::invalid, "'{}' has a brace without its other, write {{{{ or }}}} for one",
                    printable(text));
      flush();
      auto name = text.substr(i + 1, end - i - 1);
      Piece piece{.text = "", .is_value = true};
      if (const auto colon = name.find(':'); colon != name.npos) {
        const auto format = name.substr(colon + 1);
        const bool is_real = format.starts_with('.');
        const int digits = parse_digits(is_real ? format.substr(1) : format);
        if (digits < 0)
          return fail(Code::invalid, "'{}' is no format of '{}', legal are such as 05 and .2",
                      printable(format), printable(name.substr(0, colon)));
        (is_real ? piece.decimals : piece.zeros) = digits;
        name = name.substr(0, colon);
      }
      piece.text = name;
      const auto& known = template_names();
      if (std::ranges::count(known, piece.text) == 0) {
        const auto near = nearest(name, known);
        return fail(Code::invalid, "'{{{}}}' is no value of an outcome, {}", printable(name),
                    near.empty() ? "legal are " + join(known, ", ")
                                 : fmt::format("did you mean '{{{}}}'", near));
      }
      made.pieces_.push_back(std::move(piece));
      i = end;
    }
  }
  flush();
  return made;
}

bool Template::wants_finding() const {
  static const std::vector<std::string> names = {"label", "class", "score", "left",
                                                 "top",   "right", "bottom"};
  return std::ranges::any_of(pieces_, [](const Piece& piece) {
    return piece.is_value && std::ranges::count(names, piece.text) > 0;
  });
}

std::string Template::print(const TemplateValues& values, Quoting quoting) const {
  std::string made;
  for (const auto& piece : pieces_) {
    const auto found = piece.is_value ? values.find(piece.text) : values.end();
    if (!piece.is_value)
      made += piece.text;
    else if (found == values.end())
      continue;
    else if (const auto* text = std::get_if<std::string>(&found->second))
      made += quoted(*text, quoting);
    else if (const auto* whole = std::get_if<int64_t>(&found->second))
      made += fmt::format("{:0{}}", *whole, piece.zeros);
    else if (piece.decimals >= 0)
      made += fmt::format("{:.{}f}", std::get<double>(found->second), piece.decimals);
    else
      made += fmt::format("{}", std::get<double>(found->second));
  }
  return made;
}

TemplateValues values_of(const Outcome& outcome, size_t index) {
  TemplateValues values;
  const auto& scene = outcome.scene;
  values["source"] = scene.source;
  values["model"] = scene.model;
  values["frame"] = scene.sequence;
  values["picture"] = picture_name(scene);
  values["stem"] = std::filesystem::path(picture_name(scene)).stem().string();
  values["id"] = outcome.id;
  values["message"] = scene.message;
  if (scene.piece) values["of"] = scene.piece->of;
  values["index"] = static_cast<int64_t>(index);
  if (outcome.verdict) values["part"] = outcome.verdict->part;
  add_time(values, scene.wall);
  const auto findings = findings_of(outcome);
  if (index >= findings.size()) return values;
  const auto& finding = findings[index];
  values["label"] = finding.word;
  values["class"] = int64_t{finding.label};
  values["score"] = rounded(finding.score);
  values["left"] = rounded(finding.box.left);
  values["top"] = rounded(finding.box.top);
  values["right"] = rounded(finding.box.right);
  values["bottom"] = rounded(finding.box.bottom);
  if (finding.track >= 0) values["track"] = int64_t{finding.track};
  return values;
}

}  // namespace turnstone
