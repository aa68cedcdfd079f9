// Whole stations whose table is simulated, over live pictures of GStreamer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "station/station.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing_tools::eventually;

class StationCycle : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  // White pictures, which are Fail, a hundred a second; a table of three sections that is fast.
  void open(std::string_view cycle, std::string_view more) {
    const auto text = fmt::format(
        "[[source]]\nname = \"camera\"\nkind = \"v4l2\"\nwidth_px = 32\nheight_px = 24\n"
        "fps = 100\ndevice = \"gst:videotestsrc is-live=true pattern=white\"\n"
        "[[model]]\nname = \"inspection\"\npackage = \"{}/brightness1\"\n"
        "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"{}\"\n"
        "[cycle]\nsettle_s = 0\njudge_s = 0\njudge_frames = 2\n{}"
        "[cycle.table]\nsections = 3\nticks_per_turn = 1000\nvelocity = 1e6\n"
        "acceleration = 1e8\n{}",
        TURNSTONE_TEST_PACKAGES, file("lines.jsonl"), cycle, more);
    auto config = parse_config(text, "test.toml");
    ASSERT_TRUE(config) << config.error().text;
    auto station = open_station(*config);
    ASSERT_TRUE(station) << station.error().text;
    station_ = std::move(*station);
    runner_ = std::jthread(
        [this](std::stop_token stop) { EXPECT_TRUE(station_->run(std::move(stop), false)); });
  }

  void stop() {
    runner_.request_stop();
    runner_.join();
  }

  int64_t count(const char* key) const { return station_->state()["cycle"][key].get<int64_t>(); }

  std::vector<Json> lines() const {
    std::vector<Json> made;
    for (const auto& line : split(read_text(file("lines.jsonl")).value_or(""), '\n'))
      if (!line.empty()) made.push_back(*parse_json(line));
    return made;
  }

  // Parts in order without a gap, each with an id of its own; the last may have been cut short.
  void expect_parts_once_each() const {
    std::set<std::string> ids;
    const auto verdicts = lines();
    for (size_t i = 0; i < verdicts.size(); ++i) {
      EXPECT_EQ(verdicts[i]["part"], i);
      EXPECT_TRUE(i + 1 == verdicts.size() || verdicts[i]["label"] == "Fail");
      EXPECT_TRUE(ids.insert(verdicts[i]["id"].get<std::string>()).second);
    }
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-station");
  std::unique_ptr<Station> station_;
  std::jthread runner_;
};

TEST_F(StationCycle, SortsPartAfterPartAlsoWhenTheSorterIsLate) {
  open("sort_timeout_s = 0.1\n",
       "[cycle.sorter]\ndriver = \"simulated\"\nanswer_s = 0.01\nlate_every = 4\nlate_s = 0.2\n");
  EXPECT_TRUE(eventually([&] { return count("sorted") >= 6; }));
  stop();
  const auto cycle = station_->state()["cycle"];
  EXPECT_GE(cycle["faults"], 1);
  EXPECT_EQ(cycle["unsorted"], cycle["faults"]);
  EXPECT_EQ(lines().size(), cycle["parts"].get<size_t>());
  expect_parts_once_each();
}

TEST_F(StationCycle, CountsPartsThatTheSorterRefuses) {
  open("unsorted = \"count\"\n",
       "[cycle.sorter]\ndriver = \"simulated\"\nanswer_s = 0\nrefuse_every = 3\n");
  EXPECT_TRUE(eventually([&] { return count("unsorted") >= 2; }));
  stop();
  EXPECT_EQ(count("faults"), 0);
  EXPECT_GE(count("sorted"), 2 * count("unsorted"));
  expect_parts_once_each();
}

TEST_F(StationCycle, CountsTheLabelsOfEachSection) {
  open("", "");
  EXPECT_TRUE(eventually([&] { return count("parts") >= 4; }));
  stop();
  const auto cycle = station_->state()["cycle"];
  ASSERT_EQ(cycle["sections"].size(), 3u);
  int64_t parts = 0;
  for (const auto& section : cycle["sections"]) {
    EXPECT_GE(section["labels"]["Fail"], 1);
    EXPECT_TRUE(section["labels"].contains(section["last"].get<std::string>()));
    for (const auto& of_label : section["labels"]) parts += of_label.get<int64_t>();
  }
  EXPECT_EQ(cycle["sections"][2]["section"], 2);
  EXPECT_EQ(parts, cycle["parts"]);
}

TEST_F(StationCycle, StopsTheLineAfterPartsThatFail) {
  open("stop_after_fails = 3\n", "");
  EXPECT_TRUE(eventually([&] { return station_->state()["cycle"]["phase"] == "fault"; }));
  const auto cycle = station_->state()["cycle"];
  EXPECT_EQ(cycle["parts"], 3);
  EXPECT_EQ(cycle["fault"], "the line stops after 3 parts in a row that are Fail");
  stop();
  EXPECT_EQ(lines().size(), 3u);
}

// Each part's action is acknowledged when it has come, that of part 1 after its time.
TEST_F(StationCycle, TellsASorterBehindABrokerInOrderOnceEach) {
  if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
    GTEST_SKIP() << missing;
  testing_tools::Broker broker;
  broker.subscribe("line/actions");
  open("sort_timeout_s = 0.5\n",
       fmt::format("[cycle.sorter]\ndriver = \"mqtt\"\ntopic = \"line/actions\"\n"
                   "answer_topic = \"line/done\"\nactions = [\"Fail=reject\"]\n"
                   "[mqtt]\nurl = \"{}\"\n",
                   broker.url()));
  constexpr int64_t parts = 4;
  for (int64_t part = 0; part < parts; ++part) {
    ASSERT_TRUE(eventually([&] { return std::cmp_greater(broker.received().size(), part); }));
    const auto action = *parse_json(broker.received().back());
    EXPECT_EQ(action["part"], part);
    EXPECT_EQ(action["section"], part % 3);
    EXPECT_EQ(action["action"], "reject");
    EXPECT_TRUE(part != 1 ||
                eventually([&] { return station_->state()["cycle"]["phase"] == "fault"; }));
    EXPECT_TRUE(broker.say("line/done", fmt::format(R"({{"id":{}}})", print_json(action["id"]))));
  }
  EXPECT_TRUE(eventually([&] { return count("sorted") == parts; }));
  EXPECT_TRUE(eventually([&] { return lines().size() > parts; }));
  stop();
  expect_parts_once_each();
  const auto verdicts = lines();
  const auto actions = broker.received();
  ASSERT_LE(actions.size(), verdicts.size());
  for (size_t i = 0; i < actions.size(); ++i)
    EXPECT_EQ(parse_json(actions[i]).value_or(Json())["id"], verdicts[i]["id"]);
}

}  // namespace
}  // namespace turnstone
