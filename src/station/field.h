// One table of fields per part of the configuration: parsing, defaults, messages and the reference
// text all come from it.
#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "station/toml.h"

namespace turnstone {

// Why `text` is not what `parse` takes, "" when it is: a check of a field.
template <auto parse>
std::string why_not(const std::string& text) {
  const auto made = parse(text);
  return made ? "" : made.error().text;
}

// What may stand in a field beyond its type.
struct Legal {
  bool required = false;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  // of a text, or of each text of a list; empty: any
  // Why such a text is wrong, "" when it is not; asked of those that are not empty.
  std::string (*why_not)(const std::string&) = nullptr;
};

// One key. `unit` is shown in the reference; the unit "path" marks texts that name a file or a
// folder and are relative to the configuration's folder.
template <class T>
struct Field {
  using Owner = T;
  const char* name;
  std::variant<std::string T::*, bool T::*, int T::*, int64_t T::*, double T::*,
               std::chrono::milliseconds T::*, std::vector<std::string> T::*>
      member;
  const char* unit;
  const char* doc;
  Legal legal = {};
};

// Where parsing stands, and what it has found wrong so far. One thread at a time.
struct Reading {
  std::string file;                               // named in messages
  std::filesystem::path folder;                   // relative paths start here
  std::multimap<int, std::string> problems = {};  // by line

  // "line3.toml:12" or "--set" for values of the command line.
  std::string place(const TomlValue& value) const;
  template <class... Parts>
  void problem(const TomlValue& at, fmt::format_string<Parts...> text, Parts&&... parts) {
    problems.emplace(at.line, fmt::format("{}: {}", place(at),
                                          fmt::format(text, std::forward<Parts>(parts)...)));
  }
};

// A pointer to what a field sets, of any type a field can have.
using FieldTarget = std::variant<std::string*, bool*, int*, int64_t*, double*,
                                 std::chrono::milliseconds*, std::vector<std::string>*>;

// Sets one target from `value`; a problem is noted and the target stays.
void read_field(Reading& reading, std::string_view where, const TomlValue& value,
                std::string_view name, bool is_path, const Legal& legal, FieldTarget target);

// Notes each key of `table` that is not among `known`, with the nearest one.
void check_keys(Reading& reading, std::string_view where, const TomlTable& table,
                std::span<const std::string> known);

// The value of a target as it would be written in TOML.
std::string print_target(const FieldTarget& target);

// One line of the reference: `name = default    # doc (unit; legal values)`.
std::string print_field(std::string_view name, const FieldTarget& target, std::string_view unit,
                        std::string_view doc, const Legal& legal);

// One table of two: what a section has of its own, then what it shares with others.
template <class T, size_t own_count, size_t shared_count>
std::array<Field<T>, own_count + shared_count> join_fields(
    const std::array<Field<T>, own_count>& own, const std::array<Field<T>, shared_count>& shared) {
  return [&]<size_t... i, size_t... k>(std::index_sequence<i...>, std::index_sequence<k...>) {
    return std::array<Field<T>, own_count + shared_count>{own[i]..., shared[k]...};
  }(std::make_index_sequence<own_count>(), std::make_index_sequence<shared_count>());
}
template <class T, size_t own_count, size_t shared_count>
std::array<Field<T>, own_count + shared_count> join_fields(
    const Field<T> (&own)[own_count], const std::array<Field<T>, shared_count>& shared) {
  return join_fields(std::to_array(own), shared);
}

// Fills `into` from `table`, whose own value is `at`. Keys in `also` are read by the caller.
template <class T>
void read_fields(Reading& reading, std::string_view where, const TomlValue& at,
                 const TomlTable& table, std::type_identity_t<std::span<const Field<T>>> fields,
                 T& into, std::vector<std::string> also = {}) {
  for (const auto& field : fields) {
    also.emplace_back(field.name);
    const auto* value = table.find(field.name);
    if (!value) {
      if (field.legal.required)
        reading.problem(at, "{}: key '{}' is missing ({})", where, field.name, field.doc);
      continue;
    }
    const auto target = std::visit([&](auto m) -> FieldTarget { return &(into.*m); }, field.member);
    read_field(reading, where, *value, field.name, std::string_view(field.unit) == "path",
               field.legal, target);
  }
  check_keys(reading, where, table, also);
}

// The reference text of a table: one line a field, with the defaults of what the fields are of.
template <class Fields>
std::string print_fields(const Fields& fields) {
  typename std::ranges::range_value_t<const Fields>::Owner defaults{};
  std::string text;
  for (const auto& field : fields) {
    const auto target =
        std::visit([&](auto m) -> FieldTarget { return &(defaults.*m); }, field.member);
    text += print_field(field.name, target, field.unit, field.doc, field.legal);
  }
  return text;
}

}  // namespace turnstone
