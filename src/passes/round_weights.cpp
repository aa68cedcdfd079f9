#include "passes/round_weights.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "ops/narrow.h"

namespace turnstone {
namespace {

// The bits of the number of a 16-bit type next to one with the bits `bits`, which is `value`, on
// the side of `wanted`; nothing where that is infinite. Both types have a sign in front of bits
// that grow with the number.
std::optional<uint16_t> neighbour(uint16_t bits, double value, double wanted, DType type) {
  if (value == 0) return wanted < 0 ? 0x8001 : 0x0001;
  const bool is_outwards = (wanted > value) == (value > 0);
  const auto next = static_cast<uint16_t>(is_outwards ? bits + 1 : bits - 1);
  const uint16_t infinity = type == DType::f16 ? 0x7c00 : 0x7f80;
  if ((next & 0x7fff) == infinity) return {};
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

  Tensor take() { return std::move(narrow_); }

 private:
  std::span<const float> wide_;
  DType type_;
  Tensor narrow_;
  std::span<uint16_t> bits_;
  std::vector<Turn> turns_;
  std::vector<double> of_channel_;
};

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

}  // namespace turnstone
