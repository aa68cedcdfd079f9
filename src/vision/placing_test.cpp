#include "vision/placing.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(Placing, MovesEveryPlaceOfAPieceIntoThePicture) {
  Scene scene;
  auto& detection = scene.detections.emplace_back();
  detection.box = {0, 0.5F, 1, 1};
  detection.keypoints = {{.x = 0.5F, .y = 0.25F}};
  detection.mask.emplace().place = {0.5, 0.5, 0.5, 0.5};
  scene.mask.emplace();
  scene.anomaly.emplace().place = {-0.5, 0, 2, 1};
  place_in_picture(scene, {.left = 0.5, .top = 0.25, .width = 0.5, .height = 0.5});
  EXPECT_FLOAT_EQ(detection.box.left, 0.5F);
  EXPECT_FLOAT_EQ(detection.box.top, 0.5F);
  EXPECT_FLOAT_EQ(detection.box.right, 1);
  EXPECT_FLOAT_EQ(detection.box.bottom, 0.75F);
  EXPECT_FLOAT_EQ(detection.keypoints[0].x, 0.75F);
  EXPECT_FLOAT_EQ(detection.keypoints[0].y, 0.375F);
  EXPECT_DOUBLE_EQ(detection.mask->place.left, 0.75);
  EXPECT_DOUBLE_EQ(detection.mask->place.width, 0.25);
  EXPECT_DOUBLE_EQ(scene.mask->place.top, 0.25);
  EXPECT_DOUBLE_EQ(scene.mask->place.height, 0.5);
  EXPECT_DOUBLE_EQ(scene.anomaly->place.left, 0.25);
  EXPECT_DOUBLE_EQ(scene.anomaly->place.width, 1);
}

TEST(Placing, ABoxStaysWithinThePicture) {
  Scene scene;
  scene.detections.emplace_back().box = {0, 0, 1, 1};
  place_in_picture(scene, {.left = 0.7, .top = -1e-9, .width = 0.3000001, .height = 1.0000001});
  const auto& box = scene.detections[0].box;
  EXPECT_GE(box.top, 0);
  EXPECT_LE(box.right, 1);
  EXPECT_LE(box.bottom, 1);
}

}  // namespace
}  // namespace turnstone
