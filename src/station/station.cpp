#include "station/station.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/text.h"
#include "base/uuid.h"
#include "station/running_station.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;

// Of each stream.
std::map<std::string, int64_t> counts_of(const std::vector<Parcel>& parcels) {
  std::map<std::string, int64_t> counts;
  for (const auto& parcel : parcels) ++counts[parcel.stream];
  return counts;
}

}  // namespace

Error all_of(const std::vector<Error>& errors) {
  std::vector<std::string> texts;
  for (const auto& error : errors) texts.push_back(error.text);
  return {errors.front().code, join(texts, "\n")};
}

// On the thread of the sink `name`.
void RunningStation::on_happening(const std::string& name, const Happening& happening) {
  if (happening.kind == Happening::unsent)
    faults_.add(FaultKind::sink, name, happening.text);
  else
    tell(happening);
}

void RunningStation::note_on_way(const std::vector<Parcel>& parcels) {
  const auto counts = counts_of(parcels);
  for (const auto& lane : sinks_)
    if (const auto found = counts.find(lane->config.name); found != counts.end())
      lane->outbox->note_on_way(found->second);
}

// For each group whether the spool keeps what the sinks are to send; else it is counted as lost.
std::vector<Result<>> RunningStation::keep_all(std::vector<std::vector<Parcel>> groups) {
  std::vector<std::map<std::string, int64_t>> counts;
  for (const auto& group : groups) counts.push_back(counts_of(group));
  auto results = spool_->put_all(std::move(groups));
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) log_warning("{}", results[i].error().text);
    for (const auto& lane : sinks_)
      if (const auto found = counts[i].find(lane->config.name); found != counts[i].end())
        lane->outbox->note_put(found->second, results[i].has_value());
  }
  return results;
}

Result<> RunningStation::keep(std::vector<Parcel> parcels) {
  note_on_way(parcels);
  std::vector<std::vector<Parcel>> groups;
  groups.push_back(std::move(parcels));
  return keep_all(std::move(groups)).front();
}

void RunningStation::tell(const Happening& happening) {
  if (!tells_) return;
  std::vector<Parcel> parcels;
  for (const auto& lane : sinks_)
    std::ranges::move(lane->outbox->parcels_of(happening), std::back_inserter(parcels));
  if (!parcels.empty()) std::ignore = keep(std::move(parcels));
}

// With what the source showed last, where somebody may look.
void RunningStation::note_fault(FaultKind kind, const std::string& source, const Error& error) {
  const auto* lane = find_lane(source);
  std::optional<Faults::Shot> last;
  if (auto frame = lane && lane->view ? lane->view->newest() : std::nullopt)
    last = {std::move(*frame), {}};
  faults_.add(kind, source, error.text, std::move(last));
}

// Not any more once the station is shut.
void RunningStation::reload() {
  {
    const std::lock_guard lock(mutex_);
    if (reloader_) reloader_->reload();
  }
  const std::lock_guard lock(page_mutex_);
  if (!page_) return;
  if (const auto read = page_->reload(); !read)
    log_error("page: {}; the old token and certificate stay", read.error().text);
}

SourceLane* RunningStation::find_lane(const std::string& name) {
  for (const auto& lane : sources_)
    if (lane->config.name == name) return lane.get();
  return nullptr;
}

Judge* RunningStation::find_judge(const std::string& name) {
  for (const auto& judge : judges_)
    if (judge->name() == name) return judge.get();
  return nullptr;
}

void RunningStation::run_source(SourceLane& lane, std::stop_token stop) {
  lane.state = SourceLane::State::running;
  const auto report = [&](const Error& error) {
    if (!lane.set_trouble(error.text)) return;
    log_warning("source {}: {}", lane.config.name, error.text);
    note_fault(FaultKind::source, lane.config.name, error);
    tell({Happening::failed, error.text});
  };
  const auto end = supervise(
      *lane.source, Backoff{}, stop, [&](const Frame& frame) { on_frame(lane, frame, stop); },
      report, lane.counters);
  if (end && *end == SourceEnd::ended && lane.counters.frames == 0)
    log_warning("source {}: ended without a frame", lane.config.name);
  {
    const std::lock_guard lock(mutex_);
    lane.state = end ? SourceLane::State::ended : SourceLane::State::failed;
  }
  ended_.notify_all();
}

void RunningStation::on_frame(SourceLane& lane, const Frame& frame, const std::stop_token& stop) {
  lane.meter.add(Steady::now());
  if (lane.troubled) lane.set_trouble("");
  bool judged = false;
  for (const auto& watch : lane.watches)
    watch.viewer->offer(frame, static_cast<int>(watch.models.size()));
  for (const auto& route : lane.routes) {
    if (!route.suits(frame)) {
      tell_viewers(lane, *route.judge, frame, nullptr);
      continue;
    }
    if (frame.receipt) frame.receipt->owe();
    const bool taken = route.cycle ? on_cycle_frame(*route.judge, frame, stop)
                                   : route.judge->offer(frame, route.overflow, stop);
    if (frame.receipt && !taken && !stop.stop_requested()) frame.receipt->settle(false);
    if (!taken) tell_viewers(lane, *route.judge, frame, nullptr);
    judged |= taken;
  }
  if (!judged && lane.view) lane.view->show(frame);
}

// No part may be missed: the source waits for the model.
bool RunningStation::on_cycle_frame(Judge& judge, const Frame& frame, const std::stop_token& stop) {
  if (!machine_->take(frame)) {
    judge.flush();
    return false;
  }
  if (judge.insist(frame, stop)) return true;
  machine_->refuse();
  return false;
}

// Of a frame that was offered to them; `outcome` nullptr: the model says nothing of it.
void RunningStation::tell_viewers(const SourceLane& lane, const Judge& judge, const Frame& frame,
                                  const Outcome* outcome) {
  for (const auto& [viewer, models] : lane.watches) {
    if (std::ranges::count(models, &judge) == 0) continue;
    outcome ? viewer->answer(frame, *outcome) : viewer->pass(frame);
  }
}

void RunningStation::on_answer(Judge& judge, const Frame& frame, Result<Scene> scene) {
  const bool cycle = in_cycle(frame.source, judge.name());
  auto* lane = find_lane(frame.source);
  if (!scene) {
    if (lane) tell_viewers(*lane, judge, frame, nullptr);
    if (cycle) machine_->lose();
    const auto code = scene.error().code;
    if (code != Code::cancelled)
      faults_.add(FaultKind::model, judge.name(), scene.error().text, Faults::Shot{frame, {}});
    if (frame.receipt && (code == Code::invalid || code == Code::unsupported))
      frame.receipt->settle(true);
    return;
  }
  Outcome outcome{{}, judge.service().model, judge.config().top, std::move(*scene), {}, {}};
  outcome.frame = frame.whole ? *frame.whole : frame;
  outcome.frame.receipt.reset();
  if (lane) tell_viewers(*lane, judge, frame, &outcome);
  if (lane && lane->view) lane->view->show(frame, outcome);
  const auto note = [&judge, taken = frame.taken] { judge.note_result(taken); };
  if (cycle) {
    machine_->answer(outcome.frame, outcome.scene);
    note();
  } else {
    auto parcels = publish(outcome);
    note_on_way(parcels);
    keeper_->put(std::move(parcels), [note, receipt = frame.receipt](bool kept) {
      if (!kept) return;
      if (receipt) receipt->settle(false);
      note();
    });
  }
  for (auto* follower : followers_of(judge))
    follower->offer_things(frame, outcome.scene, *outcome.model);
}

Result<Kept> RunningStation::on_verdict(const Verdict& verdict, const Frame& frame) {
  const auto& cycle = machine_->config();
  auto* judge = find_judge(cycle.model);
  Outcome outcome{draw_uuid(), judge->service().model, judge->config().top, verdict.scene, verdict,
                  frame};
  outcome.scene.model = cycle.model;
  outcome.scene.source = cycle.source;
  if (outcome.scene.sequence < 0) outcome.scene.wall = std::chrono::system_clock::now();
  const auto label = word_of(*outcome.model, verdict.label);
  if (auto* lane = find_lane(cycle.source)) {
    const Banner banner{fmt::format("part {}: {} {:.2f}", verdict.part, label, verdict.score),
                        color_of_verdict(label)};
    if (lane->view) lane->view->set_banner(banner);
    for (const auto& watch : lane->watches) watch.viewer->set_banner(cycle.source, banner);
  }
  TRY(keep(publish(outcome)));
  return Kept{verdict.part, outcome.id, label, verdict.score};
}

// Gives the outcome its id, if it has none, and shows it. What sinks are to send of it is yet to be
// kept.
std::vector<Parcel> RunningStation::publish(Outcome& outcome) {
  const auto& origin = outcome.scene.origin;
  if (outcome.id.empty())
    outcome.id = origin.empty()
                     ? draw_uuid()
                     : uuid_of(fmt::format("{}/{}{}", origin, outcome.model->name,
                                           outcome.scene.piece ? outcome.scene.piece->path : ""));
  recent_.add(outcome);
  faults_.judge(outcome);
  for (const auto& viewer : viewers_)
    if (viewer->shows(outcome.scene.source) && viewer->draws(outcome.model->name))
      viewer->notice(outcome);
  std::vector<Parcel> parcels;
  for (const auto& lane : sinks_)
    if (lane->takes(outcome.model->name))
      std::ranges::move(lane->outbox->parcels_of(outcome), std::back_inserter(parcels));
  return parcels;
}

// A run that is to end with its sources would not.
void RunningStation::tell_endless() const {
  for (const auto& lane : sources_)
    if (lane->source->is_endless())
      log_warning("source {}: never ends by itself, the station runs until it is stopped",
                  lane->config.name);
}

bool RunningStation::all_ended() const {
  return std::ranges::all_of(sources_, [](const auto& lane) {
    return lane->state == SourceLane::State::ended || lane->state == SourceLane::State::failed;
  });
}

bool RunningStation::all_failed() const {
  return std::ranges::all_of(
      sources_, [](const auto& lane) { return lane->state == SourceLane::State::failed; });
}

Result<> RunningStation::run(std::stop_token stop, bool once) {
  if (inbox_) inbox_->start();
  tells_ = true;
  for (const auto& judge : judges_) {
    tell({Happening::loading, judge->name()});
    tell({Happening::loaded, judge->name()});
  }
  tell({Happening::started});
  if (machine_) machine_->start();
  if (once) tell_endless();
  for (const auto& lane : sinks_) lane->outbox->attend([this] { return state(); });
  for (const auto& lane : sources_)
    lane->thread = std::jthread(
        [this, raw = lane.get()](std::stop_token token) { run_source(*raw, std::move(token)); });
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, stop, [&] { return all_failed() || (once && all_ended()); });
  }
  const bool failed = all_failed();
  shut();
  summarise();
  const auto lost = losses();
  const bool complete = once && !stop.stop_requested();
  if (!lost.empty() && (complete || failed || !halted_)) return std::unexpected(all_of(lost));
  for (const auto& loss : lost) log_warning("{}", loss.text);
  return {};
}

// What was not done, an error for each source, model and sink, and for the machine.
std::vector<Error> RunningStation::losses() const {
  std::vector<Error> lost;
  const auto add = [&](std::optional<Error> loss) {
    if (loss) lost.push_back(std::move(*loss));
  };
  if (!halted_) add(halted_.error());
  for (const auto& lane : sources_) add(find_loss(*lane));
  for (const auto& judge : judges_) add(find_loss(*judge));
  if (machine_) add(find_loss(*machine_));
  for (const auto& lane : viewers_) add(find_loss(*lane));
  for (const auto& lane : sinks_) add(find_loss(*lane));
  return lost;
}

// In the order of the stream, so that nothing on its way is lost.
void RunningStation::shut() {
  if (std::exchange(shut_, true)) return;
  std::unique_ptr<Reloader> reloader;  // ends its thread without the lock
  {
    const std::lock_guard lock(mutex_);
    reloader = std::move(reloader_);
  }
  reloader.reset();
  for (const auto& lane : sources_) lane->thread.request_stop();
  for (const auto& lane : sources_)
    if (lane->thread.joinable()) lane->thread.join();
  for (const auto& judge : judges_)
    if (judge->config().after.empty()) finish(*judge);
  if (keeper_) keeper_->finish();
  if (machine_) halted_ = machine_->finish();
  if (inbox_) inbox_->finish();
  for (const auto& lane : viewers_) lane->finish();
  tells_ = false;
  const auto started = Steady::now();
  for (const auto& lane : sinks_) {
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - started);
    lane->outbox->finish(std::max(lane->config.drain - passed, std::chrono::milliseconds(0)));
  }
  const std::lock_guard lock(page_mutex_);
  page_.reset();
}

// What a model finds to the end is still judged by those after it.
void RunningStation::finish(Judge& judge) {
  judge.finish();
  for (auto* follower : followers_of(judge)) finish(*follower);
}

// The models that judge what this one finds.
std::span<Judge* const> RunningStation::followers_of(const Judge& judge) const {
  const auto found = followers_.find(&judge);
  return found == followers_.end() ? std::span<Judge* const>() : found->second;
}

void RunningStation::summarise() {
  for (const auto& lane : sources_) log_info("{}", source_summary(*lane));
  for (const auto& judge : judges_) log_info("{}", judge_summary(*judge));
  if (machine_) log_info("{}", cycle_summary(*machine_));
  for (const auto& lane : viewers_) log_info("{}", viewer_summary(*lane));
  for (const auto& lane : sinks_) log_info("{}", sink_summary(*lane));
}

Json RunningStation::state() {
  Json json;
  json["version"] = ts_version();
  json["uptime_s"] =
      std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - started_).count();
  json["cycle"] = machine_ ? cycle_state(*machine_) : Json(nullptr);
  json["mqtt"] = inbox_ ? inbox_state(*inbox_) : Json(nullptr);
  json["verdict"] = recent_.verdict();
  for (const auto* key : {"sources", "models", "sinks"}) json[key] = Json::array();
  for (const auto& lane : sources_) json["sources"].push_back(source_state(*lane));
  for (const auto& judge : judges_) json["models"].push_back(judge_state(*judge));
  for (const auto& lane : sinks_) json["sinks"].push_back(sink_state(*lane));
  for (const auto& lane : viewers_) json["sinks"].push_back(viewer_state(*lane));
  json["results"] = recent_.results();
  json["counts"] = recent_.counts();
  json["faults"] = faults_.list();
  return json;
}

// How sure the models were, and where the time went, over the last minutes.
Json RunningStation::history() const {
  auto models = Json::array();
  for (const auto& judge : judges_) {
    auto course = judge->latency().course(Steady::now());
    course["name"] = judge->name();
    models.push_back(std::move(course));
  }
  return {{"models", std::move(models)}};
}

std::string RunningStation::metrics() const {
  Metrics metrics;
  metrics.gauge("turnstone_info", "1; the version is in the label", {{"version", ts_version()}}, 1);
  metrics.gauge("turnstone_uptime_seconds", "Since the station was opened", {},
                std::chrono::duration<double>(Steady::now() - started_).count());
  for (const auto& lane : sources_) add_metrics(metrics, *lane);
  for (const auto& judge : judges_) add_metrics(metrics, *judge);
  for (const auto& lane : sinks_) add_metrics(metrics, *lane);
  for (const auto& lane : viewers_) add_metrics(metrics, *lane);
  if (inbox_) add_metrics(metrics, *inbox_);
  if (machine_) add_metrics(metrics, *machine_);
  add_metrics(metrics, recent_);
  add_metrics(metrics, faults_);
  return metrics.print();
}

}  // namespace turnstone
