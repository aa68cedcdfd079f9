#include "station/machine.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "station/simulated_table.h"
#include "station/wait.h"

namespace turnstone {
namespace {

constexpr std::chrono::milliseconds tick_every(20);
constexpr size_t most_answered = 4;  // a verdict's frame is among so many last ones

Result<std::unique_ptr<Stepper>> open_stepper(const CycleConfig& config) {
  if (config.table.driver == "simulated") {
    auto table = TRY(SimulatedTable::make(config.table, std::chrono::steady_clock::now));
    show_table(config.source, table);
    return make_simulated_stepper(std::move(table));
  }
  return TRY(open_gcode_stepper(config.table), "table");
}

Result<std::unique_ptr<Cycle>> open_cycle(const CycleConfig& config, Cycle::Decided decided) {
  if (config.stops.empty()) {
    auto stepper = TRY(open_stepper(config));
    return make_live_cycle(config, std::move(stepper), std::move(decided));
  }
  const auto text = TRY(read_text(config.stops, size_t{1} << 24));
  auto stops = TRY(parse_stops(text), config.stops);
  return make_recorded_cycle(std::move(stops), TRY(parse_voting(config.vote)), std::move(decided));
}

}  // namespace

Result<std::unique_ptr<Machine>> Machine::open(const CycleConfig& config, Decided decided) {
  std::unique_ptr<Machine> machine(new Machine(config));
  machine->cycle_ =
      TRY(open_cycle(config,
                     [raw = machine.get(), decided = std::move(decided)](const Verdict& verdict) {
                       ++raw->parts_;
                       decided(verdict, raw->frame_of(verdict));
                     }),
          "cycle");
  return machine;
}

Machine::~Machine() = default;

Frame Machine::frame_of(const Verdict& verdict) const {
  const auto found = std::ranges::find(answered_, verdict.scene.sequence, &Frame::sequence);
  return verdict.frames > 0 && found != answered_.end() ? *found : Frame{};
}

void Machine::start() {
  if (!config_.stops.empty()) return;
  ticker_ = std::jthread([this](std::stop_token stop) {
    while (wait_for(tick_every, stop)) tick();
  });
}

void Machine::tick() {
  const std::lock_guard lock(mutex_);
  cycle_->tick(std::chrono::steady_clock::now());
  report_fault();
}

void Machine::report_fault() {
  const auto& fault = cycle_->fault();
  if (fault && !fault_reported_) log_error("cycle: {}", fault->text);
  if (!fault && fault_reported_) log_info("cycle: goes on");
  fault_reported_ = fault.has_value();
}

bool Machine::take(const Frame& frame) {
  const std::lock_guard lock(mutex_);
  return cycle_->take(frame);
}

void Machine::answer(const Frame& frame, const Scene& scene) {
  const std::lock_guard lock(mutex_);
  if (!scene.classes.empty()) answered_.push_back(frame);
  if (answered_.size() > most_answered) answered_.pop_front();
  cycle_->judged(scene);
}

void Machine::lose() {
  const std::lock_guard lock(mutex_);
  cycle_->lost();
}

void Machine::refuse() {
  const std::lock_guard lock(mutex_);
  cycle_->refused();
}

Result<> Machine::finish() {
  ticker_.request_stop();
  if (ticker_.joinable()) ticker_.join();
  const std::lock_guard lock(mutex_);
  TRY(cycle_->finish(), "cycle");
  return {};
}

Machine::Look Machine::look() const {
  const std::lock_guard lock(mutex_);
  const auto& fault = cycle_->fault();
  return {cycle_->phase(), parts_, fault ? fault->text : ""};
}

}  // namespace turnstone
