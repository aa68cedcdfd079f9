// The kinds of sources and sinks that a program has: ordinary lists, filled by its main function,
// so that reading it tells what the program can do and a test can fill them with its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "station/config.h"
#include "station/sink.h"
#include "station/source.h"

namespace turnstone {

class Sources {
 public:
  // `open` makes a source of `kind` from the options of that kind.
  template <class Options>
  void add(const std::string& kind, Result<std::unique_ptr<Source>> (*open)(const Options&)) {
    kinds_[kind] = [open](const SourceConfig& config) {
      return open(std::get<Options>(config.options));
    };
  }

  // Errors: those of the kind; unsupported: a kind that the program does not have.
  Result<std::unique_ptr<Source>> open(const SourceConfig& config) const {
    const auto found = kinds_.find(config.kind);
    if (found == kinds_.end())
      return fail(Code::unsupported, "source '{}': this program has no kind '{}'", config.name,
                  config.kind);
    return TRY(found->second(config), "source '" + config.name + "'");
  }

 private:
  std::map<std::string, std::function<Result<std::unique_ptr<Source>>(const SourceConfig&)>> kinds_;
};

// The kinds of sinks that a station may open.
class Sinks {
 public:
  template <class Options>
  void add(const std::string& kind, Result<std::unique_ptr<Sink>> (*open)(const Options&)) {
    kinds_[kind] = [open](const SinkConfig& config) {
      return open(std::get<Options>(config.options));
    };
  }

  // Opens a sink of the configuration's kind.
  Result<std::unique_ptr<Sink>> open(const SinkConfig& config) const {
    const auto found = kinds_.find(config.kind);
    if (found == kinds_.end())
      return fail(Code::unsupported, "sink '{}': this program has no kind '{}'", config.name,
                  config.kind);
    return TRY(found->second(config), "sink '" + config.name + "'");
  }

 private:
  std::map<std::string, std::function<Result<std::unique_ptr<Sink>>(const SinkConfig&)>> kinds_;
};

}  // namespace turnstone
