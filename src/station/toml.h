// TOML as a plain tree that remembers its lines. toml++ ends here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace turnstone {

struct TomlValue;

// In the order of the text.
struct TomlTable {
  std::vector<std::string> keys;
  std::vector<TomlValue> values;

  // The value of `key`, or nullptr. Lives as long as the table is not changed.
  const TomlValue* find(std::string_view key) const;
  TomlValue* find(std::string_view key);
  // Replaces or appends.
  TomlValue& set(std::string key, TomlValue value);
};

// Values in the order of the file.
using TomlArray = std::vector<TomlValue>;

struct TomlValue {
  std::variant<bool, int64_t, double, std::string, TomlArray, TomlTable> content;
  int line = 0;      // counts from 1; 0: the value comes from the command line
  std::string text;  // as typed on the command line, else ""
};

// Errors: invalid, with `FILE:LINE: ` in front. Dates and times are refused: nothing here has one.
Result<TomlTable> parse_toml(std::string_view text, std::string_view file);

// What a value given on the command line means: TOML where it is a TOML value, else a text.
TomlValue parse_toml_value(std::string_view text);

// "a whole number", "a text", ...: for messages.
std::string_view kind_of(const TomlValue& value);

}  // namespace turnstone
