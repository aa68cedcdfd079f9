#include "station/field.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace turnstone {
namespace {

// What reading one value needs.
struct Slot {
  Reading& reading;
  std::string_view where;
  const TomlValue& value;
  std::string_view name;
  bool is_path;
  const Legal& legal;

  void wrong_kind(std::string_view wanted) const {
    reading.problem(value, "{}: '{}' is {}, not {}", where, name, kind_of(value), wanted);
  }
};

bool in_range(const Slot& slot, double number) {
  if (number >= slot.legal.least && number <= slot.legal.most) return true;
  if (std::isinf(slot.legal.most))
    slot.reading.problem(slot.value, "{}: '{}' is {}, at least {} is legal", slot.where, slot.name,
                         number, slot.legal.least);
  else
    slot.reading.problem(slot.value, "{}: '{}' is {}, {} to {} is legal", slot.where, slot.name,
                         number, slot.legal.least, slot.legal.most);
  return false;
}

bool is_choice(const Slot& slot, const std::string& text) {
  const auto& choices = slot.legal.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end())
    return true;
  const auto near = nearest(text, choices);
  slot.reading.problem(slot.value, "{}: '{}' is '{}', legal are {}{}", slot.where, slot.name,
                       printable(text), join(choices, ", "),
                       near.empty() ? "" : fmt::format("; did you mean '{}'", near));
  return false;
}

bool is_right(const Slot& slot, const std::string& text) {
  const auto why = slot.legal.why_not && !text.empty() ? slot.legal.why_not(text) : "";
  if (!why.empty()) slot.reading.problem(slot.value, "{}: {}: {}", slot.where, slot.name, why);
  return why.empty();
}

// Relative to the configuration's folder; to the working folder where the value was typed. "-" is
// a standard stream.
std::string resolved(const Slot& slot, const std::string& text) {
  if (!slot.is_path || text.empty() || text == "-" || slot.value.line == 0) return text;
  const std::filesystem::path path(text);
  return path.is_absolute() ? text : (slot.reading.folder / path).lexically_normal().string();
}

void read(const Slot& slot, std::string* into) {
  const auto* text = std::get_if<std::string>(&slot.value.content);
  if (!text && !slot.value.text.empty()) text = &slot.value.text;
  if (!text) return slot.wrong_kind("a text");
  if (text->find('\0') != std::string::npos)
    return slot.reading.problem(slot.value, "{}: '{}' holds a zero byte", slot.where, slot.name);
  if (slot.legal.required && text->empty())
    return slot.reading.problem(slot.value, "{}: '{}' is empty", slot.where, slot.name);
  if (is_choice(slot, *text) && is_right(slot, *text)) *into = resolved(slot, *text);
}

void read(const Slot& slot, bool* into) {
  if (const auto* truth = std::get_if<bool>(&slot.value.content))
    *into = *truth;
  else
    slot.wrong_kind("true or false");
}

bool read_whole(const Slot& slot, int64_t& into) {
  const auto* whole = std::get_if<int64_t>(&slot.value.content);
  if (!whole) {
    slot.wrong_kind("a whole number");
    return false;
  }
  into = *whole;
  return in_range(slot, static_cast<double>(into));
}

void read(const Slot& slot, int* into) {
  int64_t whole = 0;
  if (!read_whole(slot, whole)) return;
  if (whole < std::numeric_limits<int>::min() || whole > std::numeric_limits<int>::max())
    return slot.reading.problem(slot.value, "{}: '{}' is {}, which is out of range", slot.where,
                                slot.name, whole);
  *into = static_cast<int>(whole);
}

void read(const Slot& slot, int64_t* into) {
  int64_t whole = 0;
  if (read_whole(slot, whole)) *into = whole;
}

void read(const Slot& slot, std::chrono::milliseconds* into) {
  int64_t whole = 0;
  if (read_whole(slot, whole)) *into = std::chrono::milliseconds(whole);
}

void read(const Slot& slot, double* into) {
  double number = 0;
  if (const auto* real = std::get_if<double>(&slot.value.content))
    number = *real;
  else if (const auto* whole = std::get_if<int64_t>(&slot.value.content))
    number = static_cast<double>(*whole);
  else
    return slot.wrong_kind("a number");
  if (!std::isfinite(number))
    return slot.reading.problem(slot.value, "{}: '{}' is not a finite number", slot.where,
                                slot.name);
  if (in_range(slot, number)) *into = number;
}

void read(const Slot& slot, std::vector<std::string>* into) {
  const auto* items = std::get_if<TomlArray>(&slot.value.content);
  if (!items) return slot.wrong_kind("a list of texts");
  std::vector<std::string> texts;
  for (const auto& item : *items) {
    const Slot inner{slot.reading, slot.where, item, slot.name, slot.is_path, slot.legal};
    std::string text;
    read(inner, &text);
    texts.push_back(std::move(text));
  }
  *into = std::move(texts);
}

std::string in_quotes(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made + "\"";
}

struct Printer {
  std::string operator()(const std::string* text) const { return in_quotes(*text); }
  std::string operator()(const bool* truth) const { return *truth ? "true" : "false"; }
  std::string operator()(const int* whole) const { return fmt::format("{}", *whole); }
  std::string operator()(const int64_t* whole) const { return fmt::format("{}", *whole); }
  std::string operator()(const double* number) const { return fmt::format("{}", *number); }
  std::string operator()(const std::chrono::milliseconds* time) const {
    return fmt::format("{}", time->count());
  }
  std::string operator()(const std::vector<std::string>* texts) const {
    std::vector<std::string> parts;
    for (const auto& text : *texts) parts.push_back(in_quotes(text));
    return "[" + join(parts, ", ") + "]";
  }
};

}  // namespace

std::string Reading::place(const TomlValue& value) const {
  return value.line > 0 ? fmt::format("{}:{}", file, value.line) : "--set";
}

void read_field(Reading& reading, std::string_view where, const TomlValue& value,
                std::string_view name, bool is_path, const Legal& legal, FieldTarget target) {
  const Slot slot{reading, where, value, name, is_path, legal};
  std::visit([&](auto* into) { read(slot, into); }, target);
}

void check_keys(Reading& reading, std::string_view where, const TomlTable& table,
                std::span<const std::string> known) {
  for (size_t i = 0; i < table.keys.size(); ++i) {
    if (std::find(known.begin(), known.end(), table.keys[i]) != known.end()) continue;
    const auto near = nearest(table.keys[i], known);
    std::vector<std::string> legal(known.begin(), known.end());
    reading.problem(
        table.values[i], "{}: key '{}' is unknown, {}", where, printable(table.keys[i]),
        near.empty() ? "legal are " + join(legal, ", ") : fmt::format("did you mean '{}'", near));
  }
}

std::string print_target(const FieldTarget& target) { return std::visit(Printer{}, target); }

std::string print_field(std::string_view name, const FieldTarget& target, std::string_view unit,
                        std::string_view doc, const Legal& legal) {
  std::vector<std::string> notes;
  if (!unit.empty()) notes.emplace_back(unit);
  if (legal.required) notes.emplace_back("required");
  if (!legal.choices.empty()) notes.push_back(join(legal.choices, " | "));
  if (!std::isinf(legal.most))
    notes.push_back(fmt::format("{} to {}", legal.least, legal.most));
  else if (!std::isinf(legal.least))
    notes.push_back(fmt::format("at least {}", legal.least));
  const auto note = notes.empty() ? "" : fmt::format(" ({})", join(notes, "; "));
  return fmt::format("{:<34} # {}{}\n", fmt::format("{} = {}", name, print_target(target)), doc,
                     note);
}

}  // namespace turnstone
