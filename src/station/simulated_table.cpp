#include "station/simulated_table.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace turnstone {
namespace {

using Seconds = std::chrono::duration<double>;

TableMotion motion_of(double ticks, double velocity, double acceleration) {
  TableMotion motion{.way = ticks, .rate = acceleration};
  motion.ramp = std::min(velocity / acceleration, std::sqrt(ticks / acceleration));
  if (ticks > 0) motion.even = ticks / (acceleration * motion.ramp) - motion.ramp;
  return motion;
}

// The tables that sources see.
struct Shown {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<SimulatedTable>> tables;
};

Shown& shown() {
  static Shown shown;
  return shown;
}

}  // namespace

double TableMotion::at(double time) const {
  const double left = duration() - time;
  if (left <= 0) return way;
  if (time < ramp) return rate * time * time / 2;
  if (left < ramp) return way - rate * left * left / 2;
  return rate * ramp * (time - ramp / 2);
}

SimulatedTable::SimulatedTable(const TurntableConfig& config, Clock clock)
    : config_(config), clock_(std::move(clock)), began_(clock_()) {}

Result<std::shared_ptr<SimulatedTable>> SimulatedTable::make(const TurntableConfig& config,
                                                             Clock clock) {
  if (!(config.velocity > 0) || !std::isfinite(config.velocity))
    return fail(Code::invalid, "table: velocity {} is not above 0 ticks a second", config.velocity);
  if (!(config.acceleration > 0) || !std::isfinite(config.acceleration))
    return fail(Code::invalid, "table: acceleration {} is not above 0", config.acceleration);
  return std::shared_ptr<SimulatedTable>(new SimulatedTable(config, std::move(clock)));
}

double SimulatedTable::time() const { return Seconds(clock_() - began_).count(); }

double SimulatedTable::at(double time) const {
  const double gone = motion_.at(time);
  const auto from = static_cast<double>(from_);
  return ticks_ < 0 ? from - gone : from + gone;
}

Result<> SimulatedTable::move_by(int64_t ticks) {
  const std::lock_guard lock(mutex_);
  if (time() < motion_.duration()) return fail(Code::invalid, "stepper is still moving");
  from_ = std::llround(at(time()));
  ticks_ = ticks;
  motion_ = motion_of(std::abs(static_cast<double>(ticks)), config_.velocity, config_.acceleration);
  began_ = clock_();
  return {};
}

void SimulatedTable::halt() {
  const std::lock_guard lock(mutex_);
  from_ = std::llround(at(time()));
  ticks_ = 0;
  motion_ = {};
}

int64_t SimulatedTable::position() const {
  const std::lock_guard lock(mutex_);
  return std::llround(at(time()));
}

SimulatedTable::Look SimulatedTable::look() const {
  const std::lock_guard lock(mutex_);
  const double now = time();
  return {at(now) / static_cast<double>(config_.ticks_per_turn), now < motion_.duration()};
}

void show_table(const std::string& source, const std::shared_ptr<SimulatedTable>& table) {
  const std::lock_guard lock(shown().mutex);
  std::erase_if(shown().tables, [](const auto& entry) { return entry.second.expired(); });
  shown().tables[source] = table;
}

std::shared_ptr<const SimulatedTable> find_table(const std::string& source) {
  const std::lock_guard lock(shown().mutex);
  const auto found = shown().tables.find(source);
  return found == shown().tables.end() ? nullptr : found->second.lock();
}

}  // namespace turnstone
