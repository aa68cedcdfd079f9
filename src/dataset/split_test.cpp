#include "dataset/split.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "dataset/shuffle.h"

namespace turnstone {
namespace {

// `stop` and label of each sample.
Dataset dataset_of(const std::vector<std::pair<int, int>>& samples) {
  Dataset dataset{{"Pass", "Fail"}, {}};
  for (const auto& [stop, label] : samples) {
    const auto i = dataset.samples.size();
    dataset.samples.push_back({fmt::format("/d/{}.jpg", i),
                               label,
                               {{"stop", stop}, {"line", label == 1 ? "a" : "b"}},
                               fmt::format("m:{}", i + 1)});
  }
  return dataset;
}

// Six stops as on the turntable, 30 pictures each: Fail Pass Fail Fail Pass Fail.
Dataset turntable() {
  std::vector<std::pair<int, int>> samples;
  for (int stop = 0; stop < 6; ++stop)
    for (int i = 0; i < 30; ++i) samples.emplace_back(stop, stop == 1 || stop == 4 ? 0 : 1);
  return dataset_of(samples);
}

std::map<int, int> held_by_label(const Dataset& dataset, const Split& split) {
  std::map<int, int> held;
  for (const auto i : split.val) ++held[dataset.samples[i].label];
  return held;
}

TEST(Shuffle, IsTheSameOnEveryMachine) {
  std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7};
  std::mt19937_64 random(42);
  shuffle(items, random);
  EXPECT_EQ(items, (std::vector<int>{7, 0, 5, 1, 2, 4, 3, 6}));
}

TEST(Shuffle, DrawsAreEven) {
  std::mt19937_64 random(3);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts[random_below(random, 7)];
  for (const auto count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(Split, EverySampleStandsOnOneSide) {
  const auto dataset = turntable();
  const auto split = *make_split(dataset, {"", 0.2, 7});
  std::set<int64_t> seen(split.train.begin(), split.train.end());
  seen.insert(split.val.begin(), split.val.end());
  EXPECT_EQ(seen.size(), dataset.samples.size());
  EXPECT_EQ(split.train.size() + split.val.size(), dataset.samples.size());
  EXPECT_EQ(held_by_label(dataset, split), (std::map<int, int>{{0, 12}, {1, 24}}));
}

TEST(Split, MembersOfAGroupStayTogetherForEverySeed) {
  const auto dataset = turntable();
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto split = *make_split(dataset, {"stop", 0.3, seed});
    std::map<std::string, std::set<bool>> sides;
    for (const auto i : split.train) sides[*field_of(dataset.samples[i], "stop")].insert(false);
    for (const auto i : split.val) sides[*field_of(dataset.samples[i], "stop")].insert(true);
    for (const auto& [stop, side] : sides) EXPECT_EQ(side.size(), 1U) << stop;
    const auto held = held_by_label(dataset, split);
    EXPECT_EQ(held.at(0), 30) << seed;
    EXPECT_EQ(held.at(1), 30) << seed;
  }
}

TEST(Split, TheSameSeedGivesTheSameAndAnotherAnother) {
  const auto dataset = turntable();
  EXPECT_EQ(*make_split(dataset, {"", 0.2, 7}), *make_split(dataset, {"", 0.2, 7}));
  EXPECT_NE(make_split(dataset, {"", 0.2, 7})->val, make_split(dataset, {"", 0.2, 8})->val);
}

TEST(Split, NoneTrainsOnEverything) {
  const auto split = *make_split(turntable(), {"stop", std::nullopt, 0});
  EXPECT_EQ(split.train.size(), 180U);
  EXPECT_TRUE(split.val.empty());
}

TEST(Split, AClassOfOneGroupIsTrainedOn) {
  const auto dataset = dataset_of({{0, 0}, {1, 1}, {2, 1}, {3, 1}, {4, 1}});
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto split = *make_split(dataset, {"stop", 0.5, seed});
    EXPECT_EQ(held_by_label(dataset, split), (std::map<int, int>{{1, 2}}));
  }
}

TEST(Split, TooFewGroupsAreNamed) {
  const auto split = make_split(dataset_of({{0, 0}, {0, 1}, {0, 1}}), {"stop", 0.2, 0});
  EXPECT_EQ(split.error().text,
            "val 0.2: too few values of 'stop' (1) to hold some out and keep every class to train "
            "on, legal are none and more of them");
  EXPECT_EQ(make_split(dataset_of({{0, 0}}), {"", 0.2, 0}).error().text,
            "val 0.2: too few pictures (1) to hold some out and keep every class to train on, "
            "legal are none and more of them");
  EXPECT_EQ(make_split(turntable(), {"part", 0.2, 0}).error().text,
            "m:1: has no field 'part', there are stop, line");
  EXPECT_FALSE(make_split(turntable(), {"", 1.5, 0}));
}

TEST(Split, IsWrittenWithItsSettingsAndThePicturesOfBothSides) {
  const auto dataset = dataset_of({{0, 0}, {1, 1}, {0, 1}});
  EXPECT_EQ(split_to_json({{"stop", 0.3, UINT64_MAX}, {0, 2}, {1}}, dataset),
            *parse_json(R"({"group": "stop", "seed": 18446744073709551615, "share": 0.3,
                            "train": ["/d/0.jpg", "/d/2.jpg"], "val": ["/d/1.jpg"]})"));
  EXPECT_TRUE(split_to_json({{"", std::nullopt, 0}, {0, 1, 2}, {}}, dataset)["share"].is_null());
}

TEST(Where, KeepsTheSamplesOfTheValues) {
  const auto dataset = turntable();
  EXPECT_EQ(filter(dataset, {*parse_where("stop=0,1")})->samples.size(), 60U);
  EXPECT_EQ(filter(dataset, {*parse_where("stop=0, 1"), *parse_where("line=a")})->samples.size(),
            30U);
  EXPECT_EQ(filter(dataset, {})->samples.size(), 180U);
  EXPECT_EQ(filter(dataset, {*parse_where("stop=7")}).error().text,
            "no picture fulfils the conditions; 'stop' is one of 0, 1, 2, 3, 4, 5");
  EXPECT_EQ(filter(dataset, {*parse_where("part=7")}).error().code, Code::missing);
}

TEST(Where, MistakesAreNamed) {
  EXPECT_EQ(parse_where("stop").error().text,
            "'stop' is wrong, expected FIELD=VALUE or FIELD=VALUE,VALUE");
  for (const auto* text : {"", "=1", "stop=", "stop=1,,2"}) EXPECT_FALSE(parse_where(text)) << text;
}

TEST(Val, IsAShareOrNone) {
  EXPECT_FALSE(parse_val("none")->has_value());
  EXPECT_EQ(**parse_val("0.25"), 0.25);
  for (const auto* text : {"0", "1", "-1", "nan", "half", "0.2x", ""})
    EXPECT_FALSE(parse_val(text)) << text;
}

}  // namespace
}  // namespace turnstone
