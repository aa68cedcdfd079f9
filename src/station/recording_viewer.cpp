#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "base/files.h"
#include "base/text.h"
#include "base/uuid.h"
#include "station/encoding.h"
#include "station/finding.h"
#include "station/kinds.h"
#include "station/stored_object.h"
#include "station/tape.h"

namespace turnstone {
namespace {

// Video clips in a folder.
struct RecordingConfig : EncodingConfig {
  std::string path = {};
  std::string file = "{source}/{year}-{month:02}-{day:02}/{hour:02}{minute:02}{second:02}";
  std::string container = "mkv";
  std::string when = "always";  // or "events"
  std::vector<std::string> labels = {};
  double clip_seconds = 300;
  double before = 5;
  double after = 5;
  int most_mb = 10'240;
  double most_days = 30;
  bool draw = false;
  std::string to = {};
  std::string key = {};
};

const Field<RecordingConfig> own_fields[] = {
    {"path", &RecordingConfig::path, "path", "folder of the clips", {.required = true}},
    {"file",
     &RecordingConfig::file,
     "",
     "name of a clip within it, with places such as {source} and {hour:02}, without the ending",
     {.why_not = why_not<Template::parse>}},
    {"container",
     &RecordingConfig::container,
     "",
     "of the clips; both can be played after a loss of power",
     {.choices = {"mkv", "mp4"}}},
    {"when",
     &RecordingConfig::when,
     "",
     "always, or around events: outcomes with one of `labels`",
     {.choices = {"always", "events"}}},
    {"labels", &RecordingConfig::labels, "", "of outcomes that are events, []: all that find any"},
    {"clip_s",
     &RecordingConfig::clip_seconds,
     "s",
     "longest clip; the next one goes on",
     {.least = 1, .most = 86'400}},
    {"pre_s",
     &RecordingConfig::before,
     "s",
     "that are kept of the time before an event",
     {.least = 0, .most = 600}},
    {"post_s",
     &RecordingConfig::after,
     "s",
     "that are kept of the time after an event",
     {.least = 0, .most = 3600}},
    {"most_mb",
     &RecordingConfig::most_mb,
     "MB",
     "of all clips; then the oldest goes, 0: no limit",
     {.least = 0, .most = 1 << 30}},
    {"most_days",
     &RecordingConfig::most_days,
     "",
     "that a clip is kept, 0: no limit",
     {.least = 0, .most = 100'000}},
    {"draw", &RecordingConfig::draw, "", "scenes are drawn on the pictures"},
    {"to", &RecordingConfig::to, "", "name of a sink of kind s3 that stores the clips, \"\": none"},
    {"key",
     &RecordingConfig::key,
     "",
     "of the stored objects, with places such as {source}; \"\": as in the folder",
     {.why_not = why_not<Template::parse>}},
};
const auto recording_fields = join_fields(own_fields, encoding_fields<RecordingConfig>());

std::chrono::milliseconds ms_of(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

class Recording final : public Viewer {
 public:
  Recording(RecordingConfig config, Template name, std::optional<Template> key)
      : config_(std::move(config)),
        name_(std::move(name)),
        key_(std::move(key)),
        folder_(
            config_.path, "." + config_.container,
            {.most_bytes = int64_t{config_.most_mb} * 1'000'000,
             .most_age = std::chrono::seconds(static_cast<int64_t>(config_.most_days * 86'400))}) {
    folder_.trim({});
  }

  bool wants_scenes() const override { return config_.draw; }
  std::string sends_through() const override { return config_.to; }
  std::vector<Parcel> take_parcels() override { return std::exchange(parcels_, {}); }
  std::string means() const override {
    const std::lock_guard lock(mutex_);
    return means_;
  }

  void notice(const Outcome& outcome) override {
    const auto findings = findings_of(outcome);
    for (size_t i = 0; i < findings.size(); ++i) {
      if (!admits(config_.labels, findings[i].word)) continue;
      const auto taken =
          outcome.frame.planes[0].data ? outcome.frame.taken : std::chrono::steady_clock::now();
      const std::lock_guard lock(mutex_);
      if (events_.size() >= most_events) events_.pop_front();
      events_.emplace_back(outcome.scene.source, TapeEvent{taken, values_of(outcome, i)});
      return;
    }
  }

  Result<> show(const Shown& shown, std::stop_token) override { return of_folder(record(shown)); }

  Result<> finish() override {
    auto result = mark_events();
    for (auto& [source, tape] : tapes_)
      if (auto finished = tape.finish(); !finished && result) result = std::move(finished);
    trim({});
    return of_folder(std::move(result));
  }

 private:
  static constexpr size_t most_events = 1000;
  static constexpr std::chrono::seconds trim_every{10};

  Result<> record(const Shown& shown) {
    auto& tape = tape_of(shown.frame.source);
    const auto frame = TRY(frame_of(shown, config_.draw));
    TRY(tape.add(frame));
    {
      const std::lock_guard lock(mutex_);
      means_ = tape.encoder();
    }
    TRY(mark_events());
    if (frame.taken - trimmed_ >= trim_every) trim(frame.taken);
    return {};
  }

  // Without the name of the clip: the same trouble of the next clip reads the same.
  Result<> of_folder(Result<> result) const {
    if (result || !result.error().text.starts_with(config_.path)) return result;
    const auto& text = result.error().text;
    const auto end = text.find(": ", config_.path.size());
    if (end == text.npos) return result;
    return std::unexpected(Error{result.error().code, config_.path + text.substr(end)});
  }

  Tape& tape_of(const std::string& source) {
    const auto known = tapes_.find(source);
    if (known != tapes_.end()) return known->second;
    const TapeOptions options{
        .source = source,
        .container = config_.container == "mkv" ? Container::mkv : Container::mp4,
        .always = config_.when == "always",
        .most_length = ms_of(config_.clip_seconds),
        .before = ms_of(config_.before),
        .after = ms_of(config_.after),
        .encoding = static_cast<const EncodingConfig&>(config_)};
    return tapes_
        .try_emplace(source, options, folder_, name_,
                     [this](const FinishedClip& clip) { store(clip); })
        .first->second;
  }

  Result<> mark_events() {
    decltype(events_) events;
    {
      const std::lock_guard lock(mutex_);
      events = std::exchange(events_, {});
    }
    Result<> result;
    for (const auto& [source, event] : events)
      if (auto marked = tape_of(source).mark(event); !marked) result = std::move(marked);
    return result;
  }

  void trim(std::chrono::steady_clock::time_point now) {
    trimmed_ = now;
    std::vector<std::filesystem::path> open;
    for (const auto& [source, tape] : tapes_)
      if (const auto clip = tape.open_clip()) open.push_back(*clip);
    folder_.trim(open);
  }

  void store(const FinishedClip& clip) {
    if (config_.to.empty()) return;
    const StoredObject object{.key = key_ ? key_->print(clip.values) : folder_.name_of(clip.path),
                              .type = config_.container == "mkv" ? "video/x-matroska" : "video/mp4",
                              .metadata = metadata_of(clip.values)};
    parcels_.push_back({config_.to,
                        {.id = draw_uuid(),
                         .address = print_stored_object(object),
                         .worth = Worth::video,
                         .file = clip.path}});
  }

  RecordingConfig config_;
  Template name_;
  std::optional<Template> key_;
  ClipFolder folder_;
  std::map<std::string, Tape> tapes_;  // by source
  std::vector<Parcel> parcels_;
  std::chrono::steady_clock::time_point trimmed_;
  mutable std::mutex mutex_;  // of all below
  std::deque<std::pair<std::string, TapeEvent>> events_;
  std::string means_;
};

// Errors: invalid (a template), unavailable (the folder).
Result<std::unique_ptr<Viewer>> open_recording(const RecordingConfig& config) {
  auto name = TRY(Template::parse(config.file), "file");
  std::optional<Template> key;
  if (!config.key.empty()) key = TRY(Template::parse(config.key), "key");
  TRY(make_folder(config.path));
  return std::make_unique<Recording>(config, std::move(name), std::move(key));
}

}  // namespace

const Kind<Viewer> recording_viewer =
    kind_of<Viewer, RecordingConfig, recording_fields, open_recording>("recording",
                                                                       "video clips in a folder");

}  // namespace turnstone
