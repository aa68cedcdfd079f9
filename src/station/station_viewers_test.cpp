// Sinks of pictures in a whole station: what a file delivers is recorded, sent on and told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "media/picture.h"
#include "station/station.h"
#include "station/testing_pictures.h"
#include "wire/test_broker.h"
#include "wire/test_s3_server.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::coded_frame;
using testing_tools::eventually;

class StationViewersTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_folder(file("pictures")));
    for (int i = 0; i < 12; ++i)
      ASSERT_TRUE(write_png(file(fmt::format("pictures/{}.png", i)), coded_frame(i)));
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string config(const std::string& more) const {
    return fmt::format(
        "[[source]]\nname = \"camera\"\nkind = \"folder\"\npath = \"{}\"\n"
        "[[model]]\nname = \"inspection\"\npackage = \"{}/brightness1\"\n{}",
        file("pictures"), TURNSTONE_TEST_PACKAGES, more);
  }
  std::string recording(const std::string& more) const {
    return fmt::format(
        "[[sink]]\nname = \"clips\"\nkind = \"recording\"\npath = \"{}\"\nfile = \"clip\"\n"
        "encoder = \"x264enc\"\n{}",
        file("clips"), more);
  }
  Result<> run(const std::string& text) const {
    const auto parsed = TRY(parse_config(text, "test.toml"));
    const auto station = TRY(open_station(parsed));
    return station->run({}, true);
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-viewers");
};

TEST_F(StationViewersTest, FramesAreRecordedInTheirOrder) {
  const auto ran = run(config(recording("draw = true\n")));
  ASSERT_TRUE(ran) << ran.error().text;
  const auto numbers = testing_tools::numbers_in(file("clips/clip.mkv"));
  EXPECT_FALSE(numbers.empty());
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  EXPECT_EQ(numbers.back(), 11);
}

TEST_F(StationViewersTest, AClipGoesToAStoreAndPicturesAreToldOf) {
  if (testing_tools::S3Server::program().empty()) GTEST_SKIP() << "versitygw is not installed";
  if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
    GTEST_SKIP() << missing;
  const testing_tools::S3Server server;
  testing_tools::Broker broker;
  broker.subscribe("texts");
  ASSERT_TRUE(write_file(file("credentials"), server.credentials_text()));
  const auto ran = run(config(
      recording("to = \"store\"\nkey = \"videos/{source}.mkv\"\n") +
      fmt::format("[[sink]]\nname = \"store\"\nkind = \"s3\"\nbucket = \"pictures\"\nendpoint = "
                  "\"{}\"\ncredentials_file = \"{}\"\nkey = \"{{frame}}.jpg\"\n"
                  "[[sink]]\nname = \"texts\"\nkind = \"mqtt\"\nurl = \"{}\"\ntopic = \"t\"\n"
                  "texts_topic = \"texts\"\ntexts = \"deeplens-a\"\n[spool]\npath = \"{}\"\n",
                  server.options().endpoint, file("credentials"), broker.url(), file("spool"))));
  ASSERT_TRUE(ran) << ran.error().text;
  const auto client = *make_s3_client(server.options());
  const auto head = client->head("videos/camera.mkv", {});
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->content_type, "video/x-matroska");
  EXPECT_EQ(head->size_bytes,
            static_cast<int64_t>(std::filesystem::file_size(file("clips/clip.mkv"))));
  EXPECT_TRUE(std::filesystem::is_empty(file("spool/bodies")));
  ASSERT_TRUE(eventually([&] { return broker.received().size() >= 2; }));
  const auto texts = broker.received();
  EXPECT_EQ(texts[0], "Model loaded");
  EXPECT_EQ(texts[1], "Face detection starts now");
}

TEST_F(StationViewersTest, ClipsAreSentThroughAStoreAloneAndWaitOnDisk) {
  const auto text = config(recording("to = \"store\"\n"));
  EXPECT_THAT(run(text).error().text, HasSubstr("sink 'clips': to 'store' is no sink of kind s3"));
}

TEST_F(StationViewersTest, AnUnknownKindNamesThoseOfPicturesToo) {
  const auto parsed = parse_config(config("[[sink]]\nname = \"x\"\nkind = \"fifos\"\n"), "t.toml");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().text, HasSubstr("did you mean 'fifo'"));
  EXPECT_THAT(parsed.error().text, HasSubstr("webhook, fifo, recording, rtsp, window"));
}

TEST_F(StationViewersTest, AViewerOfASourceThatThereIsNotIsRefused) {
  const auto parsed = parse_config(config(recording("sources = [\"camra\"]\n")), "t.toml");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().text, HasSubstr("there is no source 'camra'"));
}

TEST_F(StationViewersTest, AViewerThatFailsHarmsNobodyElse) {
  const auto ran =
      run(config(fmt::format("[[sink]]\nname = \"window\"\nkind = \"window\"\nsink = \"nosink\"\n"
                             "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"{}\"\n",
                             file("lines.jsonl"))));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().text, "sink 'window': gstreamer: element nosink is not installed");
  EXPECT_EQ(std::ranges::count(*read_text(file("lines.jsonl")), '\n'), 12);
}

}  // namespace
}  // namespace turnstone
