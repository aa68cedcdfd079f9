// What the CPU could do at most: a loop of fused multiply-adds on registers.
#pragma once

#include <string_view>

namespace turnstone {

// Float GFLOP/s (a multiply-add counts as two) of `threads` threads at once, each using the widest
// vectors of this CPU that code for `variant` may use, which the runtime names: those of this CPU
// where the name does not tell. Takes about 50 ms.
double measure_peak_gflops(int threads, std::string_view variant);

}  // namespace turnstone
