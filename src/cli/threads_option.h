// --threads N
#pragma once

#include <CLI/CLI.hpp>

namespace turnstone {

// Adds the option to a command that computes with `threads` threads, 0: as many as there are CPUs.
void add_threads_option(CLI::App& app, int& threads);

// Notes on stderr that there are fewer CPUs than threads, which then wait for one another.
void note_threads(int threads);

}  // namespace turnstone
