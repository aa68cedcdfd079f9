// A motor that moves the machine by counted ticks: the contract of every stepper driver.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "station/cycle_config.h"

namespace turnstone {

// Tells the time; tests hand in their own.
using Clock = std::function<std::chrono::steady_clock::time_point()>;

// Motion goes on by itself; a call takes as long as the controller needs to answer, a second at
// most of one command, two to halt. One thread at a time. Errors: unavailable (the motor or its
// controller is away), invalid (asked to move while it moves).
class Stepper {
 public:
  virtual ~Stepper() = default;

  // Starts to move by `ticks` from where it stands; either sign.
  virtual Result<> move_by(int64_t ticks) = 0;

  // Whether the last move is still under way.
  virtual Result<bool> is_moving() = 0;

  // Ticks from where it stood when it was opened.
  virtual Result<int64_t> position() = 0;

  // Ends a motion early and stays where it is.
  virtual Result<> halt() = 0;
};

// A stepper that exists only in time: it speeds up, runs and slows down as the real one would.
// Errors: invalid (velocity or acceleration not above 0).
Result<std::unique_ptr<Stepper>> open_simulated_stepper(const TurntableConfig& table, Clock clock);

// A motor behind a controller that speaks G-code over a serial line, as `table.driver` says "grbl"
// (1.1) or "marlin". Waits some seconds for a board that starts anew. Errors: invalid (a setting),
// unavailable (no such device, no answer).
Result<std::unique_ptr<Stepper>> open_gcode_stepper(const TurntableConfig& table);

// A motor behind a stepper controller of Phidgets, whose library is found when it is opened. Waits
// up to five seconds for the controller; where the motor stands then is 0. Errors: unavailable (no
// library, no controller, it refuses a setting).
Result<std::unique_ptr<Stepper>> open_phidget_stepper(const TurntableConfig& table);

}  // namespace turnstone
