// The order in which a panel multiplies its inputs, so that products of bytes fit 16 bits.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace turnstone {

// Inputs that gemm/picked loads at a time; its steps take four of them.
inline constexpr int64_t picked_block = 16;

// Weights as [input][channel], from `w`, which is [channel][depth]: of `length` inputs and of
// `channels` channels.
std::vector<int8_t> weights_of_run(std::span<const int8_t> w, int64_t depth, int64_t first_channel,
                                   int64_t channels, int64_t first_input, int64_t length);

// A convolution as panels see it: of each group `channels` results, `width` of them in a panel,
// each a sum over `depth` inputs, which lie in runs of `length`.
struct PanelRuns {
  int64_t groups = 1, channels = 0, width = 0, depth = 0, length = 0;
};

// Calls visit(weights of a run as above, channels) for each run of each panel, group by group.
void visit_runs(std::span<const int8_t> w, const PanelRuns& runs,
                const std::function<void(std::span<const int8_t>, int64_t)>& visit);

// How gemm/picked goes through a run of inputs: in four a step, and some extra steps behind.
struct Picks {
  std::vector<int64_t> inputs;  // of the run, for each depth step; -1 where there is none
  std::vector<uint8_t> order;   // what the kernel reads of them
  int64_t extra_steps = 0;
  int64_t blocks = 0;  // whole ones, though some of their inputs may be -1
  int64_t fours = 0;   // and how many have sums of four

  // Adds extra steps, before which the run ends.
  void fill_up(int64_t steps);
};

// Whether a run of so many inputs can be picked from.
bool is_picked_length(int64_t length);

// Finds the order for a run whose weights are [input][channel], of up to 32 channels. Four products
// are added in 16 bits wherever an order for that is found; inputs that fit beside no others stand
// in extra steps.
Picks pick_inputs(std::span<const int8_t> weights, int64_t channels);

// The extra steps that it takes.
int64_t extra_steps(std::span<const int8_t> weights, int64_t channels);

}  // namespace turnstone
