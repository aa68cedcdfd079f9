// A turntable that exists only in time: what stands in for the one table that a motor turns and
// that a camera looks at.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "station/cycle_config.h"
#include "station/stepper.h"

namespace turnstone {

// A motion that speeds up, runs evenly if the way is long enough, and slows down.
struct TableMotion {
  double way = 0;   // ticks
  double rate = 1;  // ticks a second, a second
  double ramp = 0;  // seconds of speeding up, and of slowing down
  double even = 0;  // seconds between

  double duration() const { return 2 * ramp + even; }
  // Ticks after `time` seconds.
  double at(double time) const;
};

// Thread-safe.
class SimulatedTable {
 public:
  // Stands at 0 and moves as `config` says, by the time of `clock`. Errors: invalid (velocity or
  // acceleration not above 0).
  static Result<std::shared_ptr<SimulatedTable>> make(const TurntableConfig& config, Clock clock);

  // As Stepper has them.
  Result<> move_by(int64_t ticks);
  void halt();
  int64_t position() const;
  bool is_moving() const { return look().is_moving; }

  // Where it stands at a moment.
  struct Look {
    double turns = 0;  // since it was made
    bool is_moving = false;
  };
  Look look() const;

  int sections() const { return config_.sections; }

 private:
  SimulatedTable(const TurntableConfig& config, Clock clock);
  double time() const;
  double at(double time) const;

  TurntableConfig config_;
  Clock clock_;
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point began_;
  int64_t from_ = 0;   // ticks where the motion began
  int64_t ticks_ = 0;  // of the motion
  TableMotion motion_;
};

// A stepper that turns `table`.
std::unique_ptr<Stepper> make_simulated_stepper(std::shared_ptr<SimulatedTable> table);

// From now on, and for as long as it lives, the source of this name in this process sees `table`;
// one that was shown to it before is seen no more. Thread-safe.
void show_table(const std::string& source, const std::shared_ptr<SimulatedTable>& table);

// The table that the source of this name sees, or nullptr. Thread-safe.
std::shared_ptr<const SimulatedTable> find_table(const std::string& source);

}  // namespace turnstone
