// Words on standard error.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace turnstone {

// What cannot be written is lost: there is nowhere left to tell it. Never throws for that, unlike
// fmt::print.
template <class... Args>
void print_stderr(fmt::format_string<Args...> format, Args&&... args) {
  const auto text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace turnstone
