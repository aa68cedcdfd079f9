// What the CPU could do at most: loops of multiply-adds on registers.
#pragma once

#include <string_view>

#include "runtime/include/turnstone.h"

namespace turnstone {

// GFLOP/s (a multiply-add counts as two) of `threads` threads at once, each using the widest
// vectors of this CPU that code for `variant` may use, which the runtime names: those of this CPU
// where the name does not tell. Of f32 by fused multiply-adds; of bytes by vpdpbusd, by tiles or,
// where the variant has neither, by vpmaddubsw with sums of 16 bits, which code that must be exact
// cannot reach; of bf16 by tiles, which the runtime asks Linux for where the code has some. 0 where
// there is no such loop. Takes about 50 ms.
double measure_peak_gflops(int threads, std::string_view variant, ts_products products);

}  // namespace turnstone
