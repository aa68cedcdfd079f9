#include "cli/threads_option.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/stderr.h"
#include "cli/command_line.h"
extern "C" {
#include "runtime/cpu.h"
}

namespace turnstone {

void add_threads_option(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "that compute, 0: as many as there are CPUs")
      ->capture_default_str()
      ->check(whole_number(0, 256));
}

void note_threads(int threads) {
  const int count = ts_cpu_count();
  if (threads > count)
    print_stderr("note: {} threads share {} CPU{}, --threads 0 takes one for each\n", threads,
                 count, count == 1 ? "" : "s");
}

}  // namespace turnstone
