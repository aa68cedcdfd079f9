#include "capture/clip_writer.h"

#include <gtest/gtest.h>

#include "media/image.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;

class ClipWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto encoder = open_encoder(options_);
    if (!encoder) GTEST_SKIP() << encoder.error().text;
    auto frame = make_image(PixelFormat::rgb, options_.width, options_.height)->frame();
    frame.taken = began_;
    auto pictures = (*encoder)->encode(frame);
    ASSERT_TRUE(pictures) << pictures.error().text;
    auto rest = (*encoder)->finish();
    ASSERT_TRUE(rest) << rest.error().text;
    pictures->insert(pictures->end(), rest->begin(), rest->end());
    ASSERT_EQ(pictures->size(), 1u);
    ASSERT_TRUE(pictures->front().is_key);
    picture_ = pictures->front();
  }

  EncodedPicture at(int number) const {
    auto picture = picture_;
    picture.taken = began_ + number * milliseconds(40);
    return picture;
  }

  EncoderOptions options_{.width = 64, .height = 48, .encoder = "x264enc"};
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  EncodedPicture picture_;
};

// More than is held back: whoever writes would wait for a disk that takes nothing more.
TEST_F(ClipWriterTest, AFullDiskIsTold) {
  auto clip = open_clip("/dev/full", Container::mkv);
  ASSERT_TRUE(clip) << clip.error().text;
  Result<> written;
  auto large = std::make_shared<Bytes>(*picture_.bytes);
  large->resize(size_t{1} << 20);  // zeros behind the picture belong to none
  picture_.bytes = large;
  for (int i = 0; written && i < 200; ++i) written = (*clip)->write(at(i));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::unavailable);
  EXPECT_EQ(written.error().text.find("/dev/full: "), 0u) << written.error().text;
}

TEST_F(ClipWriterTest, AClipIsCompletedAndSynced) {
  const auto folder = *TemporaryFolder::make("turnstone-clip");
  for (const auto container : {Container::mkv, Container::mp4}) {
    const auto path = folder.path() / "clip";
    auto clip = open_clip(path, container);
    ASSERT_TRUE(clip) << clip.error().text;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE((*clip)->write(at(i)));
    const auto finished = (*clip)->finish();
    ASSERT_TRUE(finished) << finished.error().text;
    EXPECT_GT(std::filesystem::file_size(path), 5 * picture_.bytes->size());
  }
}

TEST_F(ClipWriterTest, AFolderThatIsNotThereIsTold) {
  const auto clip = open_clip("/no/such/folder/clip.mkv", Container::mkv);
  ASSERT_FALSE(clip);
  EXPECT_EQ(clip.error().code, Code::unavailable);
}

TEST(EncoderTest, OnesThatAreNotThereAreTold) {
  EXPECT_EQ(open_encoder({.width = 64, .height = 48, .encoder = "magic"}).error().text,
            "gstreamer: encoder 'magic' is not one that is known here");
}

}  // namespace
}  // namespace turnstone
