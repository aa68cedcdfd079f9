#include "station/judge.h"

#include <algorithm>

#include "base/log.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

// How long the first frame of a batch waits for the others.
constexpr std::chrono::milliseconds patience(200);

Service service_of(const Engine& engine, const std::string& name) {
  auto model = std::make_shared<Model>(engine.model());
  model->name = name;
  return {.model = std::move(model),
          .name = engine.model().name,
          .variant = ts_variant_name(engine.runtime().model.get()),
          .batch = engine.batch(),
          .since = std::chrono::system_clock::now(),
          .trouble = {}};
}

// What a model says of a picture, as far as two models can be compared: the first class, or which
// things are there.
std::vector<std::string> gist_of(const Scene& scene, const Model& model) {
  if (!scene.classes.empty()) return {label_of(model, scene.classes.front().label)};
  std::vector<std::string> labels;
  for (const auto& detection : scene.detections) labels.push_back(label_of(model, detection.label));
  std::ranges::sort(labels);
  return labels;
}

// How sure a model is of the best that it says; nothing where it sees nothing.
std::optional<float> best_score_of(const Scene& scene) {
  if (!scene.classes.empty()) return scene.classes.front().score;
  std::optional<float> best;
  for (const auto& detection : scene.detections) best = std::max(best.value_or(0), detection.score);
  return best;
}

// Frames that wait for a receipt may not be kept.
std::vector<Frame> copies_of(std::span<const Frame> frames) {
  std::vector<Frame> copies(frames.begin(), frames.end());
  for (auto& frame : copies) frame.receipt.reset();
  return copies;
}

}  // namespace

Result<JudgeParts> open_judge_parts(const ModelConfig& config, Inbox* inbox) {
  auto engine = TRY(Engine::open(config.package, config.threads, OwnCode::yes));
  std::optional<Engine> challenger;
  if (!config.challenger.empty())
    challenger = TRY(Engine::open(config.challenger, config.threads, OwnCode::yes), "challenger");
  auto tracking = TRY(Tracking::make(config));
  auto triggers = TRY(Triggers::make(config, inbox));
  return JudgeParts{std::move(engine), std::move(challenger), std::move(tracking),
                    std::move(triggers)};
}

Judge::Judge(const ModelConfig& config, JudgeParts parts, Answered answered)
    : config_(config),
      engine_(std::move(parts.engine)),
      challenger_(std::move(parts.challenger)),
      tracking_(std::move(parts.tracking)),
      triggers_(std::move(parts.triggers)),
      service_(service_of(engine_, config.name)),
      answered_(std::move(answered)),
      queue_(static_cast<size_t>(engine_.batch())),
      thread_([this] { work(); }) {}

Judge::~Judge() { finish(); }

void Judge::finish() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

bool Judge::offer(Frame frame, Overflow overflow, std::stop_token stop) {
  if (!triggers_.pass(frame)) {
    ++counters_.skipped;
    return false;
  }
  auto put = queue_.put(std::move(frame), overflow, std::move(stop));
  for (const auto& dropped : put.dropped) {
    ++counters_.dropped;
    answered_(dropped, fail(Code::cancelled, "a newer frame came first"));
  }
  return put.accepted;
}

// Asks the triggers about the whole picture, once.
bool Judge::passes(Frame& frame) {
  auto& passed = passed_[frame.source];
  if (passed.sequence != frame.sequence || !frame.piece) {
    auto whole = frame.whole ? *frame.whole : frame;
    passed = {
        .sequence = frame.sequence, .passes = triggers_.pass(whole), .message = whole.message};
    if (!passed.passes) ++counters_.skipped;
  }
  if (!passed.message.empty()) frame.message = passed.message;
  return passed.passes;
}

void Judge::offer_things(Frame frame, const Scene& scene, const Model& finder) {
  if (!passes(frame)) return;
  auto pieces = pieces_of(frame, scene, finder, config_);
  counters_.left_out += pieces.left_out;
  for (auto& piece : pieces.frames) {
    if (piece.receipt) piece.receipt->owe();
    queue_.put(std::move(piece), Overflow::wait, {});
  }
}

bool Judge::insist(const Frame& frame, std::stop_token stop) {
  return queue_.put(frame, Overflow::wait, std::move(stop)).accepted;
}

Service Judge::service() const {
  const std::lock_guard lock(service_mutex_);
  return service_;
}

void Judge::note_result(std::chrono::steady_clock::time_point taken) {
  const auto now = std::chrono::steady_clock::now();
  latency_.add(Stage::total, now - taken, now);
}

void Judge::set_trouble(std::string why) {
  const std::lock_guard lock(service_mutex_);
  service_.trouble = std::move(why);
}

Result<> Judge::replace(Engine engine) {
  std::vector<Frame> frames;
  {
    const std::lock_guard lock(engine_mutex_);
    frames = last_;
  }
  const auto most = static_cast<size_t>(engine.batch());
  for (size_t i = 0; i < frames.size(); i += most) {
    const auto piece = std::span(frames).subspan(i, std::min(most, frames.size() - i));
    for (const auto& scene : TRY(engine.run(piece), "trial"))
      if (!scene) return std::unexpected(Error(scene.error()).in("trial"));
  }
  auto service = service_of(engine, config_.name);
  const std::lock_guard lock(engine_mutex_);
  queue_.set_room(most);
  {
    const std::lock_guard service_lock(service_mutex_);
    service_ = std::move(service);
  }
  std::swap(engine_, engine);
  ++counters_.swaps;
  return {};
}

void Judge::work() {
  for (;;) {
    const auto frames = queue_.take(static_cast<size_t>(service().batch), patience);
    if (frames.empty()) return;
    const std::lock_guard lock(engine_mutex_);
    // A model that was swapped meanwhile may take fewer.
    const auto most = static_cast<size_t>(engine_.batch());
    for (size_t i = 0; i < frames.size(); i += most)
      run(std::span(frames).subspan(i, std::min(most, frames.size() - i)));
  }
}

void Judge::run(std::span<const Frame> frames) {
  const auto started = std::chrono::steady_clock::now();
  auto scenes = engine_.run(frames);
  if (scenes) note_run(frames, started);
  meter_.add(std::chrono::steady_clock::now(), static_cast<int>(frames.size()));
  remember(frames, scenes);
  if (scenes && challenger_) compare(frames, *scenes);
  answer(frames, std::move(scenes));
}

void Judge::note_run(std::span<const Frame> frames, std::chrono::steady_clock::time_point started) {
  const auto& times = engine_.times();
  run_time_ = times.model.count();
  const auto now = std::chrono::steady_clock::now();
  for (const auto& frame : frames) latency_.add(Stage::wait, started - frame.taken, now);
  latency_.add(Stage::preprocess, times.preprocess, now);
  latency_.add(Stage::model, times.model, now);
  latency_.add(Stage::decode, times.decode, now);
}

// Frames on which another model can be tried.
void Judge::remember(std::span<const Frame> frames,
                     const Result<std::vector<Result<Scene>>>& scenes) {
  std::vector<Frame> good;
  for (size_t i = 0; scenes && i < frames.size(); ++i)
    if ((*scenes)[i]) good.push_back(frames[i]);
  if (!good.empty()) last_ = copies_of(good);
}

void Judge::compare(std::span<const Frame> frames, std::vector<Result<Scene>>& scenes) {
  const auto most = static_cast<size_t>(challenger_->batch());
  for (size_t i = 0; i < frames.size(); i += most) {
    const auto others = challenger_->run(frames.subspan(i, std::min(most, frames.size() - i)));
    for (size_t k = 0; others && k < others->size(); ++k) {
      auto& scene = scenes[i + k];
      if (!scene || !(*others)[k]) continue;
      ++counters_.compared;
      scene->disputed =
          gist_of(*scene, engine_.model()) != gist_of(*(*others)[k], challenger_->model());
      if (scene->disputed) ++counters_.disputed;
    }
  }
}

void Judge::answer(std::span<const Frame> frames, Result<std::vector<Result<Scene>>> scenes) {
  for (size_t i = 0; i < frames.size(); ++i) {
    auto scene = scenes ? std::move((*scenes)[i]) : Result<Scene>(std::unexpected(scenes.error()));
    if (scene) {
      scene->model = config_.name;
      tracking_.follow(frames[i], *scene);
      ++counters_.judged;
    } else if (counters_.failed++ == 0) {
      log_warning("model {}: frame {} of {}: {}", config_.name, frames[i].sequence,
                  frames[i].source, scene.error().text);
    }
    const auto score = scene ? best_score_of(*scene) : std::nullopt;
    const bool judged = scene.has_value();
    const auto started = std::chrono::steady_clock::now();
    answered_(frames[i], std::move(scene));
    if (!judged) continue;
    const auto now = std::chrono::steady_clock::now();
    latency_.add(Stage::publish, now - started, now);
    if (score) latency_.add_score(*score, now);
  }
}

}  // namespace turnstone
