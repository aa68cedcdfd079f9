#include "station/latency.h"

#include <cmath>

namespace turnstone {
namespace {

constexpr std::chrono::seconds step(2);

int64_t number_of(Latency::Time now) { return now.time_since_epoch() / step; }

Json shown(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

const char* print(Stage stage) {
  static constexpr std::array names = {"wait", "preprocess", "model", "decode", "publish", "total"};
  return names.at(static_cast<size_t>(stage));
}

void Latency::Mean::add(double value) {
  least = count == 0 ? value : std::min(least, value);
  most = count == 0 ? value : std::max(most, value);
  sum += value;
  ++count;
}

Latency::Step& Latency::step_of(Time now) {
  const auto number = number_of(now);
  auto& found = steps_[static_cast<size_t>(number) % steps_.size()];
  if (found.number != number) found = {.number = number, .score = {}, .ms = {}};
  return found;
}

void Latency::add(Stage stage, std::chrono::nanoseconds took, Time now) {
  took = std::max(took, std::chrono::nanoseconds(0));
  histograms_[index_of(stage)].add(took);
  const std::lock_guard lock(mutex_);
  step_of(now).ms[index_of(stage)].add(static_cast<double>(took.count()) / 1e6);
}

void Latency::add_score(float score, Time now) {
  const std::lock_guard lock(mutex_);
  step_of(now).score.add(score);
}

Json Latency::course(Time now) const {
  Json json = {
      {"step_s", step.count()},
      {"score", {{"least", Json::array()}, {"mean", Json::array()}, {"most", Json::array()}}},
      {"ms", Json::object()},
      {"slowest_ms", Json::array()}};
  for (const auto stage : all_stages) json["ms"][print(stage)] = Json::array();
  const auto put = [](Json& column, const Mean& mean, double value) {
    column.push_back(mean.count > 0 ? shown(value) : Json(nullptr));
  };
  const auto last = number_of(now);
  const std::lock_guard lock(mutex_);
  for (auto number = last - static_cast<int64_t>(steps_.size()) + 1; number <= last; ++number) {
    static const Step empty;
    const auto& found = steps_[static_cast<size_t>(number) % steps_.size()];
    const auto& [at, score, ms] = found.number == number ? found : empty;
    const auto mean_of = [](const Mean& mean) {
      return mean.sum / static_cast<double>(mean.count);
    };
    put(json["score"]["least"], score, score.least);
    put(json["score"]["mean"], score, mean_of(score));
    put(json["score"]["most"], score, score.most);
    for (const auto stage : all_stages)
      put(json["ms"][print(stage)], ms[index_of(stage)], mean_of(ms[index_of(stage)]));
    const auto& total = ms[index_of(Stage::total)];
    put(json["slowest_ms"], total, total.most);
  }
  return json;
}

}  // namespace turnstone
