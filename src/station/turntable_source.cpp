#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/json.h"
#include "station/kinds.h"
#include "station/line_file.h"
#include "station/simulated_table.h"
#include "station/turntable_picture.h"
#include "station/wait.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// A turntable that is not there: rendered as it stands in the station's cycle, or, without one,
// turning by itself.
struct TurntableSourceConfig {
  std::string name = {};   // of the source
  int width = 640;         // pixels
  int height = 480;        // pixels
  double fps = 30;         // frames a second
  int parts = 5;           // on the table
  int64_t seed = 1;        // of what is random
  double noise = 3;        // levels
  double light = 0.06;     // share
  double stand = 1.5;      // seconds that a part stands, without a cycle
  int64_t frames = 0;      // until it ends, 0: never
  bool realtime = true;    // at the pace of the clock, else as fast as frames are taken
  std::string truth = {};  // file that tells what stood before the camera, "": none
};

const Field<TurntableSourceConfig> turntable_fields[] = {
    {"width_px",
     &TurntableSourceConfig::width,
     "pixels",
     "of the picture",
     {.least = 32, .most = 4096}},
    {"height_px",
     &TurntableSourceConfig::height,
     "pixels",
     "of the picture",
     {.least = 32, .most = 4096}},
    {"fps", &TurntableSourceConfig::fps, "Hz", "frames a second", {.least = 0.1, .most = 1000}},
    {"parts",
     &TurntableSourceConfig::parts,
     "",
     "parts on the table, as many as the cycle's table has sections",
     {.least = 1, .most = 10}},
    {"seed", &TurntableSourceConfig::seed, "", "says which parts lack their lens", {.least = 0}},
    {"noise",
     &TurntableSourceConfig::noise,
     "levels",
     "of a pixel, at most",
     {.least = 0, .most = 100}},
    {"light",
     &TurntableSourceConfig::light,
     "share",
     "by which the light changes",
     {.least = 0, .most = 0.9}},
    {"stand_s",
     &TurntableSourceConfig::stand,
     "s",
     "time that a part stands; a [cycle] over this source moves the table itself",
     {.least = 0, .most = 3600}},
    {"frames", &TurntableSourceConfig::frames, "", "after which it ends, 0: never", {.least = 0}},
    {"realtime", &TurntableSourceConfig::realtime, "",
     "at the pace of the clock, else as fast as frames are taken"},
    {"truth", &TurntableSourceConfig::truth, "path",
     "file to tell in JSON lines what stood before the camera from which frame on, \"\": none"},
};

class TurntableSource final : public Source {
 public:
  TurntableSource(const TurntableSourceConfig& config, TurntablePicture picture,
                  std::ofstream truth)
      : config_(config), picture_(std::move(picture)), truth_(std::move(truth)) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver, const ErrorSink&) override {
    auto due = Steady::now();
    for (; config_.frames == 0 || next_ < config_.frames; ++next_) {
      if (config_.realtime && !wait_until(due, stop)) return SourceEnd::stopped;
      if (stop.stop_requested()) return SourceEnd::stopped;
      due = std::max(due + std::chrono::duration_cast<Steady::duration>(Seconds(1 / config_.fps)),
                     Steady::now());
      deliver(TRY(take()));
    }
    return SourceEnd::ended;
  }

  bool is_live() const override { return config_.realtime; }
  bool is_endless() const override { return config_.frames == 0; }

 private:
  Result<Frame> take() {
    const auto look = TRY(look_at_table());
    const auto now = Steady::now();
    const double seconds = static_cast<double>(next_) / config_.fps;
    auto frame = TRY(picture_.draw(look.turns, seconds, next_)).frame();
    frame.taken = now;
    frame.source = config_.name;
    frame.sequence = next_;
    if (!look.is_moving) TRY(tell_truth(look.turns));
    return frame;
  }

  Result<SimulatedTable::Look> look_at_table() {
    const auto table = find_table(config_.name);
    if (!table) return look_at_own();
    if (table->sections() != config_.parts)
      return fail(Code::invalid, "shows {} parts, the cycle's table has {} sections", config_.parts,
                  table->sections());
    return table->look();
  }

  // A table of its own goes by the numbers of the frames.
  Result<SimulatedTable::Look> look_at_own() {
    const Clock clock = [this] {
      return Steady::time_point(std::chrono::duration_cast<Steady::duration>(
          Seconds(static_cast<double>(next_) / config_.fps)));
    };
    TurntableConfig motion;
    motion.sections = config_.parts;
    if (!own_) own_ = TRY(SimulatedTable::make(motion, clock));
    if (own_->is_moving()) {
      stood_since_ = clock();
    } else if (clock() - stood_since_ >= Seconds(config_.stand)) {
      ++sections_;
      const auto target = sections_ * motion.ticks_per_turn / config_.parts;
      TRY(own_->move_by(target - own_->position()));
    }
    return own_->look();
  }

  // A line for each part that comes to stand.
  Result<> tell_truth(double turns) {
    const int part = picture_.part_at(turns);
    if (config_.truth.empty() || part == told_) return {};
    told_ = part;
    const Json line = {
        {"frame", next_}, {"place", part}, {"label", picture_.is_bad(part) ? "Fail" : "Pass"}};
    truth_ << print_json(line) << '\n' << std::flush;
    if (!truth_) return fail(Code::unavailable, "{}: cannot be written", config_.truth);
    return {};
  }

  TurntableSourceConfig config_;
  TurntablePicture picture_;
  std::ofstream truth_;
  std::shared_ptr<SimulatedTable> own_;
  Steady::time_point stood_since_;
  int64_t sections_ = 0;  // that its own table has begun to move
  int64_t next_ = 0;      // number of the next frame
  int told_ = -1;         // the part of the last line of the truth
};

Result<std::unique_ptr<Source>> open_turntable_source(const TurntableSourceConfig& config) {
  auto picture = TRY(TurntablePicture::make({.width = config.width,
                                             .height = config.height,
                                             .parts = config.parts,
                                             .seed = static_cast<uint64_t>(config.seed),
                                             .noise = config.noise,
                                             .light = config.light}));
  std::ofstream truth;
  if (!config.truth.empty()) {
    TRY(LineFile::open(config.truth, true));  // it is there for lines, if it is there
    truth.open(config.truth);
    if (!truth)
      return fail(Code::unavailable, "{}: cannot be written: {}", config.truth,
                  std::strerror(errno));
  }
  return std::make_unique<TurntableSource>(config, std::move(picture), std::move(truth));
}

}  // namespace

const Kind<Source> turntable_source =
    kind_of<Source, TurntableSourceConfig, turntable_fields, open_turntable_source>(
        "turntable", "a rendered turntable, for demonstrations without hardware");

}  // namespace turnstone
