// Every decoder against what the original implementation made of the same numbers: the folders of
// testdata, which tools/references makes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tensor/npy.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(TURNSTONE_SOURCE_DIR) / "src/vision/testdata";

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(entry.path() / "model.json")) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

Tensor read(const fs::path& path) {
  auto tensor = read_npy(path);
  EXPECT_TRUE(tensor) << tensor.error().text;
  return tensor ? std::move(*tensor) : Tensor(DType::f32, {0});
}

class Reference : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto model = read_model(path_ / "model.json");
    ASSERT_TRUE(model) << model.error().text;
    std::vector<Tensor> tensors;
    for (const auto& output : model->outputs)
      tensors.push_back(read(path_ / (output.name + ".npy")));
    std::vector<OutputView> views;
    for (size_t i = 0; i < tensors.size(); ++i)
      views.push_back({.name = model->outputs[i].name,
                       .dtype = tensors[i].dtype(),
                       .shape = tensors[i].shape(),
                       .data = tensors[i].bytes(),
                       .quantisation = {}});
    const auto decoder = make_decoder(*model);
    ASSERT_TRUE(decoder) << decoder.error().text;
    const auto scene = (*decoder)->decode(views, 0, {});
    ASSERT_TRUE(scene) << scene.error().text;
    scene_ = *scene;
  }

  // The expected numbers of this name; compared by `check` where there are any.
  template <class Check>
  void expect(const std::string& name, Check check) {
    if (!fs::exists(path_ / (name + ".npy"))) return;
    const auto tensor = read(path_ / (name + ".npy"));
    check(tensor.shape(), tensor.as<float>());
    compared_ = true;
  }

  fs::path path_ = folder / GetParam();
  Scene scene_;
  bool compared_ = false;
};

void expect_mask(const Mask& mask, std::span<const float> cells, int64_t rows, int64_t columns) {
  const auto left = std::lround(mask.place.left * static_cast<double>(columns));
  const auto top = std::lround(mask.place.top * static_cast<double>(rows));
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      const auto x = column - left;
      const auto y = row - top;
      const bool within = x >= 0 && x < mask.width && y >= 0 && y < mask.height;
      const int cell = within ? mask.cells[y * mask.width + x] : 0;
      EXPECT_EQ(cell, cells[row * columns + column]) << row << ", " << column;
    }
}

// Detections with equal scores may stand in any order: the reference's are stored in ours.
TEST_P(Reference, AgreesWithTheOriginal) {
  constexpr float limit = 1e-4F;
  expect("detections", [&](const Shape& shape, std::span<const float> rows) {
    ASSERT_EQ(static_cast<int64_t>(scene_.detections.size()), shape[0]);
    EXPECT_GT(shape[0], 0);
    for (size_t i = 0; i < scene_.detections.size(); ++i) {
      const auto& [box, label, score, keypoints, mask, track] = scene_.detections[i];
      const float ours[] = {box.left, box.top, box.right, box.bottom, score, float(label)};
      for (size_t k = 0; k < 6; ++k) EXPECT_NEAR(ours[k], rows[6 * i + k], limit) << i << ", " << k;
    }
  });
  expect("keypoints", [&](const Shape& shape, std::span<const float> points) {
    ASSERT_EQ(static_cast<int64_t>(scene_.detections.size()), shape[0]);
    size_t at = 0;
    for (const auto& detection : scene_.detections) {
      ASSERT_EQ(static_cast<int64_t>(detection.keypoints.size()), shape[1]);
      for (const auto& [x, y, score] : detection.keypoints) {
        EXPECT_NEAR(x, points[at++], limit);
        EXPECT_NEAR(y, points[at++], limit);
        EXPECT_NEAR(score, points[at++], limit);
      }
    }
  });
  expect("masks", [&](const Shape& shape, std::span<const float> cells) {
    ASSERT_EQ(static_cast<int64_t>(scene_.detections.size()), shape[0]);
    const auto size = static_cast<size_t>(shape[1] * shape[2]);
    for (size_t i = 0; i < scene_.detections.size(); ++i) {
      ASSERT_TRUE(scene_.detections[i].mask);
      expect_mask(*scene_.detections[i].mask, cells.subspan(i * size, size), shape[1], shape[2]);
    }
  });
  expect("classes", [&](const Shape& shape, std::span<const float> rows) {
    ASSERT_EQ(static_cast<int64_t>(scene_.classes.size()), shape[0]);
    for (size_t i = 0; i < scene_.classes.size(); ++i) {
      EXPECT_EQ(scene_.classes[i].label, rows[2 * i]);
      EXPECT_NEAR(scene_.classes[i].score, rows[2 * i + 1], limit);
    }
  });
  expect("mask", [&](const Shape& shape, std::span<const float> cells) {
    ASSERT_TRUE(scene_.mask);
    expect_mask(*scene_.mask, cells, shape[0], shape[1]);
  });
  EXPECT_TRUE(compared_);
}

INSTANTIATE_TEST_SUITE_P(Testdata, Reference, testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace turnstone
