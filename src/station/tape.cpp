#include "station/tape.h"

#include <algorithm>

#include "base/log.h"
#include "base/number.h"
#include "station/outcome.h"

namespace turnstone {
namespace {

// How much later than its picture an event may come, with nothing missing before it.
constexpr std::chrono::seconds lateness(3);
constexpr size_t most_events = 100;  // that are told of a clip

}  // namespace

std::optional<std::filesystem::path> Tape::open_clip() const {
  return clip_ ? std::optional(clip_->path) : std::nullopt;
}

std::chrono::system_clock::time_point Tape::wall_of(Steady::time_point taken) const {
  return wall_ - std::chrono::duration_cast<std::chrono::system_clock::duration>(taken_ - taken);
}

Result<> Tape::prepare(const Frame& frame) {
  wall_ = frame.wall;
  taken_ = frame.taken;
  if (encoder_ && fits(encoding_, frame)) return {};
  TRY(finish());
  encoding_ = encoder_options_of(options_.encoding, frame);
  encoder_ = TRY(open_encoder(encoding_));
  log_info("source {}: {}x{} recorded with {}", options_.source, frame.width, frame.height,
           encoder_->name());
  return {};
}

Result<> Tape::add(const Frame& frame) {
  auto added = prepare(frame);
  if (added) {
    auto pictures = encoder_->encode(frame);
    if (!pictures) added = std::unexpected(pictures.error());
    for (size_t i = 0; added && i < pictures->size(); ++i) added = keep((*pictures)[i]);
  }
  if (added) return {};
  // What the clip has can still be played.
  if (clip_)
    if (const auto ended = end(); !ended) log_warning("{}", ended.error().text);
  past_.clear();
  encoder_.reset();
  return added;
}

Result<> Tape::keep(const EncodedPicture& picture) {
  const bool full = clip_ && picture.is_key && picture.taken - clip_->began >= options_.most_length;
  if (clip_ && (full || !wants_clip(picture.taken))) TRY(end());
  if (!options_.always) {
    past_.push_back(picture);
    forget_old();
  }
  if (!clip_ && picture.is_key && wants_clip(picture.taken)) TRY(begin(picture, nullptr));
  return clip_ ? write(picture) : Result<>{};
}

// Whole groups of pictures go, so that the first that is left can be shown.
void Tape::forget_old() {
  const auto least = past_.back().taken - options_.before - lateness;
  for (;;) {
    const auto next =
        std::find_if(past_.begin() + 1, past_.end(), [](const auto& each) { return each.is_key; });
    if (next == past_.end() || next->taken > least) return;
    past_.erase(past_.begin(), next);
  }
}

Result<> Tape::mark(const TapeEvent& event) {
  until_ = std::max(until_, event.taken + options_.after);
  if (options_.always || clip_) {
    if (clip_) note(*clip_, event);
    return {};
  }
  auto first = past_.end();
  for (auto each = past_.begin(); each != past_.end(); ++each)
    if (each->is_key && (first == past_.end() || each->taken <= event.taken - options_.before))
      first = each;
  if (first == past_.end()) return {};  // it begins with the next key picture
  TRY(begin(*first, &event));
  for (; first != past_.end(); ++first) TRY(write(*first));
  return {};
}

Result<> Tape::begin(const EncodedPicture& first, const TapeEvent* event) {
  static const auto no_model = std::make_shared<const Model>();
  Outcome outcome{.model = no_model, .scene = {}, .verdict = {}};
  outcome.scene.source = options_.source;
  outcome.scene.wall = wall_of(first.taken);
  auto values = values_of(outcome);
  if (event)
    for (const auto* name : {"label", "class", "score", "model", "part", "id", "frame"})
      if (const auto known = event->values.find(name); known != event->values.end())
        values[name] = known->second;
  const auto path = TRY(folder_.claim(name_.print(values)));
  Json about = {{"file", folder_.name_of(path)},
                {"source", options_.source},
                {"begin", print_time(outcome.scene.wall)},
                {"width", encoding_.width & ~1},
                {"height", encoding_.height & ~1},
                {"encoder", encoder_->name()},
                {"complete", false},
                {"events", Json::array()}};
  // First, so that what has begun is found again when it is to be removed.
  TRY(folder_.describe(path, about));
  auto writer = TRY(turnstone::open_clip(path, options_.container));
  clip_ =
      Clip{path, std::move(writer), std::move(about), std::move(values), first.taken, first.taken};
  if (event) note(*clip_, *event);
  return {};
}

void Tape::note(Clip& clip, const TapeEvent& event) const {
  auto& events = clip.about["events"];
  if (events.size() >= most_events) return;
  Json told = {{"time", print_time(wall_of(event.taken))}};
  for (const auto* name : {"id", "model", "label", "score", "frame", "part"})
    if (const auto known = event.values.find(name); known != event.values.end())
      std::visit([&](const auto& value) { told[name] = value; }, known->second);
  events.push_back(std::move(told));
}

Result<> Tape::write(const EncodedPicture& picture) {
  ++clip_->frames;
  clip_->ended = picture.taken;
  return clip_->writer->write(picture);
}

Result<> Tape::end() {
  auto clip = *std::exchange(clip_, std::nullopt);
  TRY(clip.writer->finish());
  std::error_code ignored;
  const std::chrono::duration<double> length = clip.ended - clip.began;
  clip.about["end"] = print_time(wall_of(clip.ended));
  clip.about["seconds"] = rounded(length.count());
  clip.about["frames"] = clip.frames;
  clip.about["bytes"] = std::filesystem::file_size(clip.path, ignored);
  clip.about["complete"] = true;
  TRY(folder_.describe(clip.path, clip.about));
  done_({clip.path, std::move(clip.about), std::move(clip.values)});
  return {};
}

Result<> Tape::finish() {
  if (!encoder_) return {};
  auto rest = encoder_->finish();
  Result<> kept;
  for (size_t i = 0; rest && kept && i < rest->size(); ++i) kept = keep((*rest)[i]);
  encoder_.reset();
  past_.clear();
  if (clip_) {
    auto ended = end();
    if (kept) kept = std::move(ended);
  }
  if (!rest) return std::unexpected(rest.error());
  return kept;
}

}  // namespace turnstone
