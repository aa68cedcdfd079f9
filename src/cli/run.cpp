// turnstone run: the station.
#include "base/log.h"
#include "cli/command_line.h"
#include "cli/signals.h"
#include "cli/station_commands.h"
#include "station/config.h"
#include "station/station.h"

namespace turnstone {
namespace {

Result<> run_station(const std::string& path, const std::vector<std::string>& overrides, bool once,
                     std::stop_token stop) {
  const auto config = TRY(load_config(path, overrides));
  auto station = TRY(open_station(config));
  if (!station->url().empty()) log_info("page: {}", station->url());
  return station->run(std::move(stop), once);
}

}  // namespace

int run_command(int argc, char** argv) {
  CLI::App app("Runs a station until it is stopped: sources, models, sinks and the live page.",
               "turnstone run");
  std::string path;
  std::vector<std::string> overrides;
  bool once = false;
  bool fields = false;
  bool quiet = false;
  app.add_option("STATION", path, "TOML file that says what to do");
  app.add_option("--set", overrides, "KEY=VALUE instead of what the file says")
      ->expected(1)
      ->take_all();
  app.add_flag("--once", once, "stop when the sources end");
  app.add_flag("--fields", fields, "print every key of the file with its default and end");
  app.add_flag("-q,--quiet", quiet, "only warnings and errors");
  app.footer(
      "Examples:\n"
      "  turnstone run line3.toml\n"
      "  turnstone run line3.toml --once --set source.0.path=today --set page.port=0\n"
      "  turnstone run --fields > reference.toml");
  if (const auto code = parse_command_line(app, argc, argv)) return *code;
  if (fields) {
    fmt::print("{}", print_config_reference());
    return exit_done;
  }
  if (path.empty()) {
    fmt::print(stderr, "turnstone run: STATION is missing\nTry 'turnstone run --help'.\n");
    return exit_usage;
  }
  if (quiet) set_log_level(Level::warning);
  const Signals signals;
  const auto ran = run_station(path, overrides, once, signals.stop());
  if (!ran) return report("run", ran.error());
  return signals.received() == SIGINT ? exit_interrupted : exit_done;
}

}  // namespace turnstone
