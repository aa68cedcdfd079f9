// Opens a station: every part that its configuration names, with all that is wrong told at once.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "station/mqtt_connection.h"
#include "station/running_station.h"
#include "vision/decoders.h"

namespace turnstone {
namespace {

constexpr std::chrono::milliseconds least_hold(500);

// How long pictures that are not judged show the scene before them, where the slowest of their
// models judges one each `interval`. Those of a cycle may be of the next part.
std::chrono::milliseconds hold_of(const StationConfig& config, std::chrono::milliseconds interval) {
  if (config.cycle) return std::chrono::milliseconds(0);
  return std::max(least_hold, 2 * interval);
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
          .overflow = latest ? Overflow::drop_old : Overflow::wait,
          .any_source = judge.config().sources.empty(),
          .samples = takes_samples(judge.service().model->inputs[0])};
}

SpoolLimits limits_of(const SpoolConfig& config) {
  const auto bytes = [](int megabytes) { return int64_t{megabytes} * 1'000'000; };
  const auto days = [](int count) { return std::chrono::hours(24) * count; };
  return {
      .most_bytes = {bytes(config.results_mb), bytes(config.pictures_mb), bytes(config.videos_mb)},
      .most_age = {days(config.results_days), days(config.pictures_days),
                   days(config.videos_days)}};
}

}  // namespace

void RunningStation::note(const std::string& where, const Error& error) {
  const auto found = places_.find(where);
  const auto place = found == places_.end() ? where : found->second + ": " + where;
  for (const auto& line : split(error.text, '\n'))
    problems_.push_back(Error{error.code, line}.in(place));
}

Result<> RunningStation::open(const StationConfig& config) {
  places_ = config.places;
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
  if (!spool) return note("spool", spool.error());
  spool_ = std::move(*spool);
  keeper_ = std::make_unique<Keeper>(
      [this](std::vector<std::vector<Parcel>> groups) { return keep_all(std::move(groups)); });
}

void RunningStation::open_sinks(const StationConfig& config) {
  std::chrono::milliseconds interval(0);
  for (const auto& model : config.models) interval = std::max(interval, model.interval);
  const auto hold = hold_of(config, interval);
  for (const auto& section : config.sinks)
    section.open ? open_sink(section) : open_viewer(section, hold);
  for (const auto& lane : viewers_) check_parcels(*lane);
}

void RunningStation::open_sink(const SinkConfig& section) {
  auto sink = section.open();
  if (!sink) return note(named("sink", section.name), sink.error());
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

void RunningStation::open_viewer(const SinkConfig& section, std::chrono::milliseconds hold) {
  auto viewer = section.open_viewer();
  if (!viewer) return note(named("sink", section.name), viewer.error());
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
  const auto wrong = [&](const char* why) {
    note(named("sink", lane.config().name),
         {Code::invalid, fmt::format("to '{}' {}", printable(through), why)});
  };
  if (std::ranges::none_of(sinks_, is_it))
    wrong("is no sink of kind s3");
  else if (spool_ && !spool_->is_durable())
    wrong("wants a [spool]");
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
          : note("mqtt", options.error());
}

void RunningStation::open_models(const StationConfig& config) {
  for (const auto& section : config.models) {
    auto parts = open_judge_parts(section, inbox_.get());
    if (!parts) {
      note(named("model", section.name), parts.error());
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
      note(named("model", judge->name()),
           Error(fits.error()).in("after: model '" + before->name() + "'"));
  }
}

void RunningStation::open_sources(const StationConfig& config) {
  for (const auto& section : config.sources) {
    const auto where = named("source", section.name);
    auto source = section.open();
    if (!source) {
      note(where, source.error());
      continue;
    }
    if ((*source)->is_consuming() && config.cycle && config.cycle->source == section.name)
      note(where, {Code::invalid, "consume and the cycle exclude each other"});
    auto lane = std::make_unique<SourceLane>();
    lane->config = section;
    lane->source = std::move(*source);
    std::chrono::milliseconds interval(0);
    for (const auto& judge : judges_) {
      const auto& seen = judge->config().sources;
      if (!judge->config().after.empty()) continue;
      if (!admits(seen, section.name)) continue;
      const auto& route = lane->routes.emplace_back(route_to(*judge, *lane, config.cycle));
      if (lane->source->is_consuming() &&
          (passes_over(*judge) || route.overflow == Overflow::drop_old))
        note(where, {Code::invalid,
                     fmt::format("consume wants every picture judged, model '{}' has triggers or "
                                 "frames = \"latest\"",
                                 judge->name())});
      interval = std::max(interval, judge->config().interval);
    }
    if (config.page)
      lane->view =
          std::make_unique<View>(config.page->fps, config.page->quality, hold_of(config, interval));
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
  return has_triggers(judge.config()) ||
         std::ranges::any_of(followers_of(judge), [this](auto* one) { return passes_over(*one); });
}

void RunningStation::open_machine(const CycleConfig& config) {
  auto machine = Machine::open(
      config, inbox_.get(),
      [this](const Verdict& verdict, const Frame& frame) { return on_verdict(verdict, frame); },
      [this, source = config.source](const Error& error) {
        note_fault(FaultKind::cycle, source, error);
      });
  machine ? void(machine_ = std::move(*machine)) : note("cycle", machine.error());
  const auto* lane = find_lane(config.source);
  const bool drives = config.stops.empty() && lane && lane->config.kind != "turntable";
  if (drives && config.table.driver == "simulated")
    log_warning(
        "cycle: the table is simulated, nothing moves; driver in [cycle.table] says what "
        "moves a real one");
  const auto* judge = find_judge(config.model);
  if (!judge) return;
  if (auto fits = check_place(config.model, *judge->service().model); !fits)
    note("cycle", fits.error());
}

// Whether a model can stand where `name` stands in the configuration.
Result<> RunningStation::check_place(const std::string& name, const Model& model) const {
  if (machine_ && machine_->config().model == name && !gives_classes(model))
    return fail(Code::invalid, "model '{}' finds boxes, wanted: one that classifies", name);
  return {};
}

// A part's verdict may be of frames that the old and the new one have judged.
Result<> RunningStation::check_successor(const Judge& judge, const Model& model) const {
  TRY(check_place(judge.name(), model), "cycle");
  for (const auto* follower : followers_of(judge))
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
  reloader_ = std::make_unique<Reloader>(
      std::move(judges),
      [this](const Judge& judge, const Engine& engine) {
        return check_successor(judge, engine.model());
      },
      [this](const Happening& happening) { tell(happening); });
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
  page ? void(page_ = std::move(*page)) : note("page", page.error());
}

Result<std::unique_ptr<Station>> open_station(const StationConfig& config) {
  auto station = std::make_unique<RunningStation>();
  TRY(station->open(config));
  return station;
}

}  // namespace turnstone
