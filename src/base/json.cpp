#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "base/files.h"
#include "base/text.h"

namespace turnstone {
namespace {

constexpr int deepest = 64;

struct Place {
  size_t line = 1;
  size_t column = 1;
};

Place place_of(std::string_view text, size_t byte) {
  Place place;
  for (size_t i = 0; i < byte && i < text.size(); ++i) {
    ++place.column;
    if (text[i] == '\n') place = {place.line + 1, 1};
  }
  return place;
}

std::string text_of(const Place& place, std::string_view file) {
  return file.empty() ? fmt::format("line {} column {}", place.line, place.column)
                      : fmt::format("{}:{}:{}", file, place.line, place.column);
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view file) {
  const auto not_json = [&](size_t byte) {
    return fail(Code::invalid, "{}: not JSON", text_of(place_of(text, byte), file));
  };
  const auto where = file.empty() ? "JSON" : fmt::format("{}: JSON", file);
  // A zero byte ends the text to nlohmann-json, which would pass over whatever stands behind it.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) return not_json(zero);
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t event, Json&) {
    using Event = Json::parse_event_t;
    const bool opens = event == Event::array_start || event == Event::object_start;
    too_deep |= opens && depth >= deepest;
    return !too_deep;
  };
  try {
    auto value = Json::parse(text, watch);
    if (too_deep) return fail(Code::invalid, "{} is nested deeper than {} levels", where, deepest);
    return value;
  } catch (const Json::parse_error& error) {
    return not_json(error.byte > 0 ? error.byte - 1 : 0);
  } catch (const Json::exception&) {
    return fail(Code::invalid, "{} holds a number that is out of range", where);
  }
}

Result<Json> read_json(const std::filesystem::path& path) {
  const auto text = TRY(read_text(path, size_t{1} << 30));
  return parse_json(text, path.string());
}

namespace {

// The shortest text that reads back as the same number, which nlohmann-json does not always find.
void append_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char text[32];
  const std::string_view digits(text, std::to_chars(text, std::end(text), value).ptr);
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

// Most texts stand as they are between quotes; a serializer for each would cost more than they do.
void append_text(std::string& out, const std::string& text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
  if (plain)
    out.append(1, '"').append(text).append(1, '"');
  else
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_line(std::string& out, int depth) {
  if (depth < 0) return;
  out += '\n';
  out.append(static_cast<size_t>(depth) * 2, ' ');
}

// With `depth` below 0 all of it on one line.
void append(std::string& out, const Json& value, int depth) {
  if (value.is_number_float()) return append_real(out, value.get<double>());
  if (value.is_string()) return append_text(out, value.get_ref<const std::string&>());
  if (!value.is_structured() || value.empty()) {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const int inner = depth < 0 ? depth : depth + 1;
  out += value.is_object() ? '{' : '[';
  for (auto item = value.begin(); item != value.end(); ++item) {
    if (item != value.begin()) out += ',';
    append_line(out, inner);
    if (value.is_object()) {
      append_text(out, item.key());
      out += depth < 0 ? ":" : ": ";
    }
    append(out, *item, inner);
  }
  append_line(out, depth);
  out += value.is_object() ? '}' : ']';
}

}  // namespace

std::string print_json(const Json& value) {
  std::string text;
  append(text, value, -1);
  return text;
}

std::string print_json_pretty(const Json& value) {
  std::string text;
  append(text, value, 0);
  return text + "\n";
}

namespace {

Result<const Json*> member(const Json& object, std::string_view key) {
  if (!object.is_object()) return fail(Code::invalid, "expected an object with '{}'", key);
  const auto found = object.find(key);
  if (found == object.end()) return fail(Code::missing, "key '{}' is missing", key);
  return &*found;
}

}  // namespace

template <>
Result<bool> json_get<bool>(const Json& object, std::string_view key) {
  const auto* value = TRY(member(object, key));
  if (!value->is_boolean()) return fail(Code::invalid, "'{}' is not true or false", key);
  return value->get<bool>();
}

template <>
Result<int64_t> json_get<int64_t>(const Json& object, std::string_view key) {
  const auto* value = TRY(member(object, key));
  if (value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{INT64_MAX})
    return fail(Code::invalid, "'{}' is out of range", key);
  if (value->is_number_integer()) return value->get<int64_t>();
  if (value->is_number_float()) {
    const auto real = value->get<double>();
    if (std::trunc(real) == real && std::fabs(real) < 9e15) return static_cast<int64_t>(real);
  }
  return fail(Code::invalid, "'{}' is not a whole number", key);
}

template <>
Result<double> json_get<double>(const Json& object, std::string_view key) {
  const auto* value = TRY(member(object, key));
  if (!value->is_number()) return fail(Code::invalid, "'{}' is not a number", key);
  return value->get<double>();
}

template <>
Result<std::string> json_get<std::string>(const Json& object, std::string_view key) {
  const auto* value = TRY(member(object, key));
  if (!value->is_string()) return fail(Code::invalid, "'{}' is not a text", key);
  return value->get<std::string>();
}

template <>
Result<Json> json_get<Json>(const Json& object, std::string_view key) {
  return *TRY(member(object, key));
}

}  // namespace turnstone
