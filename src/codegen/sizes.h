// Whole numbers of tiles, vectors and cache lines.
#pragma once

#include <cstdint>

namespace turnstone {

// How many pieces of `piece` elements hold `n` of them; both are positive, or n is 0.
constexpr int64_t ceil_div(int64_t n, int64_t piece) { return (n + piece - 1) / piece; }

// The bytes of whole cache lines that hold so many.
constexpr int64_t whole_lines(int64_t bytes) { return ceil_div(bytes, 64) * 64; }

}  // namespace turnstone
