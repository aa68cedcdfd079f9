// turnstone: starts the program that has the command. Programs stand beside this one, so that a
// device can have the station without compiler, trainer and hub.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/stderr.h"
#include "base/text.h"
#include "cli/command_line.h"

namespace {

struct Command {
  std::string_view name;
  std::string_view program;
  std::string_view doc;
};

constexpr Command commands[] = {
    {"compile", "turnstone-compiler", "a model file becomes a package for a target"},
    {"inspect", "turnstone-compiler", "what a model or a package holds"},
    {"quantize", "turnstone-compiler", "a model of reals becomes one of 8-bit integers"},
    {"predict", "turnstone-station", "what a package says of pictures or tensors"},
    {"bench", "turnstone-station", "how fast a package is on this machine"},
    {"run", "turnstone-station", "run a station: sources, models, sinks, live page"},
    {"train", "turnstone-train", "learn a model from a labelled data set"},
};

void print_help(FILE* to) {
  fmt::print(to, "Machine vision at the edge.\n\nUsage: turnstone COMMAND ...\n\n");
  for (const auto& command : commands) fmt::print(to, "  {:<10} {}\n", command.name, command.doc);
  fmt::print(to,
             "\n'turnstone COMMAND --help' tells more. Examples:\n"
             "  turnstone compile blazeface.onnx -o face --decoder blazeface "
             "--preprocess signed,fit=letterbox\n"
             "  turnstone predict face group.jpg --draw drawn\n"
             "  turnstone run line3.toml\n");
}

int start(const Command& command, char** argv) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto program = (self.parent_path() / command.program).string();
  ::execv(program.c_str(), argv);
  turnstone::print_stderr("turnstone {}: cannot start {}: {}\n", command.name, program,
                          std::strerror(errno));
  return turnstone::exit_unavailable;
}

int run(std::string_view name, char** argv) {
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(stdout);
    return turnstone::exit_done;
  }
  if (name == "--version") {
    fmt::print("turnstone {}\n", TURNSTONE_VERSION);
    return turnstone::exit_done;
  }
  if (name.empty()) {
    print_help(stderr);
    return turnstone::exit_usage;
  }
  std::vector<std::string> names;
  for (const auto& command : commands) {
    if (command.name == name) return start(command, argv);
    names.emplace_back(command.name);
  }
  const auto near = turnstone::nearest(name, names);
  fmt::print(
      stderr, "turnstone: command '{}' is unknown, {}\n", turnstone::printable(name),
      near.empty() ? "legal are " + turnstone::join(names, ", ") : "did you mean '" + near + "'");
  return turnstone::exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  return turnstone::run_printing("turnstone", [&] { return run(argc > 1 ? argv[1] : "", argv); });
}
