#include "cli/command_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/files.h"
#include "base/number.h"
#include "base/stderr.h"
#include "base/text.h"

namespace turnstone {

namespace {

// What is wrong with an argument that no option and no positional takes.
std::string unexpected(const CLI::App& app, const std::string& argument) {
  if (!argument.starts_with('-'))
    return fmt::format("argument '{}' is not expected", printable(argument));
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  const auto name = argument.substr(0, argument.find('='));
  const auto near = nearest(name, names);
  return fmt::format("option '{}' is unknown{}", printable(name),
                     near.empty() ? "" : fmt::format(", did you mean '{}'", near));
}

// The name of an option, or of a positional, that was given an empty text; "" where none was. A
// script gives one where a variable of it is not set, and means something else than a default.
std::string given_empty(const CLI::App& app) {
  for (const auto* option : app.get_options())
    if (option->get_expected_min() > 0 && std::ranges::count(option->results(), "") > 0)
      return option->get_name();
  return "";
}

// Tells of each argument that nothing takes; whether there is one.
bool complain_of_extras(const CLI::App& app) {
  const auto extras = app.remaining();
  for (const auto& argument : extras)
    print_stderr("{}: {}\n", app.get_name(), unexpected(app, argument));
  return !extras.empty();
}

void print_hint(std::string_view name) { print_stderr("Try '{} --help'.\n", name); }

}  // namespace

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    const auto empty = given_empty(app);
    if (empty.empty()) return {};
    print_stderr("{}: {} is empty\n", app.get_name(), empty);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    // What is missing may stand there, misspelt.
    if (!complain_of_extras(app))
      print_stderr("{}: {}\n", app.get_name(), printable(error.what(), 1000));
  }
  print_hint(app.get_name());
  return exit_usage;
}

Result<> check_replaces_none(const std::filesystem::path& output, std::span<const KeptFile> kept) {
  for (const auto& [what, path] : kept)
    if (!path.empty() && is_same_file(output, path))
      return fail(Code::invalid, "{}: is {} itself, wanted: another file", output.string(), what);
  return {};
}

CLI::Validator whole_number(int64_t least, int64_t most) {
  const auto check = [=](const std::string& text) -> std::string {
    const auto number = find_number<int64_t>(text);
    if (number && *number >= least && *number <= most) return "";
    return fmt::format("'{}' is {}, legal are {} to {}", printable(text),
                       number ? "out of range" : "no whole number", least, most);
  };
  return {check, fmt::format("{} to {}", least, most)};
}

int run_printing(std::string_view who, const std::function<int()>& body) {
  const auto unwritten = [&](std::string_view why) {
    print_stderr("{}: cannot write the output: {}\n", who, why);
    return exit_unavailable;
  };
  try {
    const auto code = body();
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    return unwritten(std::strerror(errno));
  } catch (const std::filesystem::filesystem_error& error) {
    print_stderr("{}: {}\n", who, error.what());
    return exit_unavailable;
  } catch (const std::system_error& error) {  // fmt's, of stdout
    return unwritten(error.what());
  }
}

int run_command_of(std::string_view program, std::span<const Command> commands, int argc,
                   char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  std::vector<std::string> names;
  for (const auto& command : commands) {
    if (command.name == name)
      return run_printing(fmt::format("turnstone {}", name),
                          [&] { return command.run(argc - 1, argv + 1); });
    names.emplace_back(command.name);
  }
  const auto legal = join(names, ", ");
  if (name == "--help" || name == "-h")
    return run_printing(program, [&] {
      fmt::print("Usage: {0} COMMAND ...\n\nCommands: {1}\n'{0} COMMAND --help' tells more.\n",
                 program, legal);
      return exit_done;
    });
  print_stderr("{}: the first argument is a command: {}\n", program, legal);
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
    print_stderr("turnstone {}: {}\n", command, line);
  return exit_code_of(error);
}

int report_usage(std::string_view command, const Error& error) {
  report(command, error);
  print_hint(fmt::format("turnstone {}", command));
  return exit_usage;
}

}  // namespace turnstone
