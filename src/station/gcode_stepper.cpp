// Motion controllers that speak G-code over a serial line: GRBL 1.1 and Marlin.
#include <cmath>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "station/gcode.h"
#include "station/serial_port.h"
#include "station/stepper.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds start_time(6000);   // many boards start anew when their line is opened
constexpr milliseconds answer_time(1000);  // of one command
constexpr milliseconds quiet_time(200);    // after which no answer is under way
constexpr milliseconds glance(0);

// A controller that was heard to answer.
class GcodeStepper : public Stepper {
 public:
  GcodeStepper(SerialPort port, const TurntableConfig& table)
      : port_(std::move(port)), table_(table) {}

  Result<int64_t> position() override { return from_; }

 protected:
  double units_of(int64_t ticks) const {
    return static_cast<double>(ticks) / table_.ticks_per_unit;
  }
  // Units a minute.
  double feed() const { return table_.velocity / table_.ticks_per_unit * 60; }

  // Lines until `is_it` takes one; others are skipped. Errors: unavailable (none in time, an error
  // or an alarm of the controller).
  template <class Predicate>
  Result<std::string> wait_for(milliseconds time, std::string_view what, Predicate is_it) {
    const auto until = Steady::now() + time;
    while (Steady::now() < until) {
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
      const auto line = TRY(port_.read_line(left));
      if (!line) break;
      TRY(check_gcode_answer(*line), table_.device);
      if (is_it(*line)) return *line;
    }
    return fail(Code::unavailable, "{}: no answer to {} within {} ms", table_.device, what,
                time.count());
  }

  // An answer that is late comes with the next one, and must not be taken for that of the command
  // after it.
  Result<> command(const std::string& text) {
    const bool was_late = std::exchange(is_late_, true);
    TRY(port_.write(text + "\n"));
    TRY(wait_for(answer_time, text,
                 [](const std::string& line) { return line.starts_with("ok"); }));
    if (was_late) TRY(settle());
    is_late_ = false;
    return {};
  }

  // Takes what the controller still says, until it is quiet or a command's time is over.
  Result<> settle() {
    const auto until = Steady::now() + answer_time;
    while (Steady::now() < until && TRY(port_.read_line(quiet_time))) {
    }
    return {};
  }

  SerialPort port_;
  TurntableConfig table_;
  int64_t from_ = 0;      // ticks
  bool is_late_ = false;  // an answer may still come
};

class GrblStepper final : public GcodeStepper {
 public:
  using GcodeStepper::GcodeStepper;

  Result<> start() {
    TRY(port_.write("\n"));
    const auto until = Steady::now() + start_time;
    for (;;) {
      auto state = look();
      if (state) {
        origin_ = state->place;
        return {};
      }
      if (Steady::now() > until) return std::unexpected(state.error());
    }
  }

  // A jog, since only that can be ended early without an alarm.
  Result<> move_by(int64_t ticks) override {
    const auto state = TRY(look());
    if (state.moves) return fail(Code::invalid, "stepper is still moving");
    from_ = ticks_of(state.place);
    if (ticks == 0) return {};
    return command(
        fmt::format("$J=G91 G21 {}{:.4f} F{:.1f}", table_.axis, units_of(ticks), feed()));
  }

  Result<bool> is_moving() override { return TRY(look()).moves; }
  Result<int64_t> position() override { return ticks_of(TRY(look()).place); }

  Result<> halt() override {
    TRY(port_.write("\x85"));
    const auto until = Steady::now() + answer_time;
    while (TRY(look()).moves)
      if (Steady::now() > until) return fail(Code::unavailable, "{}: does not stop", table_.device);
    return {};
  }

 private:
  int64_t ticks_of(double place) const {
    return std::llround((place - origin_) * table_.ticks_per_unit);
  }

  Result<GrblState> look() {
    TRY(port_.write("?"));
    const auto line = TRY(wait_for(answer_time, "?", [](const std::string& text) {
      return text.starts_with("<") && text.ends_with(">");
    }));
    return TRY(parse_grbl_state(line, table_.axis[0]), table_.device);
  }

  double origin_ = 0;  // where the axis stood when it was opened
};

class MarlinStepper final : public GcodeStepper {
 public:
  using GcodeStepper::GcodeStepper;

  Result<> start() {
    const auto until = Steady::now() + start_time;
    for (;;) {
      const auto answered = command("M114");
      if (answered) break;
      if (Steady::now() > until) return answered;
    }
    TRY(command("G21"));
    return command("G91");
  }

  // M400 is answered when the motion is over.
  Result<> move_by(int64_t ticks) override {
    if (TRY(is_moving())) return fail(Code::invalid, "stepper is still moving");
    if (ticks == 0) return {};
    TRY(command(fmt::format("G0 {}{:.4f} F{:.1f}", table_.axis, units_of(ticks), feed())));
    TRY(port_.write("M400\n"));
    moves_ = true;
    from_ += ticks;
    return {};
  }

  Result<bool> is_moving() override {
    while (moves_) {
      const auto line = TRY(port_.read_line(glance));
      if (!line) break;
      TRY(check_gcode_answer(*line), table_.device);
      if (line->starts_with("ok")) moves_ = false;
    }
    return moves_;
  }

  // Where it stands then is not told; the sections that follow are counted from there.
  Result<> halt() override {
    if (!TRY(is_moving())) return {};
    TRY(port_.write("M410\n"));
    moves_ = false;
    TRY(wait_for(answer_time, "M410",
                 [](const std::string& line) { return line.starts_with("ok"); }));
    return settle();  // M400 is answered too
  }

 private:
  bool moves_ = false;
};

template <class Driver>
Result<std::unique_ptr<Stepper>> open_driver(const TurntableConfig& table) {
  auto stepper = std::make_unique<Driver>(TRY(SerialPort::open(table.device, table.baud)), table);
  TRY(stepper->start());
  return stepper;
}

}  // namespace

Result<std::unique_ptr<Stepper>> open_gcode_stepper(const TurntableConfig& table) {
  if (table.axis != "X" && table.axis != "Y" && table.axis != "Z")
    return fail(Code::invalid, "axis '{}' is none of X, Y, Z", table.axis);
  if (!(table.ticks_per_unit > 0))
    return fail(Code::invalid, "ticks_per_unit {} is not above 0", table.ticks_per_unit);
  return table.driver == "marlin" ? open_driver<MarlinStepper>(table)
                                  : open_driver<GrblStepper>(table);
}

}  // namespace turnstone
