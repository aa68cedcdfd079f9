#include "train/plot.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/files.h"
#include "media/picture.h"

namespace turnstone {
namespace {

// The picture of a matrix of so many classes, of which each picture of `wrong` is taken for 0.
Result<Frame> matrix(size_t classes, const std::vector<size_t>& wrong) {
  std::vector counts(classes, std::vector<int64_t>(classes));
  std::vector<std::string> labels;
  for (size_t k = 0; k < classes; ++k) {
    counts[k][k] = 5;
    labels.push_back(fmt::format("class {}", k));
  }
  for (const auto k : wrong) counts[k][0] = 3;
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "matrix.png";
  TRY(plot_confusion(path, "val", counts, labels));
  return read_picture(path);
}

bool are_equal(const Frame& a, const Frame& b) {
  if (a.width != b.width || a.height != b.height || a.format != b.format) return false;
  for (int y = 0; y < a.height; ++y)
    if (std::memcmp(a.planes[0].data + y * a.planes[0].stride,
                    b.planes[0].data + y * b.planes[0].stride, size_t{3} * a.width) != 0)
      return false;
  return true;
}

TEST(PlotConfusion, OfManyClassesIsNoLargerThanThatOfAFew) {
  const auto few = matrix(64, {}), many = matrix(2500, {});
  ASSERT_TRUE(few) << few.error().text;
  ASSERT_TRUE(many) << many.error().text;
  EXPECT_EQ(many->width, few->width);
  EXPECT_EQ(many->height, few->height);
}

TEST(PlotConfusion, ShowsTheClassesWithMostMistakes) {
  const auto none = matrix(100, {}), shown = matrix(100, {90});
  ASSERT_TRUE(none && shown);
  EXPECT_FALSE(are_equal(*none, *shown));
}

}  // namespace
}  // namespace turnstone
