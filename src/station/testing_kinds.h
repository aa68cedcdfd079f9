// Sources and sinks for tests, opened as a station opens them: from the text of their section.
#pragma once

#include <memory>
#include <string>

#include "station/config.h"

namespace turnstone::testing_tools {

// A source "in" with the keys that stand in `fields`, one a line.
inline Result<std::unique_ptr<Source>> open_source(const std::string& fields) {
  const auto config = TRY(parse_config("[[source]]\nname = \"in\"\n" + fields, "test.toml"));
  return config.sources[0].open();
}

// A sink "out" with the keys that stand in `fields`, one a line.
inline Result<std::unique_ptr<Sink>> open_sink(const std::string& fields) {
  const auto config = TRY(parse_config(
      "[[source]]\nname = \"in\"\nkind = \"folder\"\npath = \"/\"\n[[sink]]\nname = \"out\"\n" +
          fields,
      "test.toml"));
  return config.sinks[0].open();
}

// The same of a sink of pictures.
inline Result<std::unique_ptr<Viewer>> open_viewer(const std::string& fields) {
  const auto config = TRY(parse_config(
      "[[source]]\nname = \"in\"\nkind = \"folder\"\npath = \"/\"\n[[sink]]\nname = \"out\"\n" +
          fields,
      "test.toml"));
  return config.sinks[0].open_viewer();
}

}  // namespace turnstone::testing_tools
