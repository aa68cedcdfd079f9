// The station: sources, models, the cycle, sinks and the page, joined as the configuration says.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "station/config.h"

namespace turnstone {

class Station {
 public:
  virtual ~Station() = default;

  // Runs until a stop is requested, or, with `once`, until every source has ended; then delivers
  // what waits and says what was done in the log. Called once. Errors: invalid (every source has
  // failed for good), unavailable (the machine could not be halted); of `once` that was not stopped
  // also invalid (a source has failed, frames could not be judged) and unavailable (results were
  // not delivered, the cycle ended in a fault), all of them, one a line.
  virtual Result<> run(std::stop_token stop, bool once) = 0;

  // Opens the models' packages anew and takes them into service where they can be, and reads the
  // page's token, certificate and key. Returns soon; the log tells. Thread-safe.
  virtual void reload() = 0;

  // What the page shows. Thread-safe.
  virtual Json state() = 0;

  // Where the page is, "" without one.
  virtual std::string url() const = 0;
};

// Opens everything that the configuration names; nothing runs yet. Errors: those of sources, sinks,
// packages and page, all of them, one a line.
Result<std::unique_ptr<Station>> open_station(const StationConfig& config);

}  // namespace turnstone
