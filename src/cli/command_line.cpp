#include "cli/command_line.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/text.h"

namespace turnstone {

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return {};
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}\nTry '{} --help'.\n", app.get_name(), printable(error.what(), 1000),
               app.get_name());
    return exit_usage;
  }
}

namespace {

int run(const Command& command, int argc, char** argv) {
  const auto unwritten = [&](std::string_view why) {
    fmt::print(stderr, "turnstone {}: cannot write the output: {}\n", command.name, why);
    return exit_unavailable;
  };
  try {
    const auto code = command.run(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    return unwritten(std::strerror(errno));
  } catch (const std::filesystem::filesystem_error& error) {
    fmt::print(stderr, "turnstone {}: {}\n", command.name, error.what());
    return exit_unavailable;
  } catch (const std::system_error& error) {  // fmt's, of stdout
    return unwritten(error.what());
  }
}

}  // namespace

std::string not_empty(const std::string& text) { return text.empty() ? "is empty" : ""; }

int run_command_of(std::string_view program, std::span<const Command> commands, int argc,
                   char** argv) {
  std::string names;
  for (const auto& command : commands) {
    if (argc > 1 && command.name == argv[1]) return run(command, argc - 1, argv + 1);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", command.name);
  }
  fmt::print(stderr, "{}: the first argument is a command: {}\n", program, names);
  return exit_usage;
}

int exit_code_of(const Error& error) {
  switch (error.code) {
    case Code::unavailable:
      return exit_unavailable;
    case Code::cancelled:
      return exit_interrupted;
    default:
      return exit_invalid;
  }
}

int report(std::string_view command, const Error& error) {
  for (const auto& line : split(error.text, '\n'))
    fmt::print(stderr, "turnstone {}: {}\n", command, line);
  return exit_code_of(error);
}

}  // namespace turnstone
