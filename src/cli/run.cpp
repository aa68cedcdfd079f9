// turnstone run: the station.
#include <algorithm>
#include <functional>
#include <thread>

#include "base/files.h"
#include "base/log.h"
#include "base/number.h"
#include "base/service_manager.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/signals.h"
#include "cli/station_commands.h"
#include "station/config.h"
#include "station/station.h"
#include "station/wait.h"

namespace turnstone {
namespace {

// Tells the service manager that the station lives, for as long as its state can be asked.
class Watchdog {
 public:
  explicit Watchdog(Station& station) {
    const auto interval = find_watchdog_interval();
    if (!interval) return;
    thread_ = std::jthread([&station, pause = *interval](std::stop_token stop) {
      do {
        station.state();
        tell_service_manager("WATCHDOG=1");
      } while (wait_for(std::chrono::duration_cast<std::chrono::milliseconds>(pause), stop));
    });
  }

 private:
  std::jthread thread_;
};

// The station file as it stands, and what it says.
struct Told {
  std::string text;
  StationConfig config;
};

Result<Told> read_told(const std::string& path, const std::vector<std::string>& overrides) {
  Told told;
  told.text = TRY(read_text(path));
  told.config =
      TRY(parse_config(told.text, path, std::filesystem::path(path).parent_path(), overrides));
  return told;
}

// A page at any free port stays where it is, so that browsers find it again.
void keep_port(const StationConfig& before, std::string_view url, StationConfig& next) {
  if (!before.page || !next.page || next.page->port != 0) return;
  if (before.page->address != next.page->address) return;
  url.remove_suffix(1);  // "http://127.0.0.1:40123/"
  next.page->port = find_number<int>(url.substr(url.rfind(':') + 1)).value_or(0);
}

void tell_old_stays(const Error& error) {
  for (const auto& line : split(error.text, '\n'))
    log_error("the old configuration stays: {}", line);
}

// Runs one station until it is stopped or its file has changed, which gives what it says now.
Result<std::optional<Told>> run_told(const Told& told, Station& station, Signals& signals,
                                     bool once, const std::function<Result<Told>()>& read) {
  std::stop_source end;
  const std::stop_callback stopped(signals.stop(), [&] { end.request_stop(); });
  std::optional<Told> next;
  signals.on_hangup([&] {
    tell_service_manager("RELOADING=1");
    auto now = read();
    if (!now)
      tell_old_stays(now.error());
    else if (now->text == told.text)
      station.reload();
    else
      next = std::move(*now), end.request_stop();
    tell_service_manager("READY=1");
  });
  if (!station.url().empty()) log_info("page: {}", station.url());
  tell_service_manager("READY=1");
  const Watchdog watchdog(station);
  auto ran = station.run(end.get_token(), once);
  signals.on_hangup({});
  if (!ran) return std::unexpected(ran.error());
  return signals.stop().stop_requested() ? std::nullopt : std::move(next);
}

Result<> run_station(const std::string& path, const std::vector<std::string>& overrides, bool once,
                     Signals& signals) {
  const auto read = [&] { return read_told(path, overrides); };
  auto told = TRY(read());
  auto station = TRY(open_station(told.config));
  for (;;) {
    const auto url = station->url();  // while there is a page
    auto next = TRY(run_told(told, *station, signals, once, read));
    tell_service_manager(next ? "RELOADING=1" : "STOPPING=1");
    if (next) {
      keep_port(told.config, url, next->config);
      keep_port(told.config, url, told.config);
    }
    station.reset();  // ports, cameras and the spool are free for the next
    if (!next) return {};
    auto opened = open_station(next->config);
    if (!opened) {
      tell_old_stays(opened.error());
      opened = TRY(open_station(told.config));
    } else {
      log_info("the configuration was read anew");
      told = std::move(*next);
    }
    station = std::move(*opened);
  }
}

// Whether it is the command line that is wrong, and not the file.
bool concerns_overrides(const Error& error) {
  return error.code == Code::invalid &&
         std::ranges::all_of(split(error.text, '\n'),
                             [](const auto& line) { return line.starts_with("--set: "); });
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
  app.add_flag("--once", once,
               "stop when the sources end (cameras, and those with loop, never do)");
  app.add_flag("--fields", fields, "print every key of the file with its default and end");
  app.add_flag("-q,--quiet", quiet, "only warnings and errors");
  app.footer(
      "Examples:\n"
      "  turnstone run line3.toml\n"
      "  turnstone run line3.toml --once --set source.0.path=today --set page.port=0\n"
      "  turnstone run --fields > reference.toml\n"
      "SIGHUP reads the file, the packages and the page's certificate anew; SIGTERM delivers what "
      "waits and ends.");
  if (const auto code = parse_command_line(app, argc, argv)) return *code;
  if (fields) {
    fmt::print("{}", print_config_reference());
    return exit_done;
  }
  if (path.empty()) return report_usage("run", {Code::invalid, "STATION is missing"});
  if (quiet) set_log_level(Level::warning);
  Signals signals;
  const auto ran = run_station(path, overrides, once, signals);
  if (!ran && concerns_overrides(ran.error())) return report_usage("run", ran.error());
  if (!ran) return report("run", ran.error());
  return signals.received() == SIGINT ? exit_interrupted : exit_done;
}

}  // namespace turnstone
