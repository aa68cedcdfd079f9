#include "quantize/judge.h"

#include <algorithm>
#include <cmath>

#include "quantize/layer_errors.h"

namespace turnstone::int8 {

int64_t best_class(const Tensor& scores) {
  int64_t best = 0;
  for (int64_t i = 1; i < scores.size(); ++i)
    if (scores.real_at(i) > scores.real_at(best)) best = i;
  return best;
}

void Judgement::add(std::span<const Tensor> actual, std::span<const Tensor> expected) {
  CHECK(actual.size() == expected.size());
  ++pictures_;
  if (classes_) agreeing_ += best_class(actual[*classes_]) == best_class(expected[*classes_]);
  for (size_t i = 0; i < actual.size(); ++i) {
    double noise = 0, signal = 0;
    for (int64_t k = 0; k < actual[i].size(); ++k) {
      const auto wanted = expected[i].real_at(k);
      const auto error = actual[i].real_at(k) - wanted;
      noise += error * error;
      signal += wanted * wanted;
    }
    ++outputs_;
    errors_ += signal > 0 ? std::sqrt(noise / signal) : noise > 0 ? 1 : 0;
    noise_ += noise;
    signal_ += signal;
  }
}

double Judgement::relative_error() const {
  return outputs_ ? errors_ / static_cast<double>(outputs_) : 0;
}

double Judgement::snr_db() const { return LayerError{{}, noise_, signal_}.snr_db(); }

double Judgement::drop_percent() const {
  if (!classes_) return 100 * relative_error();
  return pictures_
             ? 100 * static_cast<double>(pictures_ - agreeing_) / static_cast<double>(pictures_)
             : 0;
}

}  // namespace turnstone::int8
