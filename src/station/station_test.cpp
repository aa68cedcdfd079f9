// The whole station in one process: real sources, a hand-made package, real sinks, a real broker.
#include "station/station.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "capture/test_stream_server.h"
#include "media/image.h"
#include "media/picture.h"
#include "station/testing_kinds.h"
#include "wire/http_client.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_tools::Broker;
using testing_tools::eventually;

Frame plain_picture(uint8_t value) {
  auto image = *make_image(PixelFormat::rgb, 32, 24);
  for (int y = 0; y < 24; ++y) std::fill_n(image.row(y), 32 * 3, value);
  return image.frame();
}

// Bright pictures are Fail, dark ones Pass.
class StationTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_folder(file("pictures"))); }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  void add_pictures(int count, int first_bright) {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(write_png(folder_.path() / "pictures" / fmt::format("p{:03}.png", i),
                            plain_picture(i >= first_bright ? 250 : 5)));
  }

  std::string config(std::string_view more, std::string_view package = "brightness1") const {
    return fmt::format(
        "[[source]]\nname = \"camera\"\nkind = \"folder\"\npath = \"{}\"\n"
        "[[model]]\nname = \"inspection\"\npackage = \"{}/{}\"\n"
        "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"{}\"\n{}",
        file("pictures"), TURNSTONE_TEST_PACKAGES, package, file("lines.jsonl"), more);
  }

  Result<std::unique_ptr<Station>> open(const std::string& text) const {
    return open_station(TRY(parse_config(text, "test.toml")));
  }

  void run_once(const std::string& text) const {
    auto station = open(text);
    ASSERT_TRUE(station) << station.error().text;
    const auto ran = (*station)->run({}, true);
    ASSERT_TRUE(ran) << ran.error().text;
  }

  std::vector<Json> lines() const {
    std::vector<Json> made;
    for (const auto& line : split(read_text(file("lines.jsonl")).value_or(""), '\n'))
      if (!line.empty()) made.push_back(*parse_json(line));
    return made;
  }

  std::vector<std::string> names_in(const std::string& folder) const {
    std::vector<std::string> names;
    const auto files = list_files(file(folder)).value_or(std::vector<std::filesystem::path>());
    for (const auto& path : files) names.push_back(path.filename().string());
    std::ranges::sort(names);
    return names;
  }

  std::vector<std::string> labels() const {
    std::vector<std::string> made;
    for (const auto& line : lines()) made.push_back(line["label"].get<std::string>());
    return made;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-station");
};

TEST_F(StationTest, JudgesEveryPictureOfAFolder) {
  add_pictures(5, 3);
  run_once(config(""));
  EXPECT_THAT(labels(), ElementsAre("Pass", "Pass", "Pass", "Fail", "Fail"));
  EXPECT_EQ(lines()[4]["picture"], "p004.png");
  EXPECT_EQ(lines()[4]["source"], "camera");
  EXPECT_EQ(lines()[4]["model"], "inspection");
}

TEST_F(StationTest, SourcesShareAModelOrHaveTheirOwn) {
  add_pictures(4, 2);
  auto text = config(fmt::format(
      "[[source]]\nname = \"table\"\nkind = \"turntable\"\nframes = 3\nrealtime = false\n"
      "width_px = 64\nheight_px = 48\n"
      "[[model]]\nname = \"second\"\npackage = \"{}/brightness4\"\nsources = [\"table\"]\n",
      TURNSTONE_TEST_PACKAGES));
  run_once(text);
  std::map<std::string, int> counts;
  for (const auto& line : lines())
    ++counts[line["source"].get<std::string>() + " " + line["model"].get<std::string>()];
  const std::map<std::string, int> wanted = {
      {"camera inspection", 4}, {"table inspection", 3}, {"table second", 3}};
  EXPECT_EQ(counts, wanted);
}

// What one model takes, another refuses: each says so and the station goes on.
TEST_F(StationTest, SamplesAndPicturesFindTheirModels) {
  add_pictures(2, 2);
  ASSERT_TRUE(write_file(file("log.csv"), "a\n1\n2\n"));
  run_once(
      config(fmt::format("[[source]]\nname = \"sensor\"\nkind = \"csv\"\npath = \"{}\"\n"
                         "follow = false\n[page]\nport = 0\n",
                         file("log.csv"))));
  EXPECT_EQ(labels().size(), 2u);
}

TEST_F(StationTest, FillsABatchAndTellsTheRest) {
  add_pictures(6, 5);
  run_once(config("", "brightness4"));
  EXPECT_THAT(labels(), ElementsAre("Pass", "Pass", "Pass", "Pass", "Pass", "Fail"));
}

TEST_F(StationTest, SkipsABrokenPicture) {
  add_pictures(3, 3);
  ASSERT_TRUE(write_file(file("pictures/p001.png"), "this is no picture"));
  run_once(config(""));
  EXPECT_EQ(labels().size(), 2u);
}

TEST_F(StationTest, MovesPicturesWhoseResultsAreKept) {
  add_pictures(4, 3);
  ASSERT_TRUE(write_file(file("pictures/p001.png"), "this is no picture"));
  ASSERT_TRUE(write_file(file("pictures/notes.txt"), "nor this"));
  auto consumed = config("");
  consumed.replace(consumed.find("kind"), 0, "consume = true\n");
  run_once(consumed);
  EXPECT_EQ(labels().size(), 3u);
  EXPECT_THAT(names_in("pictures"), ElementsAre("notes.txt"));
  EXPECT_THAT(names_in("pictures/done"), ElementsAre("p000.png", "p002.png", "p003.png"));
  EXPECT_THAT(names_in("pictures/bad"), ElementsAre("p001.png"));
  add_pictures(1, 0);
  run_once(consumed);
  EXPECT_THAT(names_in("pictures/done"),
              ElementsAre("p000-2.png", "p000.png", "p002.png", "p003.png"));
  EXPECT_NE(lines()[0]["id"], lines()[3]["id"]);
}

TEST_F(StationTest, LeavesPicturesWhoseResultsCannotBeKept) {
  add_pictures(3, 0);
  auto consumed = config(fmt::format("[spool]\npath = \"{}\"\n", file("spool")));
  consumed.replace(consumed.find("kind"), 0, "consume = true\n");
  ASSERT_TRUE(open(consumed));  // makes the spool
  SQLite::Database(file("spool/spool.db"), SQLite::OPEN_READWRITE)
      .exec("CREATE TRIGGER full BEFORE INSERT ON parcel BEGIN SELECT RAISE(ABORT, 'no'); END");
  auto station = open(consumed);
  ASSERT_TRUE(station) << station.error().text;
  std::ignore = (*station)->run({}, true);
  EXPECT_EQ(names_in("pictures").size(), 3u);
  EXPECT_TRUE(names_in("pictures/done").empty());
  EXPECT_TRUE(lines().empty());
}

TEST_F(StationTest, APictureThatReplacedAnotherIsNotMovedWithIt) {
  add_pictures(1, 0);
  const auto source = *testing_tools::open_source(
      fmt::format("kind = \"folder\"\npath = \"{}\"\nconsume = true\n", file("pictures")));
  std::optional<Frame> frame;
  ASSERT_TRUE(source->run({}, [&](Frame taken) { frame = std::move(taken); }, [](const Error&) {}));
  ASSERT_TRUE(write_png(file("new.png"), plain_picture(250)));
  std::filesystem::rename(file("new.png"), file("pictures/p000.png"));
  frame.reset();
  EXPECT_THAT(names_in("pictures"), ElementsAre("p000.png"));
  EXPECT_TRUE(names_in("pictures/done").empty());
}

TEST_F(StationTest, RefusesToConsumeWhatIsNotAllJudged) {
  add_pictures(3, 0);
  auto text = config("");
  text.replace(text.find("kind"), 0, "consume = true\n");
  text.replace(text.find("package ="), 0, "interval_ms = 100\n");
  EXPECT_THAT(open(text).error().text, HasSubstr("consume wants every picture judged"));
}

TEST_F(StationTest, RefusesToConsumeTheFramesOfACycle) {
  add_pictures(3, 0);
  ASSERT_TRUE(write_file(file("stops.txt"), "0\n1\n"));
  auto text = config(fmt::format("[cycle]\nstops = \"{}\"\n", file("stops.txt")));
  text.replace(text.find("kind"), 0, "consume = true\n");
  EXPECT_THAT(open(text).error().text, HasSubstr("consume and the cycle exclude each other"));
}

TEST_F(StationTest, GivesOneVerdictForEachPart) {
  add_pictures(20, 12);
  ASSERT_TRUE(write_file(file("stops.txt"), "2\n5\n8\n10\n14\n18\n"));
  run_once(config(fmt::format("[cycle]\nstops = \"{}\"\n", file("stops.txt"))));
  EXPECT_THAT(labels(), ElementsAre("Pass", "Pass", "Fail"));
  EXPECT_EQ(lines()[2]["part"], 2);
  EXPECT_EQ(lines()[2]["frames"], 5);
  EXPECT_EQ(lines()[2]["picture"], "p018.png");
}

TEST_F(StationTest, APartThatNoFrameShowsIsUndecidedNow) {
  add_pictures(6, 0);
  for (const char* name : {"p002", "p003"})
    ASSERT_TRUE(write_file(file(fmt::format("pictures/{}.png", name)), "this is no picture"));
  ASSERT_TRUE(write_file(file("stops.txt"), "2\n3\n"));
  run_once(config(fmt::format("[cycle]\nstops = \"{}\"\n", file("stops.txt"))));
  ASSERT_THAT(labels(), ElementsAre("undecided"));
  EXPECT_EQ(lines()[0]["frame"], nullptr);
  EXPECT_THAT(lines()[0]["time"].get<std::string>(), testing::Not(testing::StartsWith("1970")));
}

TEST_F(StationTest, ABatchDoesNotHoldUpTheVerdict) {
  add_pictures(20, 12);
  ASSERT_TRUE(write_file(file("stops.txt"), "2\n4\n13\n18\n"));
  run_once(config(fmt::format("[cycle]\nstops = \"{}\"\n", file("stops.txt")), "brightness4"));
  EXPECT_THAT(labels(), ElementsAre("Pass", "Fail"));
  EXPECT_EQ(lines()[0]["frames"], 3);
}

TEST_F(StationTest, ReportsEverythingThatCannotBeOpened) {
  add_pictures(1, 0);
  auto text = config(
      "[page]\ntoken_file = \"none\"\ncertificate_file = \"none.pem\"\nkey_file = \"none.key\"\n");
  text.replace(text.find("brightness1"), 11, "nothing");
  const auto station = open(text);
  ASSERT_FALSE(station);
  EXPECT_THAT(station.error().text, HasSubstr(": model 'inspection': "));
  EXPECT_THAT(station.error().text, HasSubstr("no such package"));
  EXPECT_THAT(station.error().text, HasSubstr(": page: certificate_file none.pem: no such file"));
  for (const auto& line : split(station.error().text, '\n'))
    EXPECT_THAT(line, testing::MatchesRegex("test.toml:[0-9]+: .*"));
}

TEST_F(StationTest, RefusesAPackageWhoseModelJsonDoesNotFit) {
  const auto copy = folder_.path() / "package";
  std::filesystem::copy(std::string(TURNSTONE_TEST_PACKAGES) + "/brightness4", copy);
  std::filesystem::copy(std::string(TURNSTONE_TEST_PACKAGES) + "/brightness1/model.json",
                        copy / "model.json", std::filesystem::copy_options::overwrite_existing);
  auto text = config("");
  const auto package = std::string(TURNSTONE_TEST_PACKAGES) + "/brightness1";
  text.replace(text.find(package), package.size(), copy.string());
  const auto station = open(text);
  ASSERT_FALSE(station);
  EXPECT_THAT(station.error().text,
              HasSubstr("input 'picture': has shape [4,3,8,8] but model.json says [1,3,8,8]"));
}

TEST_F(StationTest, RefusesACycleOverAModelThatFindsBoxes) {
  const auto copy = folder_.path() / "package";
  std::filesystem::copy(std::string(TURNSTONE_TEST_PACKAGES) + "/brightness1", copy);
  auto model = *parse_json(*read_text(copy / "model.json"));
  model["task"] = "detection";
  model["decoder"] = {{"kind", "ssd"}, {"anchors", {{"boxes", {{0.5, 0.5, 1, 1}}}}}};
  ASSERT_TRUE(write_file(copy / "model.json", print_json(model)));
  ASSERT_TRUE(write_file(file("stops.txt"), "2\n5\n"));
  auto text = config("");
  const auto package = std::string(TURNSTONE_TEST_PACKAGES) + "/brightness1";
  text.replace(text.find(package), package.size(), copy.string());
  EXPECT_TRUE(open(text)) << open(text).error().text;
  const auto station = open(text + fmt::format("[cycle]\nstops = \"{}\"\n", file("stops.txt")));
  ASSERT_FALSE(station);
  EXPECT_EQ(station.error().text,
            "test.toml:12: cycle: model 'inspection' finds boxes, wanted: one that classifies");
}

TEST_F(StationTest, TellsItsState) {
  add_pictures(3, 0);
  auto station = open(config("[page]\nport = 0\n"));
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  EXPECT_TRUE(eventually([&] { return (*station)->state()["results"].size() == 3; }));
  const auto state = (*station)->state();
  EXPECT_EQ(state["models"][0]["judged"], 3);
  EXPECT_EQ(state["results"][0]["label"], "Fail");
  EXPECT_EQ(state["results"][0]["tone"], "bad");
  EXPECT_EQ(state["sources"][0]["stream"], "/stream/camera.mjpeg");
  EXPECT_THAT((*station)->url(), testing::StartsWith("http://127.0.0.1:"));
}

TEST_F(StationTest, TellsItsNumbersToPrometheus) {
  add_pictures(5, 3);
  auto station =
      open(config("[[sink]]\nname = \"window\"\nkind = \"window\"\nsink = \"fakesink\"\n"
                  "[mqtt]\nurl = \"tcp://127.0.0.1:1\"\n[page]\nport = 0\n"));
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  for (const int sink : {0, 1})
    EXPECT_TRUE(eventually([&] { return (*station)->state()["sinks"][sink]["delivered"] == 5; }));
  const auto client = *make_http_client({});
  const auto reply = client->exchange({.url = (*station)->url() + "metrics"}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  ASSERT_TRUE(write_file(file("metrics"), reply->body));
  const auto parsed = testing_tools::run_program(
      {"/usr/bin/python3",
       std::string(TURNSTONE_SOURCE_DIR) + "/src/station/testdata/read_metrics.py",
       file("metrics")},
      file("samples"), file("errors"));
  if (parsed == 77) GTEST_SKIP() << "python3-prometheus-client is not installed";
  ASSERT_EQ(parsed, 0) << read_text(file("errors")).value_or("") << reply->body;
  const auto samples = read_text(file("samples")).value_or("");
  for (const auto* line :
       {"turnstone_source_frames_total{source=camera} 5.0",
        "turnstone_source_up{source=camera} 0.0",
        "turnstone_model_judged_total{model=inspection} 5.0",
        "turnstone_results_total{label=Fail,model=inspection} 2.0",
        "turnstone_sink_delivered_total{sink=lines} 5.0", "turnstone_sink_waiting{sink=lines} 0.0",
        "turnstone_viewer_shown_total{sink=window} 5.0", "turnstone_mqtt_up{} 0.0",
        "turnstone_model_unserved_total{model=inspection} 0.0",
        "turnstone_faults_total{kind=reject} 2.0",
        "turnstone_stage_seconds_count{model=inspection,stage=total} 5.0",
        "turnstone_stage_seconds_bucket{le=+Inf,model=inspection,stage=decode} 5.0"})
    EXPECT_THAT(samples, HasSubstr(std::string(line) + "\n"));
}

TEST_F(StationTest, KeepsItsFaultsWithTheirPictures) {
  add_pictures(2, 1);
  auto station = open(config("[page]\nport = 0\n"));
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const auto fault = [&] { return (*station)->state()["faults"]; };
  ASSERT_TRUE(eventually([&] { return !fault().empty() && fault()[0]["picture"].is_string(); }));
  EXPECT_EQ(fault()[0]["kind"], "reject");
  EXPECT_EQ(fault()[0]["text"], "Fail");
  const auto client = *make_http_client({});
  const auto reply = client->exchange({.url = (*station)->url() + "fault/1.jpg"}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->header("content-type"), "image/jpeg");
  EXPECT_TRUE(decode_picture(std::as_bytes(std::span(reply->body))));
}

TEST_F(StationTest, AFrameEndsTheTroubleOfItsSource) {
  auto text = config("");
  text.insert(text.find("kind = \"folder\"\n"), "watch = true\n");
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const auto trouble = [&] {
    return (*station)->state()["sources"][0]["trouble"].get<std::string>();
  };
  ASSERT_TRUE(write_file(file("pictures/broken.png"), "this is no picture"));
  EXPECT_TRUE(eventually([&] { return !trouble().empty(); }));
  add_pictures(1, 0);
  EXPECT_TRUE(eventually([&] { return trouble().empty(); }));
}

// Gives a thousand frames as fast as they are taken.
template <bool live>
class Hasty final : public Source {
 public:
  Result<SourceEnd> run(std::stop_token, const FrameSink& deliver, const ErrorSink&) override {
    for (int64_t i = 0; i < 1000; ++i) {
      auto frame = plain_picture(5);
      frame.source = "camera";
      frame.sequence = i;
      deliver(std::move(frame));
    }
    return SourceEnd::ended;
  }
  bool is_live() const override { return live; }
};

TEST_F(StationTest, OfALiveSourceTheLatestFramesAreJudgedOfOthersAll) {
  for (const bool live : {false, true}) {
    auto hasty = *parse_config(config(""), "test.toml");
    hasty.sources[0].open = [live]() -> Result<std::unique_ptr<Source>> {
      if (live) return std::make_unique<Hasty<true>>();
      return std::make_unique<Hasty<false>>();
    };
    auto station = open_station(hasty);
    ASSERT_TRUE(station) << station.error().text;
    ASSERT_TRUE((*station)->run({}, true));
    const auto model = (*station)->state()["models"][0];
    EXPECT_EQ(model["judged"].get<int>() + model["dropped"].get<int>(), 1000);
    EXPECT_EQ(model["dropped"] > 0, live);
  }
}

TEST_F(StationTest, ALiveTableBringsPartAfterPart) {
  add_pictures(6, 0);
  auto text = config(
      "[cycle]\nsettle_s = 0\njudge_s = 0\njudge_frames = 3\n"
      "[cycle.table]\nticks_per_turn = 1000\nvelocity = 1e6\nacceleration = 1e8\n");
  const std::string kind = "kind = \"folder\"\n";
  text.insert(text.find(kind), "loop = true\ninterval_s = 0.001\n");
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  {
    std::jthread runner(
        [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
    EXPECT_TRUE(eventually([&] { return (*station)->state()["cycle"]["parts"].get<int>() >= 5; }));
  }
  EXPECT_GE(lines().size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(lines()[i]["part"], i);
    EXPECT_EQ(lines()[i]["label"], "Fail");
    EXPECT_GE(lines()[i]["frames"].get<int>(), 1);
  }
}

// A station that judges pictures as they come, with a package of its own.
class ModelSwap : public StationTest {
 protected:
  void SetUp() override {
    StationTest::SetUp();
    serve("brightness1");
    auto text = config("", "brightness1");
    const auto old = fmt::format("{}/brightness1", TURNSTONE_TEST_PACKAGES);
    text.replace(text.find(old), old.size(), file("package"));
    text.insert(text.find("kind = \"folder\""), "watch = true\n");
    station_ = *open(text);
    runner_ = std::jthread(
        [this](std::stop_token stop) { EXPECT_TRUE(station_->run(std::move(stop), false)); });
  }

  // The files of `package` take the place of those that are there, as the compiler writes them.
  void serve(const std::string& package) const {
    ASSERT_TRUE(make_folder(file("package")));
    for (const auto* name : {"compiled.so", "model.json"})
      ASSERT_TRUE(
          write_file(file("package") + "/" + name,
                     *read_text(fmt::format("{}/{}/{}", TURNSTONE_TEST_PACKAGES, package, name))));
  }
  Json model() const { return station_->state()["models"][0]; }
  bool judges(int count) const {
    return eventually([&] { return lines().size() >= static_cast<size_t>(count); });
  }

  std::unique_ptr<Station> station_;
  std::jthread runner_;
};

TEST_F(ModelSwap, ANewPackageIsTakenIntoServiceWithoutAGap) {
  add_pictures(3, 2);
  ASSERT_TRUE(judges(3));
  EXPECT_EQ(model()["batch"], 1);
  serve("brightness4");
  ASSERT_TRUE(eventually([&] { return model()["swaps"] == 1; })) << model();
  EXPECT_EQ(model()["batch"], 4);
  EXPECT_EQ(model()["trouble"], "");
  for (int i = 3; i < 9; ++i)
    ASSERT_TRUE(write_png(folder_.path() / "pictures" / fmt::format("q{:03}.png", i),
                          plain_picture(i % 2 ? 250 : 5)));
  ASSERT_TRUE(judges(9));
  EXPECT_EQ(model()["failed"], 0);
}

TEST_F(ModelSwap, TheOldModelStaysWhereTheNewOneIsDamaged) {
  add_pictures(1, 0);
  ASSERT_TRUE(judges(1));
  ASSERT_TRUE(write_file(file("package/compiled.so"), "no code"));
  ASSERT_TRUE(eventually([&] { return model()["trouble"] != ""; }));
  EXPECT_EQ(model()["swaps"], 0);
  ASSERT_TRUE(write_png(folder_.path() / "pictures/q.png", plain_picture(5)));
  EXPECT_TRUE(judges(2));
  serve("brightness1");
  EXPECT_TRUE(eventually([&] { return model()["swaps"] == 1; }));
  EXPECT_EQ(model()["trouble"], "");
}

TEST_F(ModelSwap, CodeThatIsOverwrittenInPlaceDoesNoHarm) {
  add_pictures(1, 0);
  ASSERT_TRUE(judges(1));
  std::filesystem::resize_file(file("package/compiled.so"), 0);
  ASSERT_TRUE(eventually([&] { return model()["trouble"] != ""; }));
  ASSERT_TRUE(write_png(folder_.path() / "pictures/q.png", plain_picture(5)));
  EXPECT_TRUE(judges(2));
}

TEST_F(StationTest, APackageMayNameAFileBesideItsModel) {
  const auto package = file("package");
  ASSERT_TRUE(make_folder(package));
  const auto from = fmt::format("{}/brightness1/", TURNSTONE_TEST_PACKAGES);
  ASSERT_TRUE(write_file(package + "/compiled.so", *read_text(from + "compiled.so")));
  auto model = *parse_json(*read_text(from + "model.json"));
  model["task"] = "embedding";
  model["decoder"] = Json{{"kind", "embedding"}, {"gallery", "known.json"}};
  ASSERT_TRUE(write_file(package + "/model.json", print_json(model)));
  ASSERT_TRUE(write_file(package + "/known.json", R"([{"label":"Fail","vector":[0,1]}])"));
  add_pictures(1, 0);
  auto text = config("");
  const auto old = fmt::format("{}/brightness1", TURNSTONE_TEST_PACKAGES);
  text.replace(text.find(old), old.size(), package);
  run_once(text);
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(ModelSwap, AReloadTakesThePackageThatIsThere) {
  add_pictures(1, 0);
  ASSERT_TRUE(judges(1));
  station_->reload();
  EXPECT_TRUE(eventually([&] { return model()["swaps"] == 1; }));
}

TEST_F(StationTest, AChallengerIsComparedAndSaysNothing) {
  add_pictures(4, 2);
  auto text = config("");
  text.insert(text.find("[[sink]]"),
              fmt::format("challenger = \"{}/brightness4\"\n", TURNSTONE_TEST_PACKAGES));
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  ASSERT_TRUE((*station)->run({}, true));
  EXPECT_EQ(lines().size(), 4u);
  const auto model = (*station)->state()["models"][0];
  EXPECT_EQ(model["compared"], 4);
  EXPECT_EQ(model["disputed"], 0);
}

TEST_F(StationTest, TellsWhyEverySourceHasFailed) {
  ASSERT_TRUE(write_file(file("none.mkv"), "this is no video\n"));
  auto text = config("");
  const auto kind = fmt::format("kind = \"folder\"\npath = \"{}\"\n", file("pictures"));
  text.replace(text.find(kind), kind.size(),
               fmt::format("kind = \"video\"\npath = \"{}\"\n", file("none.mkv")));
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  const auto ran = (*station)->run({}, false);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Code::invalid);
  EXPECT_THAT(ran.error().text, testing::StartsWith("source 'camera': has failed: "));
}

TEST_F(StationTest, AFaultOfTheCycleIsAnErrorAtTheEnd) {
  add_pictures(6, 0);
  auto text = config("[cycle]\ntimeout_s = 0.001\n[cycle.table]\nvelocity = 0.001\n");
  const std::string kind = "kind = \"folder\"\n";
  text.insert(text.find(kind), "interval_s = 0.05\n");
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  const auto ran = (*station)->run({}, true);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Code::unavailable);
  EXPECT_EQ(ran.error().text, "cycle: table: still moves after 0.001 s, it was halted");
}

TEST_F(StationTest, AStreamWhoseServerIsRestartedGoesOn) {
  if (!testing_tools::StreamServer::is_installed()) GTEST_SKIP() << "gst-rtsp-server is missing";
  testing_tools::StreamServer server("rtsp");
  auto text = config("");
  const auto folder = fmt::format("kind = \"folder\"\npath = \"{}\"\n", file("pictures"));
  text.replace(
      text.find(folder), folder.size(),
      fmt::format("kind = \"rtsp\"\nurl = \"{}\"\ntransport = \"tcp\"\ntimeout_ms = 1000\n",
                  server.url()));
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const auto source = [&] { return (*station)->state()["sources"][0]; };
  ASSERT_TRUE(eventually([&] { return lines().size() >= 3; }));
  EXPECT_NE(source()["decoder"], "");
  server.kill();
  ASSERT_TRUE(eventually([&] { return source()["trouble"] != ""; }));
  const auto before = lines().size();
  server.start();
  EXPECT_TRUE(eventually([&] { return lines().size() >= before + 3; }));
  EXPECT_GT(source()["restarts"], 0);
  EXPECT_EQ(source()["trouble"], "");
}

// What a camera sees: a ball that rolls, then nothing that moves.
TEST_F(StationTest, OfACameraThePictureIsJudgedOnceWhenItHasComeToStand) {
  auto text = config("");
  text.insert(text.find("[[sink]]"), "still_s = 0.1\nmotion_share = 0.001\n");
  const auto folder = fmt::format("kind = \"folder\"\npath = \"{}\"\n", file("pictures"));
  text.replace(text.find(folder), folder.size(),
               "kind = \"gst\"\ndescription = \"\"\"concat name=both "
               "videotestsrc num-buffers=20 pattern=ball ! "
               "video/x-raw,width=128,height=96,framerate=100/1 ! both. "
               "videotestsrc num-buffers=40 pattern=white ! "
               "video/x-raw,width=128,height=96,framerate=100/1 ! both. \"\"\"\n"
               "live = false\nrealtime = true\n");
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  const auto ran = (*station)->run({}, true);
  ASSERT_TRUE(ran) << ran.error().text;
  EXPECT_THAT(labels(), ElementsAre("Fail"));
  const auto model = (*station)->state()["models"][0];
  EXPECT_EQ(model["triggers"]["still"], 59);
  EXPECT_EQ(model["skipped"], 59);
}

class StationMqtt : public StationTest {
 protected:
  void SetUp() override {
    if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
      GTEST_SKIP() << missing;
    StationTest::SetUp();
  }

  static std::string sink(const Broker& broker, std::string_view more = {}) {
    return fmt::format(
        "[[sink]]\nname = \"broker\"\nkind = \"mqtt\"\nurl = \"{}\"\ntopic = \"line/verdict\"\n{}",
        broker.url(), more);
  }
};

TEST_F(StationMqtt, PublishesEachVerdictOnceThroughTls) {
  Broker broker(Broker::Security::mutual_tls);
  broker.subscribe("line/verdict");
  add_pictures(20, 12);
  ASSERT_TRUE(write_file(file("stops.txt"), "2\n5\n14\n18\n"));
  const auto tls = fmt::format("ca_file = \"{}\"\ncertificate_file = \"{}\"\nkey_file = \"{}\"\n",
                               broker.ca_file(), broker.certificate_file(), broker.key_file());
  run_once(config(sink(broker, tls) + fmt::format("[cycle]\nstops = \"{}\"\n", file("stops.txt"))));
  EXPECT_TRUE(eventually([&] { return broker.received().size() >= 2; }));
  const auto received = broker.received();
  ASSERT_EQ(received.size(), 2u);
  EXPECT_THAT(
      received[0],
      testing::MatchesRegex(R"(\{"image":"p005.png","result":"Pass","confidence":0\.9[0-9]+\})"));
  EXPECT_THAT(
      received[1],
      testing::MatchesRegex(R"(\{"image":"p018.png","result":"Fail","confidence":0\.9[0-9]+\})"));
}

TEST_F(StationMqtt, AMessageAsksForAPictureAndGoesWithItsResult) {
  Broker broker;
  auto text = config(fmt::format("[mqtt]\nurl = \"{}\"\n", broker.url()));
  text.insert(text.find("[[sink]]"), "message_topic = \"line/judge\"\n");
  const auto folder = fmt::format("kind = \"folder\"\npath = \"{}\"\n", file("pictures"));
  text.replace(text.find(folder), folder.size(),
               "kind = \"gst\"\ndescription = \"videotestsrc is-live=true pattern=white ! "
               "video/x-raw,width=64,height=48,framerate=50/1 ! identity\"\n");
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const auto model = [&] { return (*station)->state()["models"][0]; };
  ASSERT_TRUE(eventually([&] { return (*station)->state()["mqtt"]["connected"] == true; }));
  ASSERT_TRUE(eventually([&] { return model()["triggers"]["message"] > 3; }));
  EXPECT_EQ(model()["judged"], 0);
  const auto client = *connect_mqtt({.url = broker.url(), .client_id = "line"}, {});
  for (const auto* payload : {"part 17", "part 18"}) {
    const MqttMessage message{.topic = "line/judge", .payload = payload};
    size_t confirmed = 0;
    ASSERT_TRUE(client->publish({&message, 1}, confirmed, {}));
  }
  ASSERT_TRUE(eventually([&] { return lines().size() == 2; }));
  EXPECT_EQ(lines()[0]["message"], "part 17");
  EXPECT_EQ(lines()[1]["message"], "part 18");
  EXPECT_EQ(lines()[1]["label"], "Fail");
  EXPECT_EQ(model()["skipped"], model()["triggers"]["message"]);
}

TEST_F(StationMqtt, TwoSinksOfOneConfigurationDoNotThrowEachOtherOut) {
  Broker broker;
  const auto config =
      fmt::format("kind = \"mqtt\"\nurl = \"{}\"\ntopic = \"line/verdict\"\n", broker.url());
  const auto first = *testing_tools::open_sink(config);
  const auto second = *testing_tools::open_sink(config);
  const Outcome outcome{.model = std::make_shared<Model>(), .scene = {}, .verdict = {}};
  for (auto* sink : {first.get(), second.get(), first.get(), second.get()}) {
    const auto message = sink->messages_of(outcome)[0];
    size_t count = 0;
    const auto sent = sink->send({&message, 1}, count, {});
    EXPECT_TRUE(sent) << sent.error().text;
  }
}

TEST_F(StationMqtt, TellsOfANewModelAndOfOneThatIsNotTaken) {
  Broker broker;
  broker.subscribe("texts");
  const auto package = file("package");
  const auto from = fmt::format("{}/brightness1", TURNSTONE_TEST_PACKAGES);
  std::filesystem::copy(from, package);
  auto text = config(sink(broker, "texts_topic = \"texts\"\n"));
  text.replace(text.find(from), from.size(), package);
  auto station = open(text);
  ASSERT_TRUE(station) << station.error().text;
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const std::string loading = "model inspection is being opened";
  const std::string loaded = "model inspection is in service";
  ASSERT_TRUE(eventually([&] { return broker.received().size() == 3; }));
  (*station)->reload();
  ASSERT_TRUE(eventually([&] { return broker.received().size() == 5; }));
  ASSERT_TRUE(write_file(package + "/compiled.so", "no code"));
  ASSERT_TRUE(eventually([&] { return broker.received().size() == 7; }));
  const auto texts = broker.received();
  EXPECT_THAT(std::vector(texts.begin(), texts.begin() + 6),
              ElementsAre(loading, loaded, "started", loading, loaded, loading));
  EXPECT_THAT(texts[6], HasSubstr("failed: model inspection: the old one stays in service: "));
}

TEST_F(StationMqtt, KeepsResultsWhileTheBrokerIsAway) {
  Broker broker;
  broker.subscribe("line/verdict");
  add_pictures(4, 2);
  auto station = open(config(sink(broker, "payload = \"verdict\"\n") + "[page]\nport = 0\n"));
  ASSERT_TRUE(station) << station.error().text;
  broker.kill();
  std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const auto broker_state = [&] { return (*station)->state()["sinks"][1]; };
  EXPECT_TRUE(eventually([&] { return broker_state()["retries"].get<int>() > 0; }));
  EXPECT_TRUE(eventually([&] { return lines().size() == 4; }));
  EXPECT_EQ(broker_state()["delivered"], 0);
  broker.start();
  EXPECT_TRUE(eventually([&] { return broker.received().size() >= 4; }));
  const auto received = broker.received();
  ASSERT_EQ(received.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(received[i], HasSubstr(fmt::format("p{:03}.png", i)));
}

}  // namespace
}  // namespace turnstone
