// JSON through nlohmann-json, whose exceptions end here.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

// Objects keep the order in which keys were written.
using Json = nlohmann::ordered_json;

// Parses one JSON document, the content of `file` if that is given. Errors: invalid, with the file,
// line and column; deeper than 64 levels is refused before it can exhaust the stack.
Result<Json> parse_json(std::string_view text, std::string_view file = {});
Result<Json> read_json(const std::filesystem::path& path);

// One line, no blanks, of each number the shortest text that reads back as it; bytes that are not
// UTF-8 become U+FFFD.
std::string print_json(const Json& value);

// Several lines, indented by two blanks, with a line end.
std::string print_json_pretty(const Json& value);

// The member `key` of an object as T. Errors: missing (no such key), invalid (another type).
// Numbers convert to whole ones only when nothing is lost. T: bool, int64_t, double, std::string,
// Json.
template <class T>
Result<T> json_get(const Json& object, std::string_view key);

// The same, with a value for an absent key.
template <class T>
Result<T> json_get_or(const Json& object, std::string_view key, T otherwise) {
  if (!object.is_object() || !object.contains(key)) return otherwise;
  return json_get<T>(object, key);
}

}  // namespace turnstone
