// Numbers as texts write them, and as many digits as are worth it.
#pragma once

#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace turnstone {

// The number that the whole of `text` is, as std::from_chars reads it: without blanks and a plus.
// Nothing where it is none, or does not fit.
template <class Number>
std::optional<Number> find_number(std::string_view text) {
  Number value = 0;
  const auto* end = std::to_address(text.end());
  const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, value);
  if (error != std::errc() || stop != end) return {};
  return value;
}

// To six decimals: more would only be noise, of a float that became a double or of a clock.
inline double rounded(double value) { return std::round(value * 1e6) / 1e6; }

}  // namespace turnstone
