// A stepper controller of Phidgets, through its maker's library.
#include <algorithm>
#include <cmath>
#include <optional>

#include "station/phidget_library.h"
#include "station/stepper.h"

namespace turnstone {
namespace {

constexpr uint32_t attach_milliseconds = 5000;
constexpr int control_mode_step = 0;

class PhidgetStepper final : public Stepper {
 public:
  PhidgetStepper(PhidgetLibrary library, const TurntableConfig& table)
      : library_(library), table_(table) {}

  ~PhidgetStepper() override {
    if (!channel_) return;
    library_.set_engaged(channel_, 0);
    library_.close(channel_);
    library_.destroy(&channel_);
  }
  PhidgetStepper(const PhidgetStepper&) = delete;
  PhidgetStepper& operator=(const PhidgetStepper&) = delete;

  Result<> start() {
    TRY(check("create", library_.create(&channel_)));
    TRY(check("serial_number", library_.set_device_serial_number(channel_, table_.serial_number)));
    TRY(check("hub_port", library_.set_hub_port(channel_, table_.hub_port)));
    TRY(check("channel", library_.set_channel(channel_, table_.channel)));
    TRY(check("no controller was found",
              library_.open_wait_for_attachment(channel_, attach_milliseconds)));
    // The mode comes first, since it sets the velocity to 0, and the factor before what it scales.
    TRY(check("control mode", library_.set_control_mode(channel_, control_mode_step)));
    TRY(check("rescale_factor", library_.set_rescale_factor(channel_, table_.rescale_factor)));
    TRY(check("acceleration", library_.set_acceleration(channel_, table_.acceleration)));
    TRY(check("current_limit_a", library_.set_current_limit(channel_, table_.current_limit)));
    TRY(check("velocity", library_.set_velocity_limit(channel_, table_.velocity)));
    const auto here = TRY(place());
    TRY(check("home", library_.add_position_offset(channel_, -here)));
    return check("engage", library_.set_engaged(channel_, 1));
  }

  // The velocity is given anew, since a halt takes it away, and after the target, so that the motor
  // does not go on to the old one.
  Result<> move_by(int64_t ticks) override {
    if (TRY(is_moving())) return fail(Code::invalid, "stepper is still moving");
    const auto target = TRY(position()) + ticks;
    TRY(check("target", library_.set_target_position(channel_, static_cast<double>(target))));
    target_ = target;
    return check("velocity", library_.set_velocity_limit(channel_, table_.velocity));
  }

  // The controller tells later than it is told; a motor away from its target has not arrived.
  Result<bool> is_moving() override {
    int moves = 0;
    TRY(check("is moving", library_.get_is_moving(channel_, &moves)));
    if (moves != 0 || !target_) return moves != 0;
    const auto arrived = std::max(1.0, std::abs(table_.rescale_factor));
    return std::abs(TRY(place()) - static_cast<double>(*target_)) > arrived;
  }

  Result<int64_t> position() override { return std::llround(TRY(place())); }

  // Slows down with the acceleration that is set.
  Result<> halt() override {
    target_.reset();
    return check("halt", library_.set_velocity_limit(channel_, 0));
  }

 private:
  Result<> check(const char* what, int code) const {
    if (code == 0) return {};
    return std::unexpected(library_.error_of(what, code));
  }

  Result<double> place() const {
    double place = 0;
    TRY(check("position", library_.get_position(channel_, &place)));
    if (std::isfinite(place) && std::abs(place) < 1e15) return place;
    return fail(Code::unavailable, "phidget: position {} is no number of ticks", place);
  }

  PhidgetLibrary library_;
  TurntableConfig table_;
  PhidgetLibrary::Channel channel_ = nullptr;
  std::optional<int64_t> target_;  // nothing before the first move and after a halt
};

}  // namespace

Result<std::unique_ptr<Stepper>> open_phidget_stepper(const TurntableConfig& table) {
  auto stepper = std::make_unique<PhidgetStepper>(TRY(PhidgetLibrary::load(table.library)), table);
  TRY(stepper->start());
  return stepper;
}

}  // namespace turnstone
