// Whole numbers of tiles, vectors and cache lines.
#pragma once

#include <algorithm>
#include <cstdint>

namespace turnstone {

// How many pieces of `piece` elements hold `n` of them; both are positive, or n is 0.
constexpr int64_t ceil_div(int64_t n, int64_t piece) { return (n + piece - 1) / piece; }

// The bytes of whole cache lines that hold so many.
constexpr int64_t whole_lines(int64_t bytes) { return ceil_div(bytes, 64) * 64; }

// The least size of parts with which `all` needs no more of them than with `most`, at least 1.
constexpr int64_t even_share(int64_t all, int64_t most) {
  return ceil_div(all, ceil_div(all, std::max<int64_t>(1, most)));
}

}  // namespace turnstone
