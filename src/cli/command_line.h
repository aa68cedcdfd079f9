// What all commands share: parsing of their arguments and the exit codes that scripts depend on.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

inline constexpr int exit_done = 0;
inline constexpr int exit_invalid = 1;      // invalid, unsupported or missing input
inline constexpr int exit_usage = 2;        // the command line is wrong
inline constexpr int exit_unavailable = 3;  // broker, camera, port, clang
inline constexpr int exit_interrupted = 130;

// Parses; a value is the exit code of a program that is to end now (help shown, or a wrong command
// line, which was reported on stderr). No option takes an empty text. CLI11's exceptions end here.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

// CLI11's check of a whole number in [least, most]; what is none is told as such.
CLI::Validator whole_number(int64_t least, int64_t most);

// A file that an output must leave alone, since the command reads it or makes it too, and what it
// is to the user: "the model". An empty path is none.
struct KeptFile {
  std::string_view what;
  std::filesystem::path path;
};

// Whether all of `kept` is still there when `output` is written. Errors: invalid.
Result<> check_replaces_none(const std::filesystem::path& output, std::span<const KeptFile> kept);

// A command of a program; `run` gets its own name as first argument.
struct Command {
  std::string_view name;
  int (*run)(int argc, char** argv);
};

// Runs what `who` does. Returns its exit code, or exit_unavailable when what it printed could not
// be written, which is told on stderr.
int run_printing(std::string_view who, const std::function<int()>& body);

// The whole `main` of `program`: runs the command that the first argument names, or shows which
// there are. Returns an exit code.
int run_command_of(std::string_view program, std::span<const Command> commands, int argc,
                   char** argv);

// The exit code that says what the caller may do about `error`.
int exit_code_of(const Error& error);

// Prints each line of the error as "turnstone COMMAND: ..." on stderr; returns its exit code.
int report(std::string_view command, const Error& error);

// The same of an error that lies in the command line itself; returns exit_usage.
int report_usage(std::string_view command, const Error& error);

}  // namespace turnstone
