#include "station/station_parts.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

constexpr size_t most_recent = 20;

const char* print(SourceLane::State state) {
  static constexpr const char* names[] = {"waiting", "running", "ended", "failed"};
  return names[static_cast<int>(state)];
}

double tenths(double value) { return std::round(value * 10) / 10; }

const char* tone_of(std::string_view label) {
  if (is_reject(label)) return "bad";
  return color_of_verdict(label).green == green.green ? "good" : "other";
}

Json json_of(const Outcome& outcome) {
  auto json = parse_json(print_outcome(outcome)).value_or(Json::object());
  if (json.contains("label")) json["tone"] = tone_of(json["label"].get<std::string>());
  return json;
}

}  // namespace

void Recent::add(const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  ++count_;
  outcomes_.push_front(outcome);
  outcomes_.front().frame = {};
  if (outcomes_.size() > most_recent) outcomes_.pop_back();
  if (outcome.verdict) verdict_ = outcomes_.front();
  count(outcome);
}

void Recent::count(const Outcome& outcome) {
  const auto& scene = outcome.scene;
  const auto say = [&](int label) {
    ++tally_[{scene.model, word_of(*outcome.model, label), outcome.verdict.has_value()}];
  };
  if (outcome.verdict) return say(outcome.verdict->label);
  if (!scene.classes.empty()) return say(scene.classes.front().label);
  for (const auto& detection : scene.detections) say(detection.label);
}

std::map<Recent::Said, int64_t> Recent::tally() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

Json Recent::counts() const {
  auto list = Json::array();
  for (const auto& [said, count] : tally())
    list.push_back({{"model", said.model},
                    {"label", said.label},
                    {"part", said.part},
                    {"count", count},
                    {"tone", tone_of(said.label)}});
  return list;
}

Json Recent::results() const {
  std::deque<Outcome> outcomes;
  int64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    outcomes = outcomes_;
    count = count_;
  }
  auto list = Json::array();
  for (const auto& outcome : outcomes) {
    auto json = json_of(outcome);
    json["number"] = count--;
    list.push_back(std::move(json));
  }
  return list;
}

Json Recent::verdict() const {
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = verdict_;
  }
  return outcome ? json_of(*outcome) : Json(nullptr);
}

std::string without_number(const std::string& trouble) {
  constexpr std::string_view before = ": frame ";
  const auto at = trouble.find(before);
  if (at == trouble.npos) return trouble;
  const auto begin = at + before.size();
  const auto end = std::min(trouble.find_first_not_of("0123456789", begin), trouble.size());
  return trouble.substr(0, begin) + trouble.substr(end);
}

Json source_state(SourceLane& lane) {
  std::string trouble;
  {
    const std::lock_guard lock(lane.mutex);
    trouble = lane.trouble;
  }
  return {{"name", lane.config.name},
          {"kind", lane.config.kind},
          {"state", print(lane.state)},
          {"fps", tenths(lane.meter.rate(std::chrono::steady_clock::now()))},
          {"frames", lane.counters.frames.load()},
          {"skipped", lane.counters.skipped.load()},
          {"restarts", lane.counters.restarts.load()},
          {"decoder", lane.source->decoder()},
          {"trouble", trouble},
          {"stream", lane.view ? Json("/stream/" + lane.config.name + ".mjpeg") : Json(nullptr)}};
}

Json judge_state(Judge& judge) {
  const auto& counters = judge.counters();
  const auto service = judge.service();
  auto triggers = Json::object();
  for (const auto& [name, passed_over] : judge.trigger_counts()) triggers[name] = passed_over;
  return {{"name", judge.name()},
          {"after", judge.config().after.empty() ? Json(nullptr) : Json(judge.config().after)},
          {"of", judge.config().of},
          {"package", std::filesystem::path(judge.config().package).filename().string()},
          {"model", service.name},
          {"variant", service.variant},
          {"batch", service.batch},
          {"ips", tenths(judge.rate())},
          {"run_ms", std::round(static_cast<double>(judge.run_time().count()) / 1e4) / 100},
          {"judged", counters.judged.load()},
          {"dropped", counters.dropped.load()},
          {"skipped", counters.skipped.load()},
          {"triggers", std::move(triggers)},
          {"unserved", judge.unserved()},
          {"left_out", counters.left_out.load()},
          {"failed", counters.failed.load()},
          {"compared", counters.compared.load()},
          {"disputed", counters.disputed.load()},
          {"swaps", counters.swaps.load()},
          {"since", print_time(service.since)},
          {"trouble", service.trouble}};
}

Json sink_state(const SinkLane& lane) {
  const auto counters = lane.outbox->counters();
  return {{"name", lane.config.name},
          {"kind", lane.config.kind},
          {"delivered", counters.delivered},
          {"waiting", counters.waiting},
          {"waiting_bytes", counters.waiting_bytes},
          {"oldest_s", tenths(std::chrono::duration<double>(counters.oldest).count())},
          {"dropped", counters.dropped},
          {"failed", counters.failed},
          {"retries", counters.retries},
          {"trouble", counters.trouble}};
}

Json viewer_state(const ViewerLane& lane) {
  const auto counters = lane.counters();
  return {{"name", lane.config().name},
          {"kind", lane.config().kind},
          {"delivered", counters.shown},
          {"waiting", 0},
          {"waiting_bytes", 0},
          {"oldest_s", 0},
          {"dropped", counters.dropped},
          {"failed", counters.failed},
          {"retries", 0},
          {"means", lane.viewer().means()},
          {"trouble", counters.trouble}};
}

Json cycle_state(const Machine& machine) {
  const auto look = machine.look();
  auto sections = Json::array();
  for (const auto& section : look.sections)
    sections.push_back(
        {{"section", section.section}, {"labels", section.labels}, {"last", section.last}});
  return {{"source", machine.config().source},
          {"model", machine.config().model},
          {"phase", print(look.phase)},
          {"parts", look.parts},
          {"reinspected", look.reinspected},
          {"sorted", look.counters.sorted},
          {"unsorted", look.counters.unsorted},
          {"faults", look.counters.faults},
          {"fault", look.fault},
          {"sections", std::move(sections)}};
}

Json inbox_state(const Inbox& inbox) {
  const auto state = inbox.state();
  return {{"url", inbox.url()},
          {"connected", state.connected},
          {"received", state.received},
          {"refused", state.refused},
          {"sent", state.sent},
          {"lost", state.lost},
          {"reconnects", state.reconnects},
          {"trouble", state.trouble}};
}

std::string source_summary(const SourceLane& lane) {
  return fmt::format("source {}: {} frames, {} skipped, {} restarts", lane.config.name,
                     lane.counters.frames.load(), lane.counters.skipped.load(),
                     lane.counters.restarts.load());
}

std::string judge_summary(const Judge& judge) {
  const auto& counters = judge.counters();
  return fmt::format("model {}: {} judged, {} dropped, {} skipped, {} failed", judge.name(),
                     counters.judged.load(), counters.dropped.load(), counters.skipped.load(),
                     counters.failed.load());
}

std::string sink_summary(const SinkLane& lane) {
  const auto counters = lane.outbox->counters();
  return fmt::format("sink {}: {} delivered, {} dropped, {} failed, {} wait, {} retries",
                     lane.config.name, counters.delivered, counters.dropped, counters.failed,
                     counters.waiting, counters.retries);
}

std::string viewer_summary(const ViewerLane& lane) {
  const auto counters = lane.counters();
  const auto means = lane.viewer().means();
  return fmt::format("sink {}: {} pictures shown, {} dropped, {} failed{}", lane.config().name,
                     counters.shown, counters.dropped, counters.failed,
                     means.empty() ? "" : ", by " + means);
}

std::string cycle_summary(const Machine& machine) {
  const auto look = machine.look();
  auto text = fmt::format("cycle: {} parts, {} reinspected, {} sorted, {} unsorted, {} faults",
                          look.parts, look.reinspected, look.counters.sorted,
                          look.counters.unsorted, look.counters.faults);
  for (const auto& section : look.sections) {
    std::vector<std::string> labels;
    for (const auto& [label, count] : section.labels)
      labels.push_back(fmt::format("{} {}", count, label));
    text += fmt::format("; section {}: {}", section.section, join(labels, ", "));
  }
  return text;
}

std::optional<Error> find_loss(const SourceLane& lane) {
  if (lane.state != SourceLane::State::failed) return {};
  return Error{Code::invalid,
               fmt::format("source '{}': has failed: {}", lane.config.name, lane.trouble)};
}

std::optional<Error> find_loss(const Judge& judge) {
  const int64_t failed = judge.counters().failed;
  if (failed == 0) return {};
  return Error{Code::invalid, fmt::format("model '{}': {} of {} frames could not be judged",
                                          judge.name(), failed, failed + judge.counters().judged)};
}

std::optional<Error> find_loss(const SinkLane& lane) {
  const auto counters = lane.outbox->counters();
  const std::pair<int64_t, const char*> reasons[] = {
      {counters.dropped, "dropped at the limit of queue, spool or drain_ms"},
      {counters.failed, "refused"},
      {counters.waiting, "wait for the next run"}};
  int64_t count = 0;
  std::vector<std::string> parts;
  for (const auto& [number, reason] : reasons) {
    count += number;
    if (number > 0) parts.push_back(fmt::format("{} {}", number, reason));
  }
  if (count == 0) return {};
  const auto why = counters.trouble.empty() ? "" : ": " + counters.trouble;
  return Error{Code::unavailable, fmt::format("sink '{}': {} results were not delivered ({}){}",
                                              lane.config.name, count, join(parts, ", "), why)};
}

std::optional<Error> find_loss(const ViewerLane& lane) {
  const auto counters = lane.counters();
  if (counters.trouble.empty()) return {};
  return Error{Code::unavailable,
               fmt::format("sink '{}': {}", lane.config().name, counters.trouble)};
}

std::optional<Error> find_loss(const Machine& machine) {
  const auto fault = machine.look().fault;
  if (fault.empty()) return {};
  return Error{Code::unavailable, "cycle: " + fault};
}

}  // namespace turnstone
