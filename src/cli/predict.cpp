// turnstone predict: what a package says of pictures, or of tensors as they are.
#include <array>
#include <optional>
#include <set>

#include "base/file_identity.h"
#include "base/files.h"
#include "base/progress.h"
#include "base/stderr.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/predict_tensors.h"
#include "cli/station_commands.h"
#include "cli/threads_option.h"
#include "media/convert.h"
#include "media/picture.h"
#include "station/engine.h"
#include "station/outcome.h"
#include "vision/decoder.h"
#include "vision/overlay.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string package;
  std::vector<std::string> pictures;
  std::vector<std::string> inputs;
  std::string output_dir;
  std::string draw;
  std::optional<int> top;
  int threads = 1;
  bool json = false;
  bool quiet = false;
};

// A picture that was read, and the words the user called it by.
struct Picture {
  std::string name;
  Frame frame;
};

void print_scored(const Json& list) {
  if (list.empty()) fmt::print("  nothing\n");
  for (const auto& item : list) {
    fmt::print("  {:.4f}  {}", item["score"].get<double>(),
               printable(item["label"].get<std::string>()));
    if (item.contains("box")) {
      const auto box = item["box"].get<std::array<double, 4>>();
      fmt::print("  left {:.4f}  top {:.4f}  right {:.4f}  bottom {:.4f}", box[0], box[1], box[2],
                 box[3]);
    }
    fmt::print("\n");
  }
}

void print_text(const Json& result) {
  fmt::print("{}\n", result["picture"].get<std::string>());
  for (const auto* key : {"top", "detections"})
    if (result.contains(key)) print_scored(result[key]);
  for (const auto& [key, number] : {std::pair("shares", "share"), std::pair("values", "value")})
    if (result.contains(key))
      for (const auto& item : result[key])
        fmt::print("  {:.4f}  {}\n", item[number].get<double>(),
                   printable(item["label"].get<std::string>()));
  if (result.contains("anomaly"))
    fmt::print("  anomaly {:.4f}\n", result["anomaly"]["score"].get<double>());
}

// Predicts pictures in groups that fill the model's batch. One thread at a time.
class Predictor {
 public:
  Predictor(Engine engine, const Options& options) : engine_(std::move(engine)), options_(options) {
    if (options.draw.empty()) return;
    for (const auto& name : options.pictures)
      if (const auto identity = find_identity(name)) originals_.insert(*identity);
  }

  // The exit code: that of the first picture that could not be told.
  Result<int> run() {
    Progress progress("predict", static_cast<int64_t>(options_.pictures.size()), options_.quiet);
    int64_t done = 0;
    for (const auto& name : options_.pictures) {
      progress.show(done++);
      auto frame = read_picture(name);
      if (!frame) {
        complain(frame.error());
        continue;
      }
      waiting_.push_back({name, std::move(*frame)});
      if (std::cmp_equal(waiting_.size(), engine_.batch())) TRY(tell());
    }
    if (!waiting_.empty()) TRY(tell());
    return code_;
  }

 private:
  void complain(const Error& error) {
    const auto code = report("predict", error);
    if (code_ == exit_done) code_ = code;
  }

  Result<> tell() {
    std::vector<Frame> frames;
    for (const auto& picture : waiting_) frames.push_back(picture.frame);
    auto scenes = TRY(engine_.run(frames));
    for (size_t i = 0; i < waiting_.size(); ++i) {
      if (!scenes[i]) {
        complain(std::move(scenes[i]).error().in(waiting_[i].name));
        continue;
      }
      print(waiting_[i], *scenes[i]);
      if (!options_.draw.empty()) TRY(draw(waiting_[i], *scenes[i]));
    }
    waiting_.clear();
    return {};
  }

  void print(const Picture& picture, const Scene& scene) {
    constexpr int usual_top = 5;
    const auto result =
        scene_json(scene, engine_.model(), picture.name, options_.top.value_or(usual_top));
    if (options_.top && !options_.quiet && !result.contains("top") && !told_no_classes_) {
      print_stderr("note: --top is for classes, and {} tells none\n", options_.package);
      told_no_classes_ = true;
    }
    if (options_.json)
      fmt::print("{}\n", print_json(result));
    else
      print_text(result);
  }

  Result<> draw(const Picture& picture, const Scene& scene) {
    auto image = TRY(to_rgb(picture.frame), picture.name);
    Banner banner;
    if (!scene.classes.empty())
      banner.text = fmt::format("{} {:.2f}", label_of(engine_.model(), scene.classes[0].label),
                                scene.classes[0].score);
    draw_scene(image, scene, engine_.model(), banner);
    const auto stem = fs::path(picture.name).stem().string();
    auto name = stem + ".jpg";
    for (int i = 2; !drawn_.insert(name).second; ++i) name = fmt::format("{}-{}.jpg", stem, i);
    const auto path = fs::path(options_.draw) / name;
    if (const auto identity = find_identity(path); identity && originals_.contains(*identity))
      return fail(Code::invalid, "--draw {}: {} is a picture that is read; name another folder",
                  options_.draw, path.string());
    return write_jpeg(path, image.frame());
  }

  Engine engine_;
  const Options& options_;
  std::vector<Picture> waiting_;
  std::set<std::string> drawn_;
  std::set<FileIdentity> originals_;  // that no drawing may replace
  bool told_no_classes_ = false;
  int code_ = exit_done;
};

// Drawings are named as their pictures, and stand in no folder of pictures, where each could
// replace another one.
Result<> prepare_drawing(const Options& options) {
  for (const auto& picture : options.pictures)
    if (is_same_file(fs::absolute(picture).parent_path(), options.draw))
      return fail(Code::invalid, "--draw {}: is the folder of {}; name another folder",
                  options.draw, picture);
  return make_folder(options.draw);
}

Result<int> predict_pictures(const Options& options) {
  auto engine = TRY(Engine::open(options.package, options.threads));
  if (!options.draw.empty()) TRY(prepare_drawing(options));
  return Predictor(std::move(engine), options).run();
}

int usage(std::string text) { return report_usage("predict", {Code::invalid, std::move(text)}); }

std::string is_named_file(const std::string& text) {
  return text.contains('=') ? "" : fmt::format("'{}' is not NAME=FILE.npy", printable(text));
}

}  // namespace

int predict_command(int argc, char** argv) {
  CLI::App app("Tells what a package says of pictures, or of raw tensors.", "turnstone predict");
  Options options;
  app.add_option("PACKAGE", options.package, "folder, .tar.gz or .so")->required();
  app.add_option("PICTURE", options.pictures, "JPEG or PNG files");
  app.add_option("--top", options.top, "classes to tell (default: 5)")
      ->check(whole_number(1, 100'000));
  app.add_option("--draw", options.draw, "folder for pictures with the results drawn on them");
  add_threads_option(app, options.threads);
  app.add_option("--input", options.inputs, "NAME=FILE.npy, for each input of the model")
      ->check(is_named_file);
  app.add_option("--output-dir", options.output_dir, "folder for one NAME.npy per output");
  app.add_flag("--json", options.json, "one line of JSON for each picture");
  app.add_flag("-q,--quiet", options.quiet, "no progress and no notes");
  app.footer(
      "Examples:\n"
      "  turnstone predict mobilenet photos/*.jpg --top 3\n"
      "  turnstone predict face group.jpg --json --draw drawn\n"
      "  turnstone predict model.so --input data=picture.npy --output-dir results");
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  const bool tensors = !options.output_dir.empty();  // a model may have no input
  if (!options.inputs.empty() && !tensors) return usage("--input wants --output-dir");
  if (tensors != options.pictures.empty())
    return usage("give either pictures or --output-dir, with --input for each input");
  if (tensors && !options.draw.empty()) return usage("--draw is for pictures");
  if (tensors && options.top) return usage("--top is for pictures");
  if (!options.quiet) note_threads(options.threads);
  if (tensors) {
    const auto done =
        predict_tensors(options.package, options.inputs, options.output_dir, options.threads);
    return done ? exit_done : report("predict", done.error());
  }
  const auto code = predict_pictures(options);
  return code ? *code : report("predict", code.error());
}

}  // namespace turnstone
