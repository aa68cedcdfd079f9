// Runs another program and waits for it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace turnstone {

struct ProcessResult {
  int status = 0;      // exit status; 128 + signal when a signal ended it
  std::string output;  // stdout and stderr together, at most 1 MiB
};

// Runs `arguments[0]`, looked up in PATH, without a shell, in `folder` (empty: the current one),
// with no standard input. Errors: unavailable when it cannot be started or takes longer than
// `longest`; cancelled when the user interrupts (base/interrupt.h). It is then asked to end, with
// what it started, and killed after five seconds. It is killed as well when the calling thread
// ends, so that nothing is left behind. A non-zero status is not an error here.
Result<ProcessResult> run_process(const std::vector<std::string>& arguments,
                                  const std::filesystem::path& folder = {},
                                  std::chrono::seconds longest = std::chrono::seconds(600));

// Path of the first of `names` that PATH holds, or "".
std::string find_program(const std::vector<std::string>& names);

}  // namespace turnstone
