// A kind of source or sink: its name in the configuration, its fields, and what opens it. One row.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "station/field.h"

namespace turnstone {

// Opens what a section of the configuration describes. May be called again.
template <class Made>
using Opener = std::function<Result<std::unique_ptr<Made>>()>;

template <class Made>
struct Kind {
  const char* name;
  const char* doc;
  // Reads the section `table`, whose own value is `at`, beside its keys in `common`; every problem
  // is noted in `reading`. `name` is the section's.
  Opener<Made> (*read)(Reading& reading, std::string_view where, const TomlValue& at,
                       const TomlTable& table, std::vector<std::string> common,
                       const std::string& name);
  // The reference text of its fields.
  std::string (*print)();
};

// The row of a kind whose settings are an `Options`, which `fields` describe. A member `name` of
// the options is the section's name.
template <class Made, class Options, const auto& fields,
          Result<std::unique_ptr<Made>> (*open)(const Options&)>
constexpr Kind<Made> kind_of(const char* name, const char* doc) {
  return {.name = name,
          .doc = doc,
          .read = [](Reading& reading, std::string_view where, const TomlValue& at,
                     const TomlTable& table, std::vector<std::string> common,
                     const std::string& section) -> Opener<Made> {
            Options options;
            if constexpr (requires { options.name; }) options.name = section;
            read_fields(reading, where, at, table, fields, options, std::move(common));
            return [options] { return open(options); };
          },
          .print = [] { return print_fields(fields); }};
}

}  // namespace turnstone
