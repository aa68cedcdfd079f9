// The rendered turntable: what it shows, and that a station judges it as it truly is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "media/convert.h"
#include "station/simulated_table.h"
#include "station/station.h"
#include "station/testing_kinds.h"
#include "station/testing_source.h"
#include "station/turntable_picture.h"

namespace turnstone {
namespace {

using testing_tools::open_source;
using testing_tools::Running;

// Mean level of the middle, where a standing part has its lens or a hole.
double middle_of(const Frame& frame) {
  const auto image = *to_rgb(frame);
  const int reach = image.height() / 12;
  double sum = 0;
  for (int y = image.height() / 2 - reach; y < image.height() / 2 + reach; ++y)
    for (int x = image.width() / 2 - reach; x < image.width() / 2 + reach; ++x)
      for (int channel = 0; channel < 3; ++channel) sum += image.row(y)[int64_t{x} * 3 + channel];
  return sum / (12.0 * reach * reach);
}

bool looks_bad(const Frame& frame) { return middle_of(frame) < 90; }

std::vector<Json> lines_of(const std::filesystem::path& path) {
  std::vector<Json> lines;
  for (const auto& line : split(*read_text(path), '\n'))
    if (!line.empty()) lines.push_back(*parse_json(line));
  return lines;
}

TEST(TurntablePicture, StandingPartsAreToldApart) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    auto picture = *TurntablePicture::make({.width = 160, .height = 120, .parts = 5, .seed = seed});
    int bad = 0;
    for (int part = 0; part < 5; ++part) {
      const double turns = part / 5.0 - 2;
      EXPECT_EQ(picture.part_at(turns), part);
      const auto frame = picture.draw(turns, part, part)->frame();
      EXPECT_EQ(looks_bad(frame), picture.is_bad(part)) << middle_of(frame);
      bad += picture.is_bad(part);
    }
    EXPECT_GT(bad, 0);
    EXPECT_LT(bad, 5);
  }
}

TEST(TurntablePicture, IsTheSameForTheSameSeedAndMovesWithTheTable) {
  const TurntableView view{.width = 64, .height = 48};
  const auto bytes = [](const Image& image) {
    return std::string(reinterpret_cast<const char*>(image.row(0)), 64 * 4 * 48);
  };
  auto one = *TurntablePicture::make(view);
  auto other = *TurntablePicture::make(view);
  const auto picture = bytes(*one.draw(0.1, 1, 5));
  EXPECT_EQ(picture, bytes(*other.draw(0.1, 1, 5)));
  EXPECT_NE(picture, bytes(*one.draw(0.1, 1, 6))) << "noise";
  EXPECT_NE(picture, bytes(*one.draw(0.12, 1, 5))) << "motion";
  EXPECT_NE(picture, bytes(*one.draw(0.1, 3, 5))) << "light";
}

TEST(TurntableSource, TurnsByItselfAndTellsTheTruth) {
  const auto folder = *TemporaryFolder::make();
  const auto truth = folder.path() / "truth.jsonl";
  const auto source = open_source(
      fmt::format("kind = \"turntable\"\nwidth_px = 160\nheight_px = 120\nfps = 10\nstand_s = 0.5\n"
                  "realtime = false\nframes = 160\ntruth = \"{}\"\n",
                  truth.string()));
  ASSERT_TRUE(source) << source.error().text;
  EXPECT_FALSE((*source)->is_live());
  Running run(**source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  const auto frames = run.taken();
  ASSERT_EQ(frames.size(), 160u);
  EXPECT_EQ(frames[0].format, PixelFormat::bgrx);
  const auto lines = lines_of(truth);
  ASSERT_GE(lines.size(), 6u);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["place"], i % 5);
    const auto number = lines[i]["frame"].get<size_t>();
    EXPECT_EQ(lines[i]["label"], looks_bad(frames[number]) ? "Fail" : "Pass") << number;
  }
}

TEST(TurntableSource, WithoutAnEndItIsLiveAndStops) {
  const auto source = open_source("kind = \"turntable\"\nwidth_px = 64\nheight_px = 48\n");
  ASSERT_TRUE(source);
  EXPECT_TRUE((*source)->is_live());
  Running run(**source);
  EXPECT_TRUE(run.frames(2));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
}

TEST(TurntableSource, PartsThatAreNotTheSectionsOfTheTableAreRefused) {
  const auto table = *SimulatedTable::make({.sections = 6}, std::chrono::steady_clock::now);
  show_table("in", table);
  const auto source = open_source("kind = \"turntable\"\n");
  ASSERT_TRUE(source);
  Running run(**source);
  const auto end = run.end();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().text, "shows 5 parts, the cycle's table has 6 sections");
}

TEST(SimulatedTable, IsSeenByTheSourceOfItsNameForAsLongAsItLives) {
  auto table = *SimulatedTable::make({}, std::chrono::steady_clock::now);
  show_table("seen", table);
  auto stepper = make_simulated_stepper(std::move(table));
  EXPECT_TRUE(find_table("seen"));
  EXPECT_FALSE(find_table("another"));
  stepper.reset();
  EXPECT_FALSE(find_table("seen"));
}

// A package that tells bright pictures from dark ones looks at the middle alone.
void write_package(const std::filesystem::path& path) {
  std::filesystem::copy(std::string(TURNSTONE_TEST_PACKAGES) + "/brightness1", path);
  auto text = *read_text(path / "model.json");
  const auto replace = [&](std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  replace("\"fit\"", "\"crop\": [70, 50, 20, 20], \"fit\"");
  replace("[\"Pass\", \"Fail\"]", "[\"Fail\", \"Pass\"]");
  ASSERT_TRUE(write_file(path / "model.json", text));
}

// What stood before the camera at a frame.
std::string truth_at(const std::vector<Json>& lines, int64_t frame) {
  std::string label;
  for (const auto& line : lines)
    if (line["frame"].get<int64_t>() <= frame) label = line["label"].get<std::string>();
  return label;
}

TEST(TurntableSource, AStationJudgesEveryPartOfItsCycleAsItTrulyIs) {
  const auto folder = *TemporaryFolder::make();
  write_package(folder.path() / "package");
  const auto text = fmt::format(
      "[[source]]\nname = \"table\"\nkind = \"turntable\"\nwidth_px = 160\nheight_px = 120\n"
      "fps = 100\nframes = 150\nseed = 3\ntruth = \"truth.jsonl\"\n"
      "[[model]]\nname = \"inspection\"\npackage = \"package\"\n"
      "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"lines.jsonl\"\n"
      "[cycle]\nsettle_s = 0.01\njudge_frames = 2\n"
      "[cycle.table]\nvelocity = 1e7\nacceleration = 1e8\n");
  const auto config = parse_config(text, "test.toml", folder.path());
  ASSERT_TRUE(config) << config.error().text;
  auto station = open_station(*config);
  ASSERT_TRUE(station) << station.error().text;
  const auto ran = (*station)->run({}, true);
  ASSERT_TRUE(ran) << ran.error().text;
  const auto truth = lines_of(folder.path() / "truth.jsonl");
  const auto verdicts = lines_of(folder.path() / "lines.jsonl");
  ASSERT_GE(verdicts.size(), 6u);
  for (const auto& verdict : verdicts) {
    if (verdict["frames"] == 0) continue;
    EXPECT_EQ(verdict["label"], truth_at(truth, verdict["frame"].get<int64_t>())) << verdict.dump();
  }
}

}  // namespace
}  // namespace turnstone
