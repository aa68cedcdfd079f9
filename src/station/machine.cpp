#include "station/machine.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "station/simulated_table.h"
#include "station/wait.h"

namespace turnstone {
namespace {

constexpr std::chrono::milliseconds tick_every(20);
constexpr size_t most_answered = 4;   // a verdict's frame is among so many last ones
constexpr size_t most_decisions = 8;  // that wait to be kept

Result<std::unique_ptr<Stepper>> open_stepper(const CycleConfig& config) {
  if (config.table.driver == "simulated") {
    auto table = TRY(SimulatedTable::make(config.table, std::chrono::steady_clock::now));
    show_table(config.source, table);
    return make_simulated_stepper(std::move(table));
  }
  if (config.table.driver == "phidget") return TRY(open_phidget_stepper(config.table), "table");
  return TRY(open_gcode_stepper(config.table), "table");
}

// nullptr: parts are not sorted.
Result<std::unique_ptr<Sorter>> open_sorter(const SorterConfig& config, Inbox* inbox) {
  if (config.driver == "none") return nullptr;
  if (config.driver == "simulated")
    return open_simulated_sorter(config, std::chrono::steady_clock::now);
  if (!inbox) return fail(Code::invalid, "sorter: driver 'mqtt' needs a section [mqtt]");
  return TRY(open_mqtt_sorter(config, *inbox), "sorter");
}

Result<std::unique_ptr<Cycle>> open_cycle(const CycleConfig& config, Inbox* inbox,
                                          Cycle::Decided decided) {
  if (config.stops.empty()) {
    auto stepper = TRY(open_stepper(config));
    auto sorter = TRY(open_sorter(config.sorter, inbox));
    return make_live_cycle(config, std::move(stepper), std::move(sorter), std::move(decided));
  }
  if (config.sorter.driver != "none")
    return fail(Code::invalid, "a recording is not sorted, leave out 'stops' or the sorter");
  const auto text = TRY(read_text(config.stops, size_t{1} << 24));
  auto stops = TRY(parse_stops(text, config.stops));
  return make_recorded_cycle(std::move(stops), TRY(parse_voting(config.vote)), std::move(decided));
}

}  // namespace

Machine::Machine(CycleConfig config, Decided decided, Faulted faulted)
    : config_(std::move(config)), decided_(std::move(decided)), faulted_(std::move(faulted)) {}

Result<std::unique_ptr<Machine>> Machine::open(const CycleConfig& config, Inbox* inbox,
                                               Decided decided, Faulted faulted) {
  std::unique_ptr<Machine> machine(new Machine(config, std::move(decided), std::move(faulted)));
  const auto decide = [raw = machine.get()](const Verdict& verdict) {
    raw->decisions_.push_back({verdict, raw->frame_of(verdict)});
    raw->changed_.notify_all();
  };
  machine->cycle_ = TRY(open_cycle(config, inbox, decide));
  machine->keeper_ =
      std::jthread([raw = machine.get()](const std::stop_token& stop) { raw->work(stop); });
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

// Ends when a stop is requested and no verdict waits.
void Machine::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !decisions_.empty(); })) {
    const auto decision = decisions_.front();
    lock.unlock();
    auto kept = decided_(decision.verdict, decision.frame);
    lock.lock();
    decisions_.pop_front();
    changed_.notify_all();
    ++parts_;
    if (decision.verdict.inspections > 1) ++reinspected_;
    if (kept) count(decision.verdict, kept->label);
    cycle_->kept(std::move(kept));
  }
}

void Machine::count(const Verdict& verdict, const std::string& label) {
  auto& section = sections_[verdict.part % config_.table.sections];
  section.section = verdict.part % config_.table.sections;
  ++section.labels[label];
  section.last = label;
}

void Machine::tick() {
  const std::lock_guard lock(mutex_);
  cycle_->tick(std::chrono::steady_clock::now());
  report();
}

void Machine::report() {
  const auto& fault = cycle_->fault();
  if (fault && fault->text != fault_reported_) {
    log_error("cycle: {}", fault->text);
    if (faulted_) faulted_(*fault);
  }
  if (!fault && !fault_reported_.empty()) log_info("cycle: goes on");
  const auto& counters = cycle_->counters();
  if (!fault && counters.unsorted > unsorted_reported_) log_warning("cycle: {}", counters.why);
  fault_reported_ = fault ? fault->text : "";
  unsorted_reported_ = counters.unsorted;
}

bool Machine::take(const Frame& frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return decisions_.size() < most_decisions; });
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
  Result<> finished;
  {
    const std::lock_guard lock(mutex_);
    finished = cycle_->finish();
  }
  keeper_.request_stop();
  if (keeper_.joinable()) keeper_.join();
  TRY(std::move(finished), "cycle");
  return {};
}

Machine::Look Machine::look() const {
  const std::lock_guard lock(mutex_);
  const auto& fault = cycle_->fault();
  Look look{.phase = cycle_->phase(),
            .parts = parts_,
            .reinspected = reinspected_,
            .fault = fault ? fault->text : "",
            .counters = cycle_->counters()};
  for (const auto& [number, section] : sections_) look.sections.push_back(section);
  return look;
}

}  // namespace turnstone
