// The station's commands as a user starts them: spellings, output and exit codes that scripts
// depend on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <map>

#include "programs.h"
#include "tensor/npy.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::eventually;
using testing_tools::Process;

using testing_tools::Programs;

TEST_F(Programs, RunOnceTellsEveryPictureAndEnds) {
  ASSERT_EQ(run({"run", file("station.toml"), "--once"}), 0) << err();
  const auto lines = json_lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["picture"], "p0.png");
  EXPECT_EQ(lines[0]["label"], "Pass");
  EXPECT_EQ(lines[3]["label"], "Fail");
  EXPECT_THAT(err(), HasSubstr("model inspection: 4 judged, 0 dropped, 0 skipped, 0 failed"));
}

TEST_F(Programs, SetReplacesWhatTheFileSays) {
  ASSERT_TRUE(make_folder(file("other")));
  write_picture("other/x.png", 250);
  ASSERT_EQ(run({"run", file("station.toml"), "--once", "--set",
                 "source.camera.path=" + file("other"), "--set", "model.0.top=1", "-q"}),
            0)
      << err();
  ASSERT_EQ(json_lines().size(), 1u);
  EXPECT_EQ(json_lines()[0]["top"].size(), 1u);
  EXPECT_EQ(err(), "");
}

TEST_F(Programs, LostResultsAreUnavailable) {
  const auto away = fmt::format("tcp://127.0.0.1:{}", testing_tools::free_port());
  const auto text = *read_text(file("station.toml"));
  ASSERT_TRUE(write_file(file("station.toml"),
                         text + "[[sink]]\nname = \"mq\"\nkind = \"mqtt\"\ntopic = \"line\"\n" +
                             "drain_ms = 0\nurl = \"" + away + "\"\n"));
  EXPECT_EQ(run({"run", file("station.toml"), "--once", "-q"}), 3);
  EXPECT_EQ(json_lines().size(), 4u);
  EXPECT_THAT(err(),
              HasSubstr("turnstone run: sink 'mq': 4 results were not delivered (4 dropped at the "
                        "limit of queue, spool or drain_ms): tcp://"));
}

TEST_F(Programs, FramesThatCouldNotBeJudgedAreAnError) {
  std::filesystem::copy(package("spots"), file("unfit"), std::filesystem::copy_options::recursive);
  auto text = *read_text(file("unfit/model.json"));
  const std::string kind = "tflite_detection";
  text.replace(text.find(kind), kind.size(), "softmax");
  ASSERT_TRUE(write_file(file("unfit/model.json"), text));
  EXPECT_EQ(run({"run", file("station.toml"), "--once", "-q", "--set",
                 "model.0.package=" + file("unfit")}),
            1);
  EXPECT_THAT(err(),
              HasSubstr("turnstone run: model 'inspection': 4 of 4 frames could not be judged\n"));
}

TEST_F(Programs, ARunWithoutFramesAndOneThatNeverEndsSaySo) {
  ASSERT_TRUE(make_folder(file("empty")));
  const std::vector<std::string> once = {"run", file("station.toml"), "--once", "-q", "--set"};
  auto empty = once;
  empty.push_back("source.camera.path=" + file("empty"));
  EXPECT_EQ(run(empty), 0);
  EXPECT_THAT(err(), HasSubstr("warning source camera: ended without a frame"));
  auto looped = once;
  looped.emplace_back("source.camera.loop=true");
  const auto station = start(looped);
  EXPECT_TRUE(eventually([&] {
    return err().find("warning source camera: never ends by itself") != std::string::npos;
  })) << err();
  EXPECT_EQ(station->end(SIGTERM), 0) << err();
}

TEST_F(Programs, ResultsOutliveAStationThatIsKilledWhileTheBrokerIsAway) {
  if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
    GTEST_SKIP() << missing;
  testing_tools::Broker broker;
  broker.subscribe("line");
  broker.kill();
  const auto text = *read_text(file("station.toml"));
  ASSERT_TRUE(write_file(file("station.toml"),
                         text + "[[sink]]\nname = \"mq\"\nkind = \"mqtt\"\ntopic = \"line\"\n" +
                             "url = \"" + broker.url() + "\"\n[spool]\npath = \"spool\"\n"));
  {
    const auto station = start({"run", file("station.toml")});
    EXPECT_TRUE(eventually([&] { return json_lines().size() == 4; })) << err();
    station->kill();
  }
  broker.start();
  ASSERT_TRUE(make_folder(file("other")));
  write_picture("other/x.png", 250);
  EXPECT_EQ(
      run({"run", file("station.toml"), "--once", "--set", "source.camera.path=" + file("other")}),
      0)
      << err();
  EXPECT_TRUE(eventually([&] { return broker.received().size() == 5; }));
  const auto received = broker.received();
  ASSERT_EQ(received.size(), 5u);
  for (size_t i = 0; i < 4; ++i) EXPECT_THAT(received[i], HasSubstr(fmt::format("p{}.png", i)));
  EXPECT_THAT(received[4], HasSubstr("x.png"));
}

// Killed again and again while the broker comes and goes: each picture has its result in the end,
// and what came twice has the same id.
TEST_F(Programs, EveryPictureOfAConsumedFolderHasItsResultHoweverOftenTheStationIsKilled) {
  if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
    GTEST_SKIP() << missing;
  constexpr int pictures = 60;
  for (int i = 4; i < pictures; ++i) write_picture(fmt::format("pictures/p{}.png", i), 5);
  testing_tools::Broker broker;
  broker.subscribe("line");
  const auto text = *read_text(file("station.toml"));
  ASSERT_TRUE(write_file(
      file("station.toml"),
      text + "[[sink]]\nname = \"mq\"\nkind = \"mqtt\"\ntopic = \"line\"\npayload = \"scene\"\n" +
          "url = \"" + broker.url() + "\"\n[spool]\npath = \"spool\"\n"));
  const std::vector<std::string> run_it = {"run", file("station.toml"), "--set",
                                           "source.camera.consume=true", "-q"};
  const auto done = [&] {
    const auto files = list_files(file("pictures/done"));
    return files ? static_cast<int>(files->size()) : 0;
  };
  for (int kill = 1; kill <= 5; ++kill) {
    if (kill == 2) broker.kill();
    if (kill == 4) broker.start();
    auto arguments = run_it;
    arguments.insert(arguments.end(), {"--set", "source.camera.interval_s=0.01"});
    const auto station = start(std::move(arguments));
    EXPECT_TRUE(eventually([&] { return done() >= 8 * kill; })) << err();
    station->kill();
  }
  auto last = run_it;
  last.emplace_back("--once");
  ASSERT_EQ(run(last), 0) << err();
  EXPECT_EQ(done(), pictures);
  std::map<std::string, std::string> ids;
  EXPECT_TRUE(eventually([&] {
    for (const auto& line : broker.received()) {
      const auto result = parse_json(line).value_or(Json::object());
      if (!result.contains("id")) continue;
      const auto [known, added] =
          ids.try_emplace(result["picture"].get<std::string>(), result["id"].get<std::string>());
      EXPECT_EQ(known->second, result["id"].get<std::string>());
    }
    return ids.size() == pictures;
  })) << ids.size();
}

TEST_F(Programs, ASourceThatFailedIsToldThoughAnotherEnded) {
  const auto text = *read_text(file("station.toml"));
  ASSERT_TRUE(write_file(file("none.mkv"), "this is no video\n"));
  ASSERT_TRUE(write_file(
      file("station.toml"),
      text + "[[source]]\nname = \"video\"\nkind = \"video\"\n" + "path = \"none.mkv\"\n"));
  EXPECT_EQ(run({"run", file("station.toml"), "--once", "-q"}), 1);
  EXPECT_EQ(json_lines().size(), 4u);
  EXPECT_THAT(err(), HasSubstr("turnstone run: source 'video': has failed: "));
}

TEST_F(Programs, InterruptEndsTheStationWith130) {
  auto station = start({"run", file("station.toml"), "--set", "page.port=0"});
  EXPECT_NE(page_url(), "") << err();
  EXPECT_EQ(station->end(SIGINT), 130);
  EXPECT_THAT(err(), HasSubstr("sink lines: "));
}

TEST_F(Programs, TerminateEndsTheStationWith0) {
  auto station = start({"run", file("station.toml"), "--set", "page.port=0"});
  EXPECT_NE(page_url(), "") << err();
  EXPECT_EQ(station->end(SIGTERM), 0);
}

// One that goes on with pictures that arrive, whose lines go to a file.
class Reloads : public Programs {
 protected:
  void SetUp() override {
    Programs::SetUp();
    tell("lines.jsonl", "watch = true\n");
    station_ = start({"run", file("station.toml")});
    ASSERT_TRUE(eventually([&] { return count("lines.jsonl") == 4; })) << err();
  }

  void tell(const std::string& lines, const std::string& more) const {
    ASSERT_TRUE(
        write_file(file("station.toml"),
                   fmt::format("[[source]]\nname = \"camera\"\nkind = \"folder\"\n{}"
                               "path = \"pictures\"\n"
                               "[[model]]\nname = \"inspection\"\npackage = \"{}\"\n"
                               "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"{}\"\n",
                               more, package(), lines)));
  }
  size_t count(const std::string& lines) const {
    const auto text = read_text(file(lines)).value_or("");
    return static_cast<size_t>(std::ranges::count(text, '\n'));
  }
  bool says(const std::string& what) const {
    return eventually([&] { return err().find(what) != std::string::npos; });
  }

  std::unique_ptr<Process> station_;
};

TEST_F(Reloads, HangupTakesTheModelAnew) {
  station_->signal(SIGHUP);
  EXPECT_TRUE(says("model inspection: a new one is in service")) << err();
  write_picture("pictures/q.png", 250);
  EXPECT_TRUE(eventually([&] { return count("lines.jsonl") == 5; }));
  EXPECT_EQ(station_->end(SIGTERM), 0);
}

TEST_F(Reloads, HangupLeavesAPageAtAnyPortWhereItIs) {
  station_->end(SIGTERM);
  station_ = start({"run", file("station.toml"), "--set", "page.port=0"});
  const auto url = page_url();
  tell("others.jsonl", "watch = true\n");
  station_->signal(SIGHUP);
  EXPECT_TRUE(says("the configuration was read anew")) << err();
  EXPECT_TRUE(eventually([&] { return count("others.jsonl") == 4; })) << err();
  EXPECT_EQ(station_->end(SIGTERM), 0);
  EXPECT_EQ(err().find("page: " + url), err().find("page: "));
  EXPECT_GT(err().rfind("page: " + url), err().find("page: ")) << err();
}

TEST_F(Reloads, HangupTakesAConfigurationThatHasChanged) {
  tell("others.jsonl", "watch = true\n");
  station_->signal(SIGHUP);
  EXPECT_TRUE(says("the configuration was read anew")) << err();
  EXPECT_TRUE(eventually([&] { return count("others.jsonl") == 4; })) << err();
  EXPECT_EQ(count("lines.jsonl"), 4u);
  EXPECT_EQ(station_->end(SIGTERM), 0);
}

TEST_F(Reloads, AWrongConfigurationDoesNotStopTheOldOne) {
  tell("others.jsonl", "watch = maybe\n");
  station_->signal(SIGHUP);
  EXPECT_TRUE(says("the old configuration stays: ")) << err();
  write_picture("pictures/q.png", 250);
  EXPECT_TRUE(eventually([&] { return count("lines.jsonl") == 5; }));
  tell("nowhere/others.jsonl", "watch = true\n");
  station_->signal(SIGHUP);
  EXPECT_TRUE(says("nowhere/others.jsonl: cannot open")) << err();
  write_picture("pictures/r.png", 250);
  EXPECT_TRUE(eventually([&] { return count("lines.jsonl") > 5; })) << err();
  EXPECT_EQ(station_->end(SIGTERM), 0);
}

TEST_F(Programs, AWrongConfigurationIsExplained) {
  EXPECT_EQ(run({"run", file("station.toml"), "--set", "page.prt=1"}), 2);
  EXPECT_EQ(err(),
            "turnstone run: --set: page: key 'prt' is unknown, did you mean 'port'\n"
            "Try 'turnstone run --help'.\n");
  EXPECT_EQ(run({"run", file("nowhere.toml")}), 1);
  EXPECT_THAT(err(), HasSubstr("no such file"));
}

TEST_F(Programs, ATakenPortIsUnavailable) {
  auto first = start({"run", file("station.toml"), "--set", "page.port=0"});
  const auto url = page_url();
  const auto port = url.substr(url.rfind(':') + 1, url.size() - url.rfind(':') - 2);
  EXPECT_EQ(run({"run", file("station.toml"), "--once", "--set", "page.port=" + port}), 3);
  EXPECT_THAT(err(), HasSubstr("cannot listen on 127.0.0.1 port " + port));
}

TEST_F(Programs, RunFieldsPrintsTheReference) {
  EXPECT_EQ(run({"run", "--fields"}), 0);
  EXPECT_THAT(out(), HasSubstr("[[source]] of kind \"folder\""));
}

TEST_F(Programs, AWrongCommandLineIs2) {
  EXPECT_EQ(run({"run"}), 2);
  EXPECT_EQ(run({"run", "x.toml", "--onse"}), 2);
  EXPECT_EQ(run({"predict", package()}), 2);
  EXPECT_EQ(run({"predict", package(), "--input", "x=y"}), 2);
  EXPECT_EQ(run({"bench", package(), "--runs", "0"}), 2);
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"predikt"}), 2);
  EXPECT_EQ(err(), "turnstone: command 'predikt' is unknown, did you mean 'predict'\n");
}

TEST_F(Programs, EveryCommandHasHelpWithExamples) {
  for (const auto* command : {"run", "predict", "bench", "compile", "inspect"}) {
    EXPECT_EQ(run({command, "--help"}), 0) << command;
    EXPECT_THAT(out(), HasSubstr("Examples:")) << command;
  }
}

TEST_F(Programs, PredictTellsClassesAsText) {
  ASSERT_EQ(run({"predict", package(), file("pictures/p3.png")}), 0) << err();
  EXPECT_EQ(out(), file("pictures/p3.png") + "\n  0.9804  Fail\n  0.0196  Pass\n");
}

TEST_F(Programs, PredictTellsClassesAsJson) {
  ASSERT_EQ(run({"predict", package("brightness4"), file("pictures/p0.png"),
                 file("pictures/p3.png"), "--json", "--top", "1"}),
            0)
      << err();
  const auto lines = json_lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(print_json(lines[1]),
            fmt::format(R"({{"picture":"{}","label":"Fail","class":1,"score":0.980392,)"
                        R"("top":[{{"label":"Fail","class":1,"score":0.980392}}]}})",
                        file("pictures/p3.png")));
}

TEST_F(Programs, PredictSaysThatThereAreNoClassesToTell) {
  ASSERT_EQ(run({"predict", package("spots"), file("pictures/p3.png"), "--top", "3"}), 0) << err();
  EXPECT_EQ(err(),
            fmt::format("note: --top is for classes, and {} tells none\n", package("spots")));
}

TEST_F(Programs, PredictSkipsABrokenPictureAndSaysSo) {
  ASSERT_TRUE(write_file(file("broken.png"), "no picture"));
  EXPECT_EQ(run({"predict", package(), file("broken.png"), file("pictures/p3.png"), "--json"}), 1);
  EXPECT_EQ(json_lines().size(), 1u);
  EXPECT_THAT(err(), HasSubstr("broken.png"));
}

TEST_F(Programs, PredictDraws) {
  ASSERT_EQ(run({"predict", package(), file("pictures/p3.png"), "--draw", file("drawn")}), 0);
  const auto drawn = read_picture(file("drawn/p3.jpg"));
  ASSERT_TRUE(drawn) << drawn.error().text;
  EXPECT_EQ(drawn->width, 320);
}

TEST_F(Programs, PredictDrawsOverNoPictureThatItReads) {
  const auto original = *read_text(file("pictures/p3.png"));
  ASSERT_TRUE(write_file(file("pictures/one.jpg"), original));
  for (const auto* read : {"pictures/p3.png", "pictures/one.jpg"}) {
    EXPECT_EQ(run({"predict", package(), file(read), "--draw", file("pictures")}), 1);
    EXPECT_THAT(err(), HasSubstr(fmt::format("is the folder of {}; name another", file(read))));
  }
  ASSERT_TRUE(make_folder(file("drawn")));
  std::filesystem::create_symlink(file("pictures/one.jpg"), file("drawn/one.jpg"));
  EXPECT_EQ(run({"predict", package(), file("pictures/one.jpg"), "--draw", file("drawn")}), 1);
  EXPECT_THAT(err(), HasSubstr("drawn/one.jpg is a picture that is read; name another folder"));
  EXPECT_EQ(*read_text(file("pictures/one.jpg")), original);
}

TEST_F(Programs, PredictTakesTensors) {
  const Tensor bright = Tensor::filled(DType::f32, {1, 3, 8, 8}, 0.75);
  ASSERT_TRUE(write_npy(file("in.npy"), bright));
  ASSERT_EQ(run({"predict", package(), "--input", "picture=" + file("in.npy"), "--output-dir",
                 file("results")}),
            0)
      << err();
  const auto scores = read_npy(file("results/scores.npy"));
  ASSERT_TRUE(scores) << scores.error().text;
  EXPECT_EQ(scores->shape(), (Shape{1, 2}));
  EXPECT_FLOAT_EQ(static_cast<float>(scores->real_at(1)), 0.75f);
}

TEST_F(Programs, NoOutputReplacesWhatIsNotItsOwn) {
  const auto text = *read_text(file("station.toml"));
  EXPECT_EQ(run({"run", file("station.toml"), "--once", "--set",
                 "sink.lines.path=" + file("station.toml")}),
            1);
  EXPECT_THAT(err(), HasSubstr("begins with no such lines"));
  EXPECT_EQ(*read_text(file("station.toml")), text);
  ASSERT_TRUE(write_file(file("mine.json"), "{}"));
  EXPECT_EQ(run({"compile", file("none.onnx"), "-o", file("mine.so")}), 1);
  EXPECT_THAT(err(), HasSubstr("mine.json: is there and of no package; name another file"));
}

TEST_F(Programs, PredictRefusesTensorsOfAnotherShape) {
  ASSERT_TRUE(write_npy(file("in.npy"), Tensor::filled(DType::f32, {1, 8, 8, 3}, 0)));
  EXPECT_EQ(run({"predict", package(), "--input", "picture=" + file("in.npy"), "--output-dir",
                 file("results")}),
            1);
  EXPECT_EQ(err(), "turnstone predict: " + file("in.npy") +
                       ": input 'picture' is f32[1,8,8,3], the model takes f32[1,3,8,8]\n");
  EXPECT_EQ(run({"predict", package(), "--input", "pictur=" + file("in.npy"), "--output-dir",
                 file("results")}),
            1);
  EXPECT_EQ(err(), "turnstone predict: " + file("in.npy") +
                       ": input 'pictur' is not the model's, legal are picture\n");
}

TEST_F(Programs, BenchHasItsKeys) {
  ASSERT_EQ(run({"bench", package(), "--runs", "5", "--json", "--layers"}), 0) << err();
  const auto json = json_lines().at(0);
  for (const auto* key : {"threads", "variant", "median_ms", "p10_ms", "p90_ms", "min_ms", "gflops",
                          "peak_gflops", "share_of_peak", "rss_mb", "load_ms", "layers"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["threads"], 1);
  EXPECT_GT(json["peak_gflops"].get<double>(), 0);
  EXPECT_EQ(json["layers"][0]["name"], "mean");
}

}  // namespace
}  // namespace turnstone
