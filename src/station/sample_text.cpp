#include "station/sample_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "media/samples.h"

namespace turnstone {
namespace {

constexpr size_t most_cells = 4096;

// One cell from `at` on, which is moved to the separator behind it or to the end.
Result<std::string> take_cell(std::string_view line, char separator, size_t& at) {
  const auto begin = line.find_first_not_of(" \t\r", at);
  if (begin == std::string_view::npos || line[begin] != '"' ||
      line.substr(at, begin - at).find(separator) != std::string_view::npos) {
    const auto end = std::min(line.find(separator, at), line.size());
    const auto cell = trim(line.substr(at, end - at));
    at = end;
    return std::string(cell);
  }
  std::string cell;
  for (at = begin + 1; at < line.size(); ++at) {
    if (line[at] != '"') {
      cell += line[at];
    } else if (at + 1 < line.size() && line[at + 1] == '"') {
      cell += line[at++];
    } else {
      const auto rest = line.substr(at + 1);
      const auto end = std::min(rest.find(separator), rest.size());
      if (!trim(rest.substr(0, end)).empty())
        return fail(Code::invalid, "'{}' stands behind a quote",
                    printable(rest.substr(0, end), 40));
      at += 1 + end;
      return cell;
    }
  }
  return fail(Code::invalid, "a quote does not end");
}

Result<float> number_of(const Json& value, std::string_view what) {
  if (value.is_string()) return TRY(parse_sample(value.get_ref<const std::string&>()), what);
  const double number = value.is_number() ? value.get<double>() : NAN;
  if (!(std::abs(number) <= std::numeric_limits<float>::max()))
    return fail(Code::invalid, "{}: '{}' is no number", what, printable(print_json(value), 40));
  return static_cast<float>(number);
}

// Of a piece of a JSON pointer (RFC 6901).
std::string name_of(std::string_view piece) {
  std::string name;
  for (size_t i = 0; i < piece.size(); ++i) {
    const bool is_escape = piece[i] == '~' && i + 1 < piece.size();
    name += !is_escape ? piece[i] : piece[++i] == '1' ? '/' : '~';
  }
  return name;
}

const Json* find_value(const Json& json, const std::string& key) {
  if (!key.starts_with('/')) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    return found == json.end() ? nullptr : &*found;
  }
  const auto* value = &json;
  for (const auto& written : split(std::string_view(key).substr(1), '/')) {
    const auto name = name_of(written);
    const auto index = find_number<size_t>(name);
    if (value->is_object() && value->contains(name)) {
      value = &(*value)[name];
    } else if (value->is_array() && index && *index < value->size()) {
      value = &(*value)[*index];
    } else {
      return nullptr;
    }
  }
  return value;
}

Result<std::vector<float>> numbers_at(const Json& json, std::span<const std::string> keys) {
  std::vector<float> numbers;
  for (const auto& key : keys) {
    const auto* value = find_value(json, key);
    if (!value) return fail(Code::invalid, "'{}' is not there", printable(key, 60));
    numbers.push_back(TRY(number_of(*value, key)));
  }
  return numbers;
}

Result<std::vector<float>> numbers_in(std::string_view text) {
  const auto separator = text.find(',') != std::string_view::npos   ? ','
                         : text.find(';') != std::string_view::npos ? ';'
                                                                    : ' ';
  std::vector<float> numbers;
  const auto cells = TRY(parse_csv_line(text, separator));
  for (const auto& cell : cells)
    if (separator != ' ' || !cell.empty()) numbers.push_back(TRY(parse_sample(cell)));
  return numbers;
}

}  // namespace

Result<std::vector<std::string>> parse_csv_line(std::string_view line, char separator) {
  std::vector<std::string> cells;
  for (size_t at = 0;; ++at) {
    cells.push_back(TRY(take_cell(line, separator, at)));
    if (at >= line.size()) return cells;
    if (cells.size() == most_cells)
      return fail(Code::invalid, "has more than {} cells", most_cells);
  }
}

Result<float> parse_sample(std::string_view text) {
  auto bare = trim(text);
  if (bare.size() > 1 && bare[0] == '+' && bare[1] != '-') bare.remove_prefix(1);
  const auto value = find_number<float>(bare);
  if (!value || !std::isfinite(*value))
    return fail(Code::invalid, "'{}' is no number", printable(bare, 40));
  return *value;
}

Result<std::vector<float>> parse_samples(std::string_view payload,
                                         std::span<const std::string> values) {
  const auto text = trim(payload);
  std::vector<float> numbers;
  if (!values.empty()) {
    numbers = TRY(numbers_at(TRY(parse_json(text)), values));
  } else if (text.starts_with('{')) {
    return fail(Code::invalid, "is an object, say in 'values' which of its numbers");
  } else if (text.starts_with('[')) {
    const auto list = TRY(parse_json(text));
    if (std::cmp_greater(list.size(), most_channels))
      return fail(Code::invalid, "has {} numbers, legal are 1 to {}", list.size(), most_channels);
    for (const auto& value : list) numbers.push_back(TRY(number_of(value, "list")));
  } else {
    numbers = TRY(numbers_in(text));
  }
  if (numbers.empty() || std::cmp_greater(numbers.size(), most_channels))
    return fail(Code::invalid, "has {} numbers, legal are 1 to {}", numbers.size(), most_channels);
  return numbers;
}

}  // namespace turnstone
