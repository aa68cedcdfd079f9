// Models in a row in a whole station: one finds things, the next judges each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"
#include "media/image.h"
#include "media/picture.h"
#include "station/station.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_tools::eventually;

// Dark pictures of 64 x 48 with a bright quarter at the top left and a dim one at the bottom right:
// the model "spots" finds both, the model "verdicts" says that the bright one fails.
class Stages : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_folder(file("pictures"))); }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  static std::string package(const std::string& name) {
    return std::string(TURNSTONE_TEST_PACKAGES) + "/" + name;
  }

  void add_picture(const std::string& name) const {
    auto image = *make_image(PixelFormat::rgb, 64, 48);
    for (int y = 0; y < 24; ++y) std::fill_n(image.row(y), 32 * 3, 230);
    for (int y = 24; y < 48; ++y) std::fill_n(image.row(y) + 32 * 3, 32 * 3, 80);
    ASSERT_TRUE(write_png(folder_.path() / "pictures" / name, image.frame()));
  }

  std::string config(std::string_view source = {}, std::string_view verdicts = {},
                     std::string_view more = {}) const {
    return fmt::format(
        "[[source]]\nname = \"camera\"\nkind = \"folder\"\npath = \"{}\"\n{}"
        "[[model]]\nname = \"verdicts\"\nafter = \"spots\"\npackage = \"{}\"\n{}"
        "[[model]]\nname = \"spots\"\npackage = \"{}\"\n"
        "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"{}\"\n{}",
        file("pictures"), source, package("brightness1"), verdicts, package("spots"),
        file("lines.jsonl"), more);
  }

  static Result<std::unique_ptr<Station>> open(const std::string& text) {
    return open_station(TRY(parse_config(text, "test.toml")));
  }

  Json run_once(const std::string& text) const {
    auto station = open(text);
    if (!station) ADD_FAILURE() << station.error().text;
    if (!station) return {};
    const auto ran = (*station)->run({}, true);
    EXPECT_TRUE(ran) << ran.error().text;
    return (*station)->state();
  }

  std::vector<Json> lines_of(std::string_view model) const {
    std::vector<Json> made;
    for (const auto& line : split(read_text(file("lines.jsonl")).value_or(""), '\n')) {
      if (line.empty()) continue;
      auto json = *parse_json(line);
      if (json["model"] == model) made.push_back(std::move(json));
    }
    return made;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-stages");
};

TEST_F(Stages, EachThingThatIsFoundIsJudged) {
  add_picture("a.png");
  run_once(config());
  const auto spots = lines_of("spots"), verdicts = lines_of("verdicts");
  ASSERT_EQ(spots.size(), 1u);
  EXPECT_EQ(spots[0]["detections"].size(), 2u);
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(verdicts[0]["of"], "bright");
  EXPECT_EQ(verdicts[0]["label"], "Fail");
  EXPECT_EQ(verdicts[0]["box"], Json({0, 0, 0.5, 0.5}));
  EXPECT_EQ(verdicts[0]["picture"], "a.png");
  EXPECT_EQ(verdicts[1]["of"], "dim");
  EXPECT_EQ(verdicts[1]["label"], "Pass");
  EXPECT_EQ(verdicts[1]["box"], Json({0.5, 0.5, 1, 1}));
  EXPECT_NE(verdicts[0]["id"], verdicts[1]["id"]);
}

TEST_F(Stages, OnlyWantedThingsAreJudgedAndNoMoreThanWanted) {
  add_picture("a.png");
  run_once(config("", "of = [\"dim\"]\n"));
  ASSERT_EQ(lines_of("verdicts").size(), 1u);
  EXPECT_EQ(lines_of("verdicts")[0]["of"], "dim");
  std::filesystem::remove(file("lines.jsonl"));
  const auto state = run_once(config("", "most = 1\n"));
  ASSERT_EQ(lines_of("verdicts").size(), 1u);
  EXPECT_EQ(lines_of("verdicts")[0]["of"], "bright");
  EXPECT_EQ(state["models"][0]["after"], "spots");
  EXPECT_EQ(state["models"][0]["left_out"], 1);
  EXPECT_EQ(state["models"][1]["after"], nullptr);
}

TEST_F(Stages, ThreeInARowTellPlacesOfTheWholePicture) {
  add_picture("a.png");
  run_once(config("", "",
                  fmt::format("[[model]]\nname = \"inner\"\nafter = \"spots\"\nof = [\"bright\"]\n"
                              "package = \"{}\"\n"
                              "[[model]]\nname = \"third\"\nafter = \"inner\"\npackage = \"{}\"\n",
                              package("spots"), package("brightness4"))));
  const auto inner = lines_of("inner"), third = lines_of("third");
  ASSERT_EQ(inner.size(), 1u);
  ASSERT_EQ(inner[0]["detections"].size(), 4u);
  EXPECT_EQ(inner[0]["box"], Json({0, 0, 0.5, 0.5}));
  ASSERT_EQ(third.size(), 4u);
  std::vector<std::string> boxes;
  std::set<std::string> ids;
  for (const auto& line : third) {
    boxes.push_back(print_json(line["box"]));
    ids.insert(line["id"].get<std::string>());
    EXPECT_EQ(line["label"], "Fail");
  }
  EXPECT_THAT(boxes, testing::UnorderedElementsAre("[0.0,0.0,0.25,0.25]", "[0.25,0.0,0.5,0.25]",
                                                   "[0.0,0.25,0.25,0.5]", "[0.25,0.25,0.5,0.5]"));
  EXPECT_EQ(ids.size(), 4u);
}

TEST_F(Stages, APictureIsDoneWithWhenItsThingsAre) {
  for (int i = 0; i < 5; ++i) add_picture(fmt::format("p{}.png", i));
  const auto consumed = config("consume = true\n");
  run_once(consumed);
  EXPECT_EQ(list_files(file("pictures/done"))->size(), 5u);
  EXPECT_EQ(lines_of("verdicts").size(), 10u);
  std::set<std::string> ids;
  for (const auto& line : lines_of("verdicts")) ids.insert(line["id"].get<std::string>());
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_THAT(open(config("consume = true\n", "every = 2\n")).error().text,
              HasSubstr("consume wants every picture judged"));
}

TEST_F(Stages, TriggersOfALaterModelChooseAmongThePictures) {
  for (int i = 0; i < 5; ++i) add_picture(fmt::format("p{}.png", i));
  const auto state = run_once(config("", "every = 2\n"));
  EXPECT_EQ(lines_of("spots").size(), 5u);
  std::vector<std::string> pictures;
  for (const auto& line : lines_of("verdicts")) pictures.push_back(line["picture"]);
  EXPECT_THAT(pictures, ElementsAre("p0.png", "p0.png", "p2.png", "p2.png", "p4.png", "p4.png"));
  EXPECT_EQ(state["models"][0]["skipped"], 2);
}

TEST_F(Stages, ThingsKeepTheirTracks) {
  for (int i = 0; i < 3; ++i) add_picture(fmt::format("p{}.png", i));
  auto text = config("", "of = [\"bright\"]\n");
  text.insert(text.find("[[sink]]"), "track = true\n");
  run_once(text);
  const auto spots = lines_of("spots"), verdicts = lines_of("verdicts");
  ASSERT_EQ(verdicts.size(), 3u);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(verdicts[i]["track"], spots[i]["detections"][0]["track"]) << spots[i];
  EXPECT_EQ(verdicts[0]["track"], verdicts[2]["track"]);
}

TEST_F(Stages, ALaterModelIsComparedAndExchangedLikeTheFirst) {
  for (int i = 0; i < 3; ++i) add_picture(fmt::format("p{}.png", i));
  auto station =
      open(config("watch = true\n", fmt::format("challenger = \"{}\"\n", package("brightness4"))));
  ASSERT_TRUE(station) << station.error().text;
  const std::jthread runner(
      [&](std::stop_token stop) { EXPECT_TRUE((*station)->run(std::move(stop), false)); });
  const auto verdicts = [&] { return (*station)->state()["models"][0]; };
  ASSERT_TRUE(eventually([&] { return verdicts()["judged"] == 6; }));
  EXPECT_EQ(verdicts()["compared"], 6);
  EXPECT_EQ(verdicts()["disputed"], 0);
  (*station)->reload();
  ASSERT_TRUE(eventually([&] { return verdicts()["swaps"] == 1; }));
  add_picture("q.png");
  EXPECT_TRUE(eventually([&] { return verdicts()["judged"] == 8; }));
  EXPECT_EQ(verdicts()["trouble"], "");
}

TEST_F(Stages, SinksChooseAmongTheModelsAndFeedbackKeepsThePieces) {
  add_picture("a.png");
  run_once(config(
      "", "of = [\"bright\"]\n",
      fmt::format(
          "[[sink]]\nname = \"table\"\nkind = \"csv\"\nfrom = [\"verdicts\"]\npath = \"{}\"\n"
          "[feedback]\nfrom = [\"verdicts\"]\nfolder = \"{}\"\n",
          file("table.csv"), file("samples"))));
  const auto rows = split(*read_text(file("table.csv")), '\n');
  ASSERT_EQ(rows.size(), 4u);  // with the head, and what follows the last line end
  EXPECT_THAT(rows[1], HasSubstr(",verdicts,0,a.png,,Fail,1,"));
  EXPECT_THAT(rows[1], HasSubstr(",0,0,0.5,0.5,"));
  const auto line = *parse_json(split(*read_text(file("samples/feedback.manifest")), '\n')[0]);
  const auto sample = read_picture(file("samples/" + line["source-ref"].get<std::string>()));
  ASSERT_TRUE(sample) << sample.error().text;
  EXPECT_EQ(sample->width, 32);
  EXPECT_EQ(sample->height, 24);
}

TEST_F(Stages, AModelThatFindsNothingHasNoneAfterIt) {
  auto text = config();
  text.insert(text.find("[[sink]]"),
              fmt::format("[[model]]\nname = \"more\"\nafter = \"verdicts\"\npackage = \"{}\"\n",
                          package("brightness1")));
  EXPECT_EQ(
      open(text).error().text,
      "test.toml:12: model 'more': after: model 'verdicts': finds no boxes, wanted: one that does");
  EXPECT_EQ(open(config("", "of = [\"brigth\"]\n")).error().text,
            "test.toml:5: model 'verdicts': after: model 'spots': has no label 'brigth', did you "
            "mean 'bright'");
}

}  // namespace
}  // namespace turnstone
