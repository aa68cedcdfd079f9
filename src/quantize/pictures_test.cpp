#include "quantize/pictures.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image.h"
#include "media/picture.h"

namespace turnstone::int8 {
namespace {

namespace fs = std::filesystem;

void write_gray(const fs::path& path, uint8_t level) {
  auto image = *make_image(PixelFormat::gray, 2, 2);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x) image.row(y)[x] = level;
  ASSERT_TRUE(write_file(path, *encode_png(image.frame())));
}

// An input of `batch` gray pictures of one pixel, as they are.
ModelInput input_of(int64_t batch) {
  ModelInput input;
  input.name = "x";
  input.dtype = DType::u8;
  input.shape = {batch, 1, 1, 1};
  input.layout = Layout::nhwc;
  input.preprocess = Preprocess();
  input.preprocess->color = ColorOrder::gray;
  return input;
}

class PicturesTest : public testing::Test {
 protected:
  void SetUp() override {
    write_gray(folder_.path() / "b.png", 20);
    ASSERT_TRUE(make_folder(folder_.path() / "a/deep"));
    write_gray(folder_.path() / "a/deep/c.png", 30);
    write_gray(folder_.path() / "10.png", 10);
    ASSERT_TRUE(write_file(folder_.path() / "a/notes.txt", "no picture"));
  }
  // What the tensor for picture `i` holds.
  std::vector<int> levels(int64_t batch, size_t i) const {
    auto pictures = Pictures::open({folder_.path()}, input_of(batch));
    EXPECT_TRUE(pictures) << pictures.error().text;
    const auto tensor = *pictures->read(i);
    const auto bytes = tensor.as<uint8_t>();
    return {bytes.begin(), bytes.end()};
  }

  TemporaryFolder folder_ = *TemporaryFolder::make();
};

TEST_F(PicturesTest, AreThoseOfAFolderAndOfTheFoldersInside) {
  EXPECT_EQ(Pictures::open({folder_.path()}, input_of(1))->count(), 3U);
  EXPECT_EQ(levels(1, 0), std::vector{10});
  EXPECT_EQ(levels(1, 1), std::vector{20});
  EXPECT_EQ(levels(1, 2), std::vector{30});
}

TEST_F(PicturesTest, FillAnInputOfSeveral) {
  EXPECT_EQ(levels(2, 0), (std::vector{10, 20}));
  EXPECT_EQ(levels(4, 2), (std::vector{30, 10, 20, 30}));
}

}  // namespace
}  // namespace turnstone::int8
