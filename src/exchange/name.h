// An operator's name as a template argument, so that one function serves many rows of a table.
#pragma once

#include <algorithm>
#include <cstddef>

namespace turnstone {

// Made from a literal: unary<"abs">.
template <size_t n>
struct Name {
  constexpr Name(const char (&text)[n]) { std::copy_n(text, n, value); }
  char value[n];
};

}  // namespace turnstone
