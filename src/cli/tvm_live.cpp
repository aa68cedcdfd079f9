// tvm-live: the turntable's first program, with its options, on top of the station.
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/stderr.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/signals.h"
#include "media/picture.h"
#include "station/config.h"
#include "station/station.h"
#include "station/supervisor.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

struct Wanted {
  std::string source, camera, file, model, capture, stops, vote = "mean";
  bool no_inference = false, no_table = false, quiet = false;
  int page = -1;
  bool window = false;
  int font = 12;

  bool is_video() const { return source == "video"; }
  bool is_demo_camera() const { return !is_video() && camera.empty(); }
  bool captures() const { return !capture.empty(); }
};

// What the demo's own program had built in: its camera and its pace.
constexpr std::string_view camera_text = R"(
[[source]]
name = "camera"
kind = "v4l2"
width_px = 640
height_px = 480
)";
constexpr const char* demo_camera = "/dev/video1";
constexpr std::string_view demo_camera_text = "zoom = 300\nfocus = 30\n";
constexpr std::string_view file_text = "[[source]]\nname = \"camera\"\n";
constexpr std::string_view model_text = "[[model]]\nname = \"inspection\"\n";
constexpr std::string_view lines_text =
    "[[sink]]\nname = \"results\"\nkind = \"jsonl\"\npath = \"-\"\n";
constexpr std::string_view table_text = "[cycle]\nsettle_s = 0.3\njudge_s = 1.5\n";

// The demo's window: 320x240 of the camera's middle, and in it what the model sees.
constexpr std::string_view window_text = R"(
[[sink]]
name = "window"
kind = "window"
width_px = 320
height_px = 240
box = "10,10,224,224"
draw = "none"
stats = true
)";

// Beside a video, or in or beside a folder of pictures.
Result<std::string> find_stops(const Wanted& wanted) {
  if (!wanted.stops.empty()) return wanted.stops;
  const fs::path file = fs::path(wanted.file).lexically_normal();
  const auto folder = file.has_filename() ? file : file.parent_path();
  std::error_code ignored;
  for (const auto& place : {file / "stops.txt", folder.parent_path() / "stops.txt"})
    if (fs::is_regular_file(place, ignored)) return place.string();
  return fail(
      Code::missing,
      "{}: no stops.txt beside it, which says at which frames a part begins to stand and to "
      "move; give it with --stops",
      wanted.file);
}

Result<StationConfig> config_of(const Wanted& wanted) {
  std::string text(wanted.is_video() ? file_text : camera_text);
  if (wanted.is_demo_camera()) text += demo_camera_text;
  std::vector<std::string> settings;
  std::error_code ignored;
  if (wanted.is_video()) {
    settings.push_back(std::string("source.camera.kind=") +
                       (fs::is_directory(wanted.file, ignored) ? "folder" : "video"));
    settings.push_back("source.camera.path=" + wanted.file);
  } else {
    settings.push_back("source.camera.device=" +
                       (wanted.is_demo_camera() ? demo_camera : wanted.camera));
  }
  const bool judges = !wanted.no_inference && !wanted.captures();
  if (judges) {
    text += model_text;
    text += lines_text;
    settings.push_back("model.inspection.package=" + wanted.model);
  }
  if (judges && (wanted.is_video() || !wanted.no_table)) {
    text += table_text;
    settings.push_back("cycle.vote=" + wanted.vote);
    if (wanted.is_video()) settings.push_back("cycle.stops=" + TRY(find_stops(wanted)));
  }
  if (wanted.window) {
    text += window_text;
    settings.push_back(fmt::format("sink.window.font_px={}", wanted.font));
    if (!wanted.is_video()) {
      settings.emplace_back("sink.window.left_px=160");
      settings.emplace_back("sink.window.top_px=120");
    }
  }
  if (wanted.page >= 0) settings.push_back(fmt::format("page.port={}", wanted.page));
  auto config = TRY(parse_config(text, "tvm-live", {}, settings));
  config.places.clear();  // of a text that nobody sees
  return config;
}

// Every frame as a picture, as they come.
Result<> capture(const SourceConfig& config, const std::string& prefix,
                 const std::stop_token& stop) {
  const auto source = TRY(config.open(), "source");
  SourceCounters counters;
  std::stop_source full;
  const std::stop_callback stopped(stop, [&] { full.request_stop(); });
  Result<> written;
  int64_t count = 0;
  const auto write = [&](const Frame& frame) {
    if (!written) return;
    written = write_png(fmt::format("{}img{:05}.png", prefix, count), frame);
    written ? void(++count) : void(full.request_stop());
  };
  const auto report = [](const Error& error) { log_warning("{}", error.text); };
  const auto end = supervise(*source, Backoff{}, full.get_token(), write, report, counters);
  log_info("{} pictures: {}img00000.png onwards", count, prefix);
  TRY(written);
  if (!end) return std::unexpected(end.error());
  return {};
}

Result<> run(const Wanted& wanted, const std::stop_token& stop) {
  const auto config = TRY(config_of(wanted));
  if (wanted.captures()) return capture(config.sources[0], wanted.capture, stop);
  auto station = TRY(open_station(config));
  if (!station->url().empty()) log_info("page: {}", station->url());
  return station->run(stop, wanted.is_video());
}

void add_options(CLI::App& app, Wanted& wanted) {
  app.set_help_flag("-h,--help", "print this and end");
  app.add_option("-s,--source", wanted.source, "\"video\", or the camera with any other text");
  app.add_option("--camera", wanted.camera,
                 "V4L2 device, at 640x480, zoomed and focused as it is (default: /dev/video1 with "
                 "zoom 300 and focus 30, as the demo's camera)");
  app.add_option("-f,--file", wanted.file,
                 "a video, or a folder of pictures, with stops.txt beside it");
  app.add_option("-m,--model", wanted.model, "package that `turnstone compile` made, of any batch");
  app.add_flag("-v,--noinfer", wanted.no_inference, "show only, judge nothing");
  app.add_flag("-n,--notable", wanted.no_table,
               "the camera without the table: judge every frame (with it, the table is simulated: "
               "`turnstone run` moves real ones)");
  app.add_option("-i,--imgcap", wanted.capture,
                 "write every frame to PATHimg00000.png and so on, judge nothing");
  app.add_option("--stops", wanted.stops,
                 "frames at which parts begin to stand and to move, in turn");
  app.add_option("--vote", wanted.vote,
                 "how a part's frames decide: mean, last, batch (the last of every four)")
      ->check(CLI::IsMember({"mean", "last", "batch"}));
  app.add_option("--page", wanted.page, "port of a live page on this machine, 0: any free one")
      ->check(whole_number(0, 65535));
  app.add_flag("--window", wanted.window,
               "show the picture on this machine's display: green or red as it is judged");
  app.add_option("--font", wanted.font, "height of the window's letters in pixels")
      ->check(whole_number(6, 200));
  app.add_flag("-q,--quiet", wanted.quiet, "only warnings, errors and results");
  app.footer(
      "A result is one line of JSON for each part.\n"
      "Examples:\n"
      "  tvm-live -s video -f turntable.mkv -m model\n"
      "  tvm-live -s video -f frames/ -m model --page 8080\n"
      "  tvm-live -s video -f turntable.mkv -m model --window\n"
      "  tvm-live -s camera --camera /dev/video0 -m model -n\n"
      "  tvm-live -s video -f turntable.mkv -m model -i shots/");
}

// What is required, as the first program had it: help, then 1.
bool is_complete(const Wanted& wanted) {
  return !wanted.source.empty() && !wanted.model.empty() &&
         (!wanted.is_video() || !wanted.file.empty());
}

}  // namespace

int run_tvm_live(int argc, char** argv) {
  CLI::App app("Defect Detection Demo: judges the parts of a turntable.", "tvm-live");
  Wanted wanted;
  add_options(app, wanted);
  if (const auto code = parse_command_line(app, argc, argv)) return *code;
  if (!is_complete(wanted)) {
    print_stderr("{}\ntvm-live: {} is missing\n", app.help(),
                 wanted.source.empty()  ? "--source"
                 : wanted.model.empty() ? "--model"
                                        : "--file");
    return exit_invalid;
  }
  if (wanted.is_video() && !wanted.camera.empty()) {
    print_stderr("tvm-live: --camera does not go with -s video\n");
    return exit_usage;
  }
  if (wanted.quiet) set_log_level(Level::warning);
  const Signals signals;
  const auto ran = run(wanted, signals.stop());
  if (!ran) {
    for (const auto& line : split(ran.error().text, '\n')) print_stderr("tvm-live: {}\n", line);
    return exit_code_of(ran.error());
  }
  return signals.received() == SIGINT ? exit_interrupted : exit_done;
}

}  // namespace turnstone

int main(int argc, char** argv) {
  return turnstone::run_printing("tvm-live", [&] { return turnstone::run_tvm_live(argc, argv); });
}
