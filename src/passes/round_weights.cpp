#include "passes/round_weights.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <thread>

#include "ops/narrow.h"

namespace turnstone {
namespace {

int infinity_of(DType type) { return type == DType::f16 ? 0x7c00 : 0x7f80; }

// The bits of the number of a 16-bit type next to one with the bits `bits`, which is `value`, on
// the side of `wanted`; nothing where that is infinite. Both types have a sign in front of bits
// that grow with the number.
std::optional<uint16_t> neighbour(uint16_t bits, double value, double wanted, DType type) {
  if (value == 0) return wanted < 0 ? 0x8001 : 0x0001;
  const bool is_outwards = (wanted > value) == (value > 0);
  const auto next = static_cast<uint16_t>(is_outwards ? bits + 1 : bits - 1);
  if ((next & 0x7fff) == infinity_of(type)) return {};
  return next;
}

double value_of(uint16_t bits, DType type) {
  if (type == DType::f16) {
    Half half;
    half.bits = bits;
    return static_cast<float>(half);
  }
  BFloat16 brain;
  brain.bits = bits;
  return static_cast<float>(brain);
}

// The nearest number of the type.
uint16_t bits_of(double value, DType type) {
  const auto real = static_cast<float>(value);
  return type == DType::f16 ? Half(real).bits : BFloat16(real).bits;
}

// A weight that could be rounded the other way.
struct Turn {
  int64_t at;  // in the tensor
  size_t channel;
  uint16_t bits;
  double before, after;  // its error
  double cost() const { return after * after - before * before; }
};

// Where the weights of one output are.
struct Run {
  int64_t first, step, count;
  size_t channels;  // element i is of channel i % channels
};

// In what order the weights of a run are rounded, from the last of `inputs` to the first, and what
// of a weight's error the others, before it in the list, have to take back.
struct Feedback {
  std::vector<size_t> inputs;  // of the run
  std::vector<float> factor;   // lower [count][count], of the covariance in that order (Cholesky)
};

class Rounder {
 public:
  Rounder(const Tensor& wide, DType type)
      : wide_(wide.as<float>()), type_(type), narrow_(narrowed(wide, type)) {
    bits_ = {reinterpret_cast<uint16_t*>(narrow_.mutable_bytes()),
             static_cast<size_t>(narrow_.size())};
  }

  void settle(const Run& run) {
    turns_.clear();
    of_channel_.assign(run.channels, 0);
    double sum = 0;
    for (int64_t i = 0; i < run.count; ++i) {
      const auto at = run.first + i * run.step;
      const auto channel = static_cast<size_t>(i) % run.channels;
      const double wanted = wide_[static_cast<size_t>(at)];
      const auto bits = bits_[static_cast<size_t>(at)];
      const auto value = narrow_.real_at(at);
      const auto error = value - wanted;
      if (error == 0) continue;
      sum += error;
      of_channel_[channel] += error;
      if (const auto other = neighbour(bits, value, wanted, type_))
        turns_.push_back({at, channel, *other, error, value_of(*other, type_) - wanted});
    }
    // The cheapest first; equal ones in their order, so that every machine rounds alike.
    std::ranges::stable_sort(turns_, {}, &Turn::cost);
    const bool has_windows = run.count > static_cast<int64_t>(run.channels);
    for (const auto& turn : turns_) {
      const auto change = turn.after - turn.before;
      auto& channel = of_channel_[turn.channel];
      const auto grows = [change](double s) { return change * (2 * s + change); };  // of a square
      // Variance and mean weigh the same; of the variance, half is what a window's inputs share.
      const auto apart = has_windows ? (turn.cost() + grows(channel)) / 2 : turn.cost();
      if (apart + grows(sum) >= 0) continue;
      bits_[static_cast<size_t>(turn.at)] = turn.bits;
      sum += change;
      channel += change;
    }
  }

  // The weights of one output whose inputs those of `feedback` are; the first is element `first`.
  // Threads may settle different weights at once.
  void settle(int64_t first, int64_t step, const Feedback& feedback) {
    const auto count = feedback.inputs.size();
    std::vector<float> shift(count);
    for (size_t k = count; k-- > 0;) {
      const auto* l = feedback.factor.data() + k * count;
      const auto at = static_cast<size_t>(first + static_cast<int64_t>(feedback.inputs[k]) * step);
      const double wide = wide_[at];
      choose(at, wide - static_cast<double>(shift[k] / l[k]));
      const auto error = static_cast<float>(value_of(bits_[at], type_) - wide);
      if (error != 0)
        for (size_t i = 0; i < k; ++i) shift[i] += error * l[i];
    }
  }

  Tensor take() { return std::move(narrow_); }

 private:
  // What is nearest to `wanted`, of those at most two steps from the nearest to the weight.
  void choose(size_t at, double wanted) {
    const auto nearest = bits_[at];
    if (value_of(nearest, type_) == wide_[at]) return;
    const auto best = bits_of(wanted, type_);
    if ((best ^ nearest) & 0x8000) return;
    const int largest = infinity_of(type_) - 1, size = nearest & 0x7fff;
    const auto kept = std::clamp(best & 0x7fff, std::max(size - 2, 0), std::min(size + 2, largest));
    bits_[at] = static_cast<uint16_t>((nearest & 0x8000) | kept);
  }

  std::span<const float> wide_;
  DType type_;
  Tensor narrow_;
  std::span<uint16_t> bits_;
  std::vector<Turn> turns_;
  std::vector<double> of_channel_;
};

// How inputs first .. first + count vary together: [count][count], the part at and below the
// diagonal.
std::vector<float> covariance_of(const Tensor& rows, size_t first, size_t count) {
  const auto values = rows.as<float>();
  const auto positions = static_cast<size_t>(rows.shape()[0]);
  const auto width = static_cast<size_t>(rows.shape()[1]);
  std::vector<float> sums(count * count), centred(count);
  std::vector<double> mean(count);
  for (size_t p = 0; p < positions; ++p)
    for (size_t i = 0; i < count; ++i)
      mean[i] += values[p * width + first + i] / static_cast<double>(positions);
  for (size_t p = 0; p < positions; ++p) {
    for (size_t i = 0; i < count; ++i)
      centred[i] = static_cast<float>(values[p * width + first + i] - mean[i]);
    for (size_t i = 0; i < count; ++i)
      for (size_t j = 0; j <= i; ++j) sums[i * count + j] += centred[i] * centred[j];
  }
  for (auto& sum : sums) sum /= static_cast<float>(positions);
  return sums;
}

constexpr size_t run_length = 512;
// Of the mean variance, added to each input's own: covariances of few positions are not certain.
constexpr float damping = 0.01F;

// Those of little variance stand first: rounded last, their own errors matter least.
Feedback feedback_of(const Tensor& rows, size_t first, size_t count) {
  const auto covariance = covariance_of(rows, first, count);
  Feedback feedback;
  auto& order = feedback.inputs;
  for (size_t i = 0; i < count; ++i) order.push_back(i);
  const auto variance = [&](size_t i) { return covariance[i * count + i]; };
  std::ranges::stable_sort(order, {}, variance);
  float trace = 0;
  for (size_t i = 0; i < count; ++i) trace += variance(i);
  const auto least = std::max(damping * trace / static_cast<float>(count), 1e-30F);
  auto& l = feedback.factor;
  l.resize(count * count);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j <= i; ++j) {
      const auto [low, high] = std::minmax(order[i], order[j]);
      l[i * count + j] = covariance[high * count + low] + (i == j ? least : 0);
    }
  std::vector<float> column(count);
  for (size_t k = 0; k < count; ++k) {
    const auto diagonal = std::sqrt(std::max(l[k * count + k], least));
    for (size_t i = k; i < count; ++i)
      column[i] = l[i * count + k] = i == k ? diagonal : l[i * count + k] / diagonal;
    for (size_t i = k + 1; i < count; ++i)
      for (size_t j = k + 1; j <= i; ++j) l[i * count + j] -= column[i] * column[j];
  }
  return feedback;
}

// Where the weights of outputs are: weight i of output o is element o * output_step + i *
// input_step.
struct Strides {
  int64_t outputs, inputs;  // how many
  int64_t output_step, input_step;
};

Strides strides_of(const Tensor& wide, WeightOrder order) {
  const auto& shape = wide.shape();
  if (order == WeightOrder::rows) {
    const auto each = wide.size() / shape[0];
    return {shape[0], each, each, 1};
  }
  const auto outputs = shape.back(), inputs = shape[shape.size() - 2];
  CHECK(outputs * inputs == wide.size());
  return {outputs, inputs, 1, outputs};
}

// Does tasks 0 .. count on all processors.
template <class Do>
void share_out(size_t count, Do work) {
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    for (size_t task; (task = next++) < count;) work(task);
  };
  std::vector<std::jthread> helpers;
  const size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
  for (size_t i = 1; i < std::min(count, processors); ++i) helpers.emplace_back(take);
  take();
}

}  // namespace

Tensor round_weights(const Tensor& wide, DType type, WeightOrder order) {
  CHECK(wide.dtype() == DType::f32 && (type == DType::f16 || type == DType::bf16));
  Rounder rounder(wide, type);
  const auto& shape = wide.shape();
  if (wide.size() == 0) return rounder.take();
  if (order == WeightOrder::rows) {
    const auto each = wide.size() / shape[0];
    for (int64_t o = 0; o < shape[0]; ++o)
      rounder.settle({o * each, 1, each, static_cast<size_t>(shape.back())});
  } else {
    const auto outputs = shape.back(), inputs = shape[shape.size() - 2];
    for (int64_t matrix = 0; matrix < wide.size(); matrix += inputs * outputs)
      for (int64_t o = 0; o < outputs; ++o)
        rounder.settle({matrix + o, outputs, inputs, static_cast<size_t>(inputs)});
  }
  return rounder.take();
}

Tensor round_weights(const Tensor& wide, DType type, WeightOrder order,
                     std::span<const ProductInputs> inputs) {
  CHECK(wide.dtype() == DType::f32 && (type == DType::f16 || type == DType::bf16));
  Rounder rounder(wide, type);
  if (wide.size() == 0) return rounder.take();
  const auto strides = strides_of(wide, order);
  const auto each = strides.outputs / std::ssize(inputs);
  const auto all = static_cast<size_t>(strides.inputs);
  for (int64_t group = 0; group < std::ssize(inputs); ++group) {
    const auto& rows = inputs[static_cast<size_t>(group)].rows;
    CHECK(rows.shape()[1] == strides.inputs);
    share_out((all + run_length - 1) / run_length, [&](size_t run) {
      const auto first = run * run_length;
      const auto feedback = feedback_of(rows, first, std::min(run_length, all - first));
      for (int64_t o = group * each; o < (group + 1) * each; ++o)
        rounder.settle(o * strides.output_step + static_cast<int64_t>(first) * strides.input_step,
                       strides.input_step, feedback);
    });
  }
  return rounder.take();
}

Tensor mean_change(const Tensor& wide, const Tensor& narrow, WeightOrder order,
                   std::span<const ProductInputs> inputs, bool is_centred) {
  const auto strides = strides_of(wide, order);
  const auto each = strides.outputs / std::ssize(inputs);
  Tensor change(DType::f32, {strides.outputs});
  for (int64_t group = 0; group < std::ssize(inputs); ++group) {
    const auto& mean = inputs[static_cast<size_t>(group)].mean;
    for (int64_t o = group * each; o < (group + 1) * each; ++o) {
      double sum = 0;
      for (int64_t i = 0; i < strides.inputs; ++i) {
        const auto at = o * strides.output_step + i * strides.input_step;
        const auto weight = wide.real_at(at) - (is_centred ? 0 : narrow.real_at(at));
        sum += weight * mean[static_cast<size_t>(i)];
      }
      change.set_real(o, sum);
    }
  }
  return change;
}

}  // namespace turnstone
