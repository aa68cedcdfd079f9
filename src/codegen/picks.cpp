#include "codegen/picks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "base/result.h"

namespace turnstone {
namespace {

constexpr int most_inputs = static_cast<int>(picked_block);
constexpr size_t most_channels = 32;
constexpr int most_sum = 128;  // times 255 is the most that 16 bits hold, and -128 times the least

using Mask = uint32_t;  // of the inputs of a block

int first_of(Mask inputs) { return std::countr_zero(inputs); }
Mask bit(int input) { return Mask{1} << input; }

// Twos of inputs, and inputs that stand alone.
struct Twos {
  std::vector<int> pairs, alone;
};

// The inputs of one block in twos, or fours, whose weights of one sign sum up to little enough in
// every channel: a search that tries what may stand beside the first input that is left.
class Block {
 public:
  // `weights` of up to 16 inputs.
  Block(std::span<const int8_t> weights, size_t channels)
      : inputs_(static_cast<int>(weights.size() / channels)), width_(2 * channels) {
    std::array<Sums, most_inputs> own = {};
    for (size_t i = 0; i < weights.size(); ++i) {
      own[i / channels][i % channels] = static_cast<uint8_t>(std::max<int>(weights[i], 0));
      own[i / channels][channels + i % channels] = static_cast<uint8_t>(std::max(-weights[i], 0));
    }
    for (int i = 0; i < inputs_; ++i)
      for (int j = i + 1; j < inputs_; ++j) {
        if (!fit(own[at(i)], own[at(j)])) continue;
        beside_[at(i)] |= bit(j);
        beside_[at(j)] |= bit(i);
        for (size_t n = 0; n < width_; ++n)
          two(i, j)[n] = static_cast<uint8_t>(own[at(i)][n] + own[at(j)][n]);
      }
  }

  // With as few alone as can be.
  Twos twos() {
    for (int alone = inputs_ % 2;; alone += 2) {
      found_ = {};
      alone_.clear();
      hopeless_.fill(-1);
      if (take_twos(all(), alone)) return {found_, alone_};
    }
  }

  // Every four of the result; absent where none are found, or not quickly, or of fewer inputs.
  std::optional<std::vector<int>> fours() {
    if (inputs_ < most_inputs) return std::nullopt;
    found_.clear();
    hopeless_.fill(-1);
    tries_ = most_tries;
    return take_fours(all()) ? std::optional(found_) : std::nullopt;
  }

  int inputs() const { return inputs_; }

 private:
  static constexpr int most_tries = 5000;  // some 50 microseconds

  using Sums = std::array<uint8_t, 2 * most_channels>;  // of weights above zero, then below

  static size_t at(int i) { return static_cast<size_t>(i); }
  Mask all() const { return bit(inputs_) - 1; }
  Sums& two(int i, int j) { return twos_[at(i * most_inputs + j)]; }

  bool fit(const Sums& a, const Sums& b) const {
    bool fits = true;
    for (size_t n = 0; n < width_; ++n) fits &= a[n] + b[n] <= most_sum;
    return fits;
  }

  // With up to so many alone.
  bool take_twos(Mask left, int alone) {
    if (left == 0) return true;
    if (hopeless_[left] >= alone) return false;
    const auto i = first_of(left);
    for (auto others = left & beside_[at(i)]; others != 0; others &= others - 1) {
      const auto j = first_of(others);
      found_.insert(found_.end(), {i, j});
      if (take_twos(left & ~bit(i) & ~bit(j), alone)) return true;
      found_.resize(found_.size() - 2);
    }
    if (alone > 0) {
      alone_.push_back(i);
      if (take_twos(left & ~bit(i), alone - 1)) return true;
      alone_.pop_back();
    }
    hopeless_[left] = static_cast<int8_t>(alone);
    return false;
  }

  bool take_fours(Mask left) {
    if (left == 0) return true;
    if (hopeless_[left] >= 0) return false;
    const auto i = first_of(left);
    for (auto second = left & beside_[at(i)]; second != 0; second &= second - 1) {
      const auto j = first_of(second);
      for (auto third = second & beside_[at(j)]; third != 0; third &= third - 1) {
        const auto k = first_of(third);
        for (auto fourth = third & beside_[at(k)]; fourth != 0; fourth &= fourth - 1) {
          const auto l = first_of(fourth);
          if (tries_-- <= 0 || !fit(two(i, j), two(k, l))) continue;
          found_.insert(found_.end(), {i, j, k, l});
          if (take_fours(left & ~bit(i) & ~bit(j) & ~bit(k) & ~bit(l))) return true;
          found_.resize(found_.size() - 4);
        }
      }
    }
    hopeless_[left] = 0;
    return false;
  }

  int inputs_;
  size_t width_;
  std::array<Mask, most_inputs> beside_ = {};  // what fits with an input
  std::array<Sums, size_t{most_inputs} * most_inputs> twos_;
  std::vector<int> found_, alone_;
  // For inputs that are left, with how many alone no order was found; -1: not tried.
  std::array<int8_t, size_t{1} << most_inputs> hopeless_;
  int tries_ = 0;
};

constexpr int64_t step_inputs = 4;

int64_t filled(int64_t inputs) { return (inputs + step_inputs - 1) / step_inputs * step_inputs; }

// The inputs from `first` on, as many as a block has or the run.
Block block_of(std::span<const int8_t> weights, int64_t channels, int64_t first) {
  const auto rest = weights.subspan(static_cast<size_t>(first * channels));
  const auto most = static_cast<size_t>(picked_block * channels);
  return {rest.first(std::min(rest.size(), most)), static_cast<size_t>(channels)};
}

// Pairs 0 and 1 are of one step, 2 and 3 of the next; the kernel adds what stands in the same place
// of both.
std::vector<int> as_steps(const std::vector<int>& fours) {
  std::vector<int> inputs;
  for (size_t i = 0; i < fours.size(); i += 8)
    for (const size_t j : {0, 1, 4, 5, 2, 3, 6, 7}) inputs.push_back(fours[i + j]);
  return inputs;
}

// Whole steps; -1 stands beside what is alone.
std::vector<int> as_steps(const Twos& twos) {
  auto inputs = twos.pairs;
  for (const auto alone : twos.alone) inputs.insert(inputs.end(), {alone, -1});
  inputs.resize(static_cast<size_t>(filled(static_cast<int64_t>(inputs.size()))), -1);
  return inputs;
}

// Three bits of a number, in the bits 4 to 6 that do not pick.
uint8_t part_of(int64_t number, size_t place) {
  return static_cast<uint8_t>((number >> (3 * place) & 7) << 4);
}

}  // namespace

std::vector<int8_t> weights_of_run(std::span<const int8_t> w, int64_t depth, int64_t first_channel,
                                   int64_t channels, int64_t first_input, int64_t length) {
  std::vector<int8_t> run;
  for (int64_t k = 0; k < length; ++k)
    for (int64_t n = 0; n < channels; ++n)
      run.push_back(w[static_cast<size_t>((first_channel + n) * depth + first_input + k)]);
  return run;
}

void visit_runs(std::span<const int8_t> w, const PanelRuns& runs,
                const std::function<void(std::span<const int8_t>, int64_t)>& visit) {
  for (int64_t group = 0; group < runs.groups; ++group)
    for (int64_t first = 0; first < runs.channels; first += runs.width) {
      const auto channels = std::min(runs.width, runs.channels - first);
      for (int64_t input = 0; input < runs.depth; input += runs.length)
        visit(weights_of_run(w, runs.depth, group * runs.channels + first, channels, input,
                             runs.length),
              channels);
    }
}

void Picks::fill_up(int64_t steps) {
  const auto size = order.size() + static_cast<size_t>((steps - extra_steps) * step_inputs);
  constexpr uint8_t ends_here = 128;
  if (order.size() < size) order.push_back(ends_here);
  inputs.resize(size, -1);
  order.resize(size, 0);
  extra_steps = steps;
}

bool is_picked_length(int64_t length) {
  constexpr int64_t most = 1 << 14;  // that extra steps can tell
  return filled(length) >= picked_block && length <= most;
}

Picks pick_inputs(std::span<const int8_t> weights, int64_t channels) {
  constexpr uint8_t fours_bit = 64;
  const auto length = static_cast<int64_t>(weights.size()) / channels;
  CHECK(channels <= int64_t{most_channels} && is_picked_length(length));
  Picks picks, extra;
  for (int64_t first = 0; first < length; first += picked_block) {
    // What is left over is picked from the last inputs of the run.
    const auto base = std::min(first, filled(length) - picked_block);
    auto block = block_of(weights, channels, first);
    const auto fours = block.fours();
    const auto inputs = fours ? as_steps(*fours) : as_steps(block.twos());
    picks.blocks += filled(block.inputs()) == picked_block;  // whole ones to the kernel
    picks.fours += fours.has_value();
    const auto room = static_cast<size_t>(filled(block.inputs()));
    for (size_t k = 0; k < inputs.size(); ++k) {
      auto& to = k < room ? picks : extra;
      const auto input = inputs[k] < 0 ? -1 : first + inputs[k];
      auto order = static_cast<uint8_t>(input < 0 ? 0 : input - base);
      if (k == 0 && fours) order |= fours_bit;
      if (k >= room) order |= part_of(base / step_inputs, k % step_inputs);
      to.inputs.push_back(input);
      to.order.push_back(order);
    }
  }
  picks.extra_steps = static_cast<int64_t>(extra.order.size()) / step_inputs;
  picks.inputs.insert(picks.inputs.end(), extra.inputs.begin(), extra.inputs.end());
  picks.order.insert(picks.order.end(), extra.order.begin(), extra.order.end());
  return picks;
}

int64_t extra_steps(std::span<const int8_t> weights, int64_t channels) {
  const auto length = static_cast<int64_t>(weights.size()) / channels;
  int64_t inputs = 0;
  for (int64_t first = 0; first < length; first += picked_block) {
    auto block = block_of(weights, channels, first);
    inputs += static_cast<int64_t>(as_steps(block.twos()).size()) - filled(block.inputs());
  }
  return inputs / step_inputs;
}

}  // namespace turnstone
