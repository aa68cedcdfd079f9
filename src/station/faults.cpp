#include "station/faults.h"

#include <algorithm>

#include "station/showing.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

constexpr size_t most_faults = 24;
constexpr size_t most_waiting = 2;  // a frame may hold memory that its camera needs
constexpr int picture_side = 640;
constexpr int quality = 75;
constexpr std::chrono::seconds soon(10);

// What is wrong with what is seen; nothing where all is well.
std::optional<std::string> find_reject(const Outcome& outcome) {
  if (const auto& verdict = outcome.verdict) {
    const auto word = word_of(*outcome.model, verdict->label);
    if (verdict->label >= 0 && !is_reject(word)) return {};
    return verdict->label < 0
               ? fmt::format("part {}: {}", verdict->part, word)
               : fmt::format("part {}: {} {:.2f}", verdict->part, word, verdict->score);
  }
  if (!outcome.scene.classes.empty()) {
    const auto word = word_of(*outcome.model, outcome.scene.classes.front().label);
    return is_reject(word) ? std::optional(word) : std::nullopt;
  }
  for (const auto& detection : outcome.scene.detections) {
    auto word = label_of(*outcome.model, detection.label);
    if (is_reject(word)) return word;
  }
  return {};
}

}  // namespace

const char* print(FaultKind kind) {
  static constexpr std::array names = {"source", "model", "sink", "cycle", "reject"};
  return names.at(static_cast<size_t>(kind));
}

Faults::Faults() : thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

Faults::~Faults() = default;

bool Faults::repeats(FaultKind kind, const std::string& of, const std::string& text,
                     std::chrono::system_clock::time_point now) {
  const auto same = std::ranges::find_if(
      faults_, [&](const Fault& fault) { return fault.kind == kind && fault.of == of; });
  if (same == faults_.end() || same->text != text || now - same->last > soon) return false;
  ++same->count;
  same->last = now;
  return true;
}

void Faults::add(FaultKind kind, const std::string& of, const std::string& text,
                 std::optional<Shot> shot) {
  const auto now = std::chrono::system_clock::now();
  {
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<size_t>(kind)];
    if (repeats(kind, of, text, now)) return;
    faults_.push_front({++last_number_, kind, of, text, 1, now, now, nullptr});
    if (faults_.size() > most_faults) faults_.pop_back();
    if (!shot || !shot->frame.owner) return;
    shot->frame.receipt.reset();
    waiting_.push_back({last_number_, std::move(*shot)});
    if (waiting_.size() > most_waiting) waiting_.pop_front();
  }
  wake_.notify_one();
}

void Faults::judge(const Outcome& outcome) {
  if (const auto text = find_reject(outcome))
    add(FaultKind::reject, outcome.scene.source, *text, Shot{outcome.frame, outcome});
}

Json Faults::list() const {
  auto list = Json::array();
  const std::lock_guard lock(mutex_);
  for (const auto& fault : faults_)
    list.push_back({{"number", fault.number},
                    {"kind", print(fault.kind)},
                    {"of", fault.of},
                    {"text", fault.text},
                    {"count", fault.count},
                    {"time", print_time(fault.first)},
                    {"last", print_time(fault.last)},
                    {"picture", fault.picture ? Json(fmt::format("/fault/{}.jpg", fault.number))
                                              : Json(nullptr)}});
  return list;
}

Faults::Fault* Faults::find(int64_t number) {
  const auto found = std::ranges::find(faults_, number, &Fault::number);
  return found == faults_.end() ? nullptr : &*found;
}

std::shared_ptr<const std::string> Faults::picture(int64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(faults_, number, &Fault::number);
  return found == faults_.end() ? nullptr : found->picture;
}

int64_t Faults::count(FaultKind kind) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<size_t>(kind)];
}

void Faults::work(std::stop_token stop) {
  for (;;) {
    std::optional<Waiting> next;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const auto& [frame, outcome] = next->shot;
    const auto banner = outcome ? banner_of(*outcome) : Banner{};
    const auto jpeg = jpeg_of({frame, outcome, banner}, quality, picture_side);
    if (!jpeg) continue;
    auto bytes = std::make_shared<const std::string>(as_text(*jpeg));
    const std::lock_guard lock(mutex_);
    if (auto* fault = find(next->number)) fault->picture = std::move(bytes);
  }
}

}  // namespace turnstone
