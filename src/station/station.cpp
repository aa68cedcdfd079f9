#include "station/station.h"

#include <algorithm>
#include <condition_variable>
#include <map>

#include "base/log.h"
#include "base/text.h"
#include "base/uuid.h"
#include "station/machine.h"
#include "station/page.h"
#include "station/reloader.h"
#include "station/station_parts.h"
#include "vision/decoders.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;

// How long pictures that are not judged show the scene before them, at least.
constexpr std::chrono::milliseconds least_hold(500);

// Several errors as one, a line each.
Error all_of(const std::vector<Error>& errors) {
  std::vector<std::string> texts;
  for (const auto& error : errors) texts.push_back(error.text);
  return {errors.front().code, join(texts, "\n")};
}

// Whether the model's decoder makes scenes with classes, of which verdicts are made.
bool gives_classes(const Model& model) {
  if (!model.decoder) return true;
  const auto task = row_of(model.decoder->kind).task;
  return task == Task::classification || task == Task::anomaly;
}

Route route_to(Judge& judge, const SourceLane& lane, const std::optional<CycleConfig>& cycle) {
  const auto& frames = judge.config().frames;
  const bool latest = frames == "latest" || (frames == "auto" && lane.source->is_live() &&
                                             !waits_for_moments(judge.config()));
  return {.judge = &judge,
          .cycle = cycle && cycle->source == lane.config.name && cycle->model == judge.name(),
          .overflow = latest ? Overflow::drop_old : Overflow::wait};
}

SpoolLimits limits_of(const SpoolConfig& config) {
  const auto bytes = [](int megabytes) { return int64_t{megabytes} * 1'000'000; };
  const auto days = [](int count) { return std::chrono::hours(24) * count; };
  return {
      .most_bytes = {bytes(config.results_mb), bytes(config.pictures_mb), bytes(config.videos_mb)},
      .most_age = {days(config.results_days), days(config.pictures_days),
                   days(config.videos_days)}};
}

class RunningStation final : public Station {
 public:
  RunningStation() = default;
  ~RunningStation() override { shut(); }

  Result<> open(const StationConfig& config);
  Result<> run(std::stop_token stop, bool once) override;
  void reload() override {
    const std::lock_guard lock(mutex_);
    if (reloader_) reloader_->reload();
  }
  Json state() override;
  Json history() const;
  std::string metrics() const;
  std::string url() const override { return page_ ? page_->url() : ""; }

 private:
  void open_spool(const StationConfig& config);
  void open_sinks(const StationConfig& config);
  void open_sink(const SinkConfig& section);
  void open_viewer(const SinkConfig& section, std::chrono::milliseconds hold);
  void check_parcels(const ViewerLane& lane);
  Result<> keep(std::vector<Parcel> parcels);
  void on_happening(const std::string& name, const Happening& happening);
  void tell(const Happening& happening);
  void watch(SourceLane& lane);
  void tell_strays() const;
  void open_inbox(const MqttConnection& config);
  void open_models(const StationConfig& config);
  void open_sources(const StationConfig& config);
  void open_machine(const CycleConfig& config);
  void open_page(const StationConfig& config);
  void open_followers();
  void open_reloader();
  Result<> check_place(const std::string& name, const Model& model) const;
  Result<> check_successor(const Judge& judge, const Model& model) const;
  void note(Error error) { problems_.push_back(std::move(error)); }

  void run_source(SourceLane& lane, std::stop_token stop);
  void note_fault(FaultKind kind, const std::string& source, const Error& error);
  void on_frame(SourceLane& lane, const Frame& frame, const std::stop_token& stop);
  bool on_cycle_frame(Judge& judge, const Frame& frame, const std::stop_token& stop);
  void on_answer(Judge& judge, const Frame& frame, Result<Scene> scene);
  void tell_viewers(const SourceLane& lane, const Judge& judge, const Frame& frame,
                    const Outcome* outcome);
  Result<Kept> on_verdict(const Verdict& verdict, const Frame& frame);
  Result<> publish(Outcome& outcome);

  bool passes_over(const Judge& judge) const;
  bool in_cycle(const std::string& source, const std::string& model) const {
    return machine_ && machine_->config().source == source && machine_->config().model == model;
  }
  bool all_ended() const;
  bool all_failed() const;
  SourceLane* find_lane(const std::string& name);
  Judge* find_judge(const std::string& name);
  void finish(Judge& judge);
  void shut();
  void summarise();
  std::vector<Error> losses() const;

  Steady::time_point started_ = Steady::now();
  std::vector<Error> problems_;  // of opening
  Faults faults_;
  std::unique_ptr<Spool> spool_;
  std::vector<std::unique_ptr<SinkLane>> sinks_;
  std::vector<std::unique_ptr<ViewerLane>> viewers_;
  std::vector<std::unique_ptr<SourceLane>> sources_;
  Recent recent_;
  std::unique_ptr<Inbox> inbox_;  // nullptr without [mqtt]
  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Judge>> judges_;
  std::map<const Judge*, std::vector<Judge*>> followers_;  // that judge what one finds
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<Page> page_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::atomic<bool> tells_{false};  // while sinks take what happens
  bool shut_ = false;
  Result<> halted_;  // the machine, when the station was shut
};

Result<> RunningStation::open(const StationConfig& config) {
  if (config.mqtt) open_inbox(*config.mqtt);
  open_models(config);
  open_followers();
  open_spool(config);
  open_sinks(config);
  tell_strays();
  open_sources(config);
  if (config.cycle) open_machine(*config.cycle);
  open_page(config);
  open_reloader();
  if (problems_.empty()) return {};
  return std::unexpected(all_of(problems_));
}

void RunningStation::open_spool(const StationConfig& config) {
  const auto settings = config.spool.value_or(SpoolConfig{});
  auto spool = turnstone::open_spool(settings.path, limits_of(settings));
  spool ? void(spool_ = std::move(*spool)) : note(spool.error());
}

void RunningStation::open_sinks(const StationConfig& config) {
  auto hold = config.cycle ? std::chrono::milliseconds(0) : least_hold;
  for (const auto& model : config.models)
    if (!config.cycle) hold = std::max(hold, 2 * model.interval);
  for (const auto& section : config.sinks)
    section.open ? open_sink(section) : open_viewer(section, hold);
  for (const auto& lane : viewers_) check_parcels(*lane);
}

void RunningStation::open_sink(const SinkConfig& section) {
  auto sink = section.open();
  if (!sink) return note(std::move(sink).error().in("sink '" + section.name + "'"));
  if (!spool_) return;
  if (!spool_->is_durable()) spool_->limit(section.name, section.queue);
  auto lane = std::make_unique<SinkLane>();
  lane->config = section;
  lane->outbox = std::make_unique<Outbox>(section.name, std::move(*sink), *spool_, Backoff{},
                                          [this, name = section.name](const auto& happenings) {
                                            for (const auto& happening : happenings)
                                              on_happening(name, happening);
                                          });
  sinks_.push_back(std::move(lane));
}

// On the thread of the sink `name`.
void RunningStation::on_happening(const std::string& name, const Happening& happening) {
  if (happening.kind == Happening::unsent)
    faults_.add(FaultKind::sink, name, happening.text);
  else
    tell(happening);
}

void RunningStation::open_viewer(const SinkConfig& section, std::chrono::milliseconds hold) {
  auto viewer = section.open_viewer();
  if (!viewer) return note(std::move(viewer).error().in("sink '" + section.name + "'"));
  viewers_.push_back(std::make_unique<ViewerLane>(
      section, std::move(*viewer), hold,
      [this](std::vector<Parcel> parcels, const std::vector<Happening>& happenings) {
        if (!parcels.empty()) std::ignore = keep(std::move(parcels));
        for (const auto& happening : happenings) tell(happening);
      }));
}

// What a viewer sends goes through another sink, and waits on disk.
void RunningStation::check_parcels(const ViewerLane& lane) {
  const auto through = lane.viewer().sends_through();
  if (through.empty()) return;
  const auto is_it = [&](const auto& sink) {
    return sink->config.name == through && sink->config.kind == "s3";
  };
  const auto where = fmt::format("sink '{}': to '{}'", lane.config().name, printable(through));
  if (std::ranges::none_of(sinks_, is_it))
    note({Code::invalid, where + " is no sink of kind s3"});
  else if (spool_ && !spool_->is_durable())
    note({Code::invalid, where + " wants a [spool]"});
}

// Whether the spool keeps what the sinks are to send; else it is counted as lost.
Result<> RunningStation::keep(std::vector<Parcel> parcels) {
  std::map<std::string, int64_t> counts;
  for (const auto& parcel : parcels) ++counts[parcel.stream];
  auto kept = spool_->put(std::move(parcels));
  if (!kept) log_warning("{}", kept.error().text);
  for (const auto& lane : sinks_)
    if (const auto found = counts.find(lane->config.name); found != counts.end())
      kept ? lane->outbox->wake() : lane->outbox->lose(found->second);
  return kept;
}

// What a sink of another name has left behind would wait unseen.
void RunningStation::tell_strays() const {
  if (!spool_) return;
  for (const auto& stream : spool_->streams()) {
    const auto is_it = [&](const auto& lane) { return lane->config.name == stream; };
    if (std::ranges::none_of(sinks_, is_it))
      log_warning("spool: {} results wait for a sink '{}', which there is not",
                  spool_->counters(stream).waiting, stream);
  }
}

void RunningStation::open_inbox(const MqttConnection& config) {
  auto options = mqtt_options_of(config);
  options ? void(inbox_ = std::make_unique<Inbox>(std::move(*options)))
          : note(std::move(options).error().in("mqtt"));
}

void RunningStation::tell(const Happening& happening) {
  if (!tells_) return;
  std::vector<Parcel> parcels;
  for (const auto& lane : sinks_)
    std::ranges::move(lane->outbox->parcels_of(happening), std::back_inserter(parcels));
  if (!parcels.empty()) std::ignore = keep(std::move(parcels));
}

void RunningStation::open_models(const StationConfig& config) {
  for (const auto& section : config.models) {
    auto parts = open_judge_parts(section, inbox_.get());
    if (!parts) {
      note(std::move(parts).error().in("model '" + section.name + "'"));
      continue;
    }
    // The judge is told apart by its place, which exists once its constructor has returned and
    // before the first frame comes.
    const auto place = judges_.size();
    judges_.push_back(std::make_unique<Judge>(
        section, std::move(*parts), [this, place](const Frame& frame, Result<Scene> scene) {
          on_answer(*judges_[place], frame, std::move(scene));
        }));
  }
}

void RunningStation::open_followers() {
  for (const auto& judge : judges_) {
    auto* before = find_judge(judge->config().after);
    if (!before) continue;
    followers_[before].push_back(judge.get());
    const auto fits = check_followed(*before->service().model, judge->config().of);
    if (!fits)
      note(Error(fits.error())
               .in(fmt::format("model '{}': after: model '{}'", judge->name(), before->name())));
  }
}

void RunningStation::open_sources(const StationConfig& config) {
  for (const auto& section : config.sources) {
    auto source = section.open();
    if (!source) {
      note(std::move(source).error().in("source '" + section.name + "'"));
      continue;
    }
    if ((*source)->is_consuming() && config.cycle && config.cycle->source == section.name)
      note({Code::invalid,
            fmt::format("source '{}': consume and the cycle exclude each other", section.name)});
    auto lane = std::make_unique<SourceLane>();
    lane->config = section;
    lane->source = std::move(*source);
    auto hold = config.cycle ? std::chrono::milliseconds(0) : least_hold;
    for (const auto& judge : judges_) {
      const auto& seen = judge->config().sources;
      if (!judge->config().after.empty()) continue;
      if (!admits(seen, section.name)) continue;
      const auto& route = lane->routes.emplace_back(route_to(*judge, *lane, config.cycle));
      if (lane->source->is_consuming() &&
          (passes_over(*judge) || route.overflow == Overflow::drop_old))
        note({Code::invalid,
              fmt::format("source '{}': consume wants every picture judged, model '{}' "
                          "has triggers or frames = \"latest\"",
                          section.name, judge->name())});
      if (!config.cycle) hold = std::max(hold, 2 * judge->config().interval);
    }
    if (config.page)
      lane->view = std::make_unique<View>(config.page->fps, config.page->quality, hold);
    watch(*lane);
    sources_.push_back(std::move(lane));
  }
}

void RunningStation::watch(SourceLane& lane) {
  for (const auto& viewer : viewers_) {
    if (!viewer->shows(lane.config.name)) continue;
    auto& made = lane.watches.emplace_back(Watch{viewer.get(), {}});
    for (const auto& route : lane.routes)
      if (viewer->draws(route.judge->name())) made.models.push_back(route.judge);
  }
}

// Whether the model, or one after it, does not see all that it might.
bool RunningStation::passes_over(const Judge& judge) const {
  const auto found = followers_.find(&judge);
  return has_triggers(judge.config()) ||
         (found != followers_.end() &&
          std::ranges::any_of(found->second, [this](auto* one) { return passes_over(*one); }));
}

void RunningStation::open_machine(const CycleConfig& config) {
  auto machine = Machine::open(
      config, inbox_.get(),
      [this](const Verdict& verdict, const Frame& frame) { return on_verdict(verdict, frame); },
      [this, source = config.source](const Error& error) {
        note_fault(FaultKind::cycle, source, error);
      });
  machine ? void(machine_ = std::move(*machine)) : note(machine.error());
  const auto* judge = find_judge(config.model);
  if (!judge) return;
  if (auto fits = check_place(config.model, *judge->service().model); !fits) note(fits.error());
}

// Whether a model can stand where `name` stands in the configuration.
Result<> RunningStation::check_place(const std::string& name, const Model& model) const {
  if (machine_ && machine_->config().model == name && !gives_classes(model))
    return fail(Code::invalid, "cycle: model '{}' finds boxes, wanted: one that classifies", name);
  return {};
}

// A part's verdict may be of frames that the old and the new one have judged.
Result<> RunningStation::check_successor(const Judge& judge, const Model& model) const {
  TRY(check_place(judge.name(), model));
  if (const auto found = followers_.find(&judge); found != followers_.end())
    for (const auto* follower : found->second)
      TRY(check_followed(model, follower->config().of),
          fmt::format("model '{}' is after it", follower->name()));
  const bool votes = machine_ && machine_->config().model == judge.name();
  if (votes && model.labels != judge.service().model->labels)
    return fail(Code::invalid, "cycle: its labels are not those of the model in service");
  return {};
}

void RunningStation::open_reloader() {
  std::vector<Judge*> judges;
  for (const auto& judge : judges_) judges.push_back(judge.get());
  reloader_ = std::make_unique<Reloader>(std::move(judges),
                                         [this](const Judge& judge, const Engine& engine) {
                                           return check_successor(judge, engine.model());
                                         });
}

void RunningStation::open_page(const StationConfig& config) {
  if (!config.page) return;
  PageContent content{.state = [this] { return state(); },
                      .history = [this] { return history(); },
                      .faults = [this] { return faults_.list(); },
                      .fault_picture = [this](int64_t number) { return faults_.picture(number); },
                      .metrics = {},
                      .views = {}};
  if (config.page->metrics) content.metrics = [this] { return metrics(); };
  for (const auto& lane : sources_) content.views[lane->config.name] = lane->view.get();
  auto page = Page::open(*config.page, std::move(content));
  page ? void(page_ = std::move(*page)) : note(page.error());
}

// With what the source showed last, where somebody may look.
void RunningStation::note_fault(FaultKind kind, const std::string& source, const Error& error) {
  const auto* lane = find_lane(source);
  std::optional<Faults::Shot> last;
  if (auto frame = lane && lane->view ? lane->view->newest() : std::nullopt)
    last = {std::move(*frame), {}};
  faults_.add(kind, source, error.text, std::move(last));
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
  if (cycle)
    machine_->answer(outcome.frame, outcome.scene);
  else if (publish(outcome) && frame.receipt)
    frame.receipt->settle(false);
  if (const auto found = followers_.find(&judge); found != followers_.end())
    for (auto* follower : found->second)
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
  TRY(publish(outcome));
  return Kept{verdict.part, outcome.id, label, verdict.score};
}

// Gives the outcome its id, if it has none. Returns when the spool keeps what the sinks will send.
Result<> RunningStation::publish(Outcome& outcome) {
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
  return keep(std::move(parcels));
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

// What was not done, an error for each source and sink, and for the machine.
std::vector<Error> RunningStation::losses() const {
  std::vector<Error> lost;
  const auto add = [&](std::optional<Error> loss) {
    if (loss) lost.push_back(std::move(*loss));
  };
  if (!halted_) add(halted_.error());
  for (const auto& lane : sources_) add(find_loss(*lane));
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
  page_.reset();
}

// What a model finds to the end is still judged by those after it.
void RunningStation::finish(Judge& judge) {
  judge.finish();
  for (auto* follower : followers_[&judge]) finish(*follower);
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
  if (machine_) add_metrics(metrics, *machine_);
  add_metrics(metrics, recent_);
  add_metrics(metrics, faults_);
  return metrics.print();
}

}  // namespace

Result<std::unique_ptr<Station>> open_station(const StationConfig& config) {
  auto station = std::make_unique<RunningStation>();
  TRY(station->open(config));
  return station;
}

}  // namespace turnstone
