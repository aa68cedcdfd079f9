#include "vision/overlay.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace turnstone {
namespace {

Model labelled(std::vector<std::string> labels) {
  Model model;
  model.labels = std::move(labels);
  return model;
}

TEST(Overlay, BoxesTagsAndBannerAreDrawn) {
  auto image = *make_image(PixelFormat::rgb, 320, 240);
  Scene scene;
  scene.detections = {{{0.25F, 0.5F, 0.75F, 0.9F}, 0, 0.9F, {{0.5F, 0.7F}}}};
  draw_scene(image, scene, labelled({"face"}), {"Pass", green});
  const auto at = [&](int x, int y) {
    return std::vector<int>(image.row(y) + 3L * x, image.row(y) + 3L * x + 3);
  };
  const auto color = color_of_label(0);
  const std::vector<int> expected = {color.red, color.green, color.blue};
  EXPECT_EQ(at(80, 180), expected);
  EXPECT_EQ(at(160, 168), expected);
  EXPECT_EQ(at(100, 180), (std::vector<int>{0, 0, 0}));
  EXPECT_GT(at(300, 5)[1], 100);
}

TEST(Overlay, WhatIsSaidOfAThingStandsBelowItsBox) {
  auto image = *make_image(PixelFormat::rgb, 320, 240);
  Scene scene;
  scene.classes = {{1, 0.9F}};
  draw_piece(image, scene, labelled({"closed", "open"}), {0.25F, 0.25F, 0.5F, 0.5F});
  const auto color = color_of_label(1);
  const auto* below = image.row(121) + 3L * 80;
  EXPECT_EQ(std::vector<int>(below, below + 3),
            (std::vector<int>{color.red, color.green, color.blue}));
  EXPECT_EQ(image.row(119)[3L * 80], 0);
}

TEST(Overlay, MasksAnomaliesAndValuesAreDrawn) {
  auto image = *make_image(PixelFormat::rgb, 64, 64);
  Scene scene;
  scene.mask = Mask{2, 2, {0, Mask::no_label, 1, 1}, {}};
  auto model = labelled({"ground", "cat"});
  model.background = 0;
  draw_scene(image, scene, model);
  EXPECT_EQ(image.row(10)[3 * 10], 0);
  EXPECT_EQ(image.row(50)[3 * 10 + 1], 80);
  scene = {};
  scene.anomaly = Anomaly{1, 1, 2, {0.1F, 1}, {0, 0, 0.5, 1}};
  image = *make_image(PixelFormat::rgb, 64, 64);
  draw_scene(image, scene, model);
  EXPECT_EQ(image.row(10)[0], 0);
  EXPECT_GT(image.row(50)[0], 100);
  EXPECT_EQ(image.row(50)[3 * 40], 0);
  scene = {};
  scene.values = {{1, 2.5F}};
  image = *make_image(PixelFormat::rgb, 64, 64);
  std::memset(image.row(0), 9, 64 * 3);
  draw_scene(image, scene, model);
  EXPECT_EQ(image.row(0)[0], 0);
}

TEST(Overlay, ATrackMakesTheTagWiderByItsNumber) {
  Scene scene;
  scene.detections = {{{0.25F, 0.5F, 0.75F, 0.9F}, 0, 0.9F, {}}};
  const auto tag_width = [&] {
    auto image = *make_image(PixelFormat::rgb, 320, 240);
    draw_scene(image, scene, labelled({"face"}));
    const auto* row = image.row(118);
    int width = 0;
    for (int x = 80; x < 320 && row[3 * x] + row[3 * x + 1] + row[3 * x + 2] > 0; ++x) ++width;
    return width;
  };
  const int without = tag_width();
  scene.detections[0].track = 12;
  EXPECT_EQ(tag_width(), without + text_width("#12 ", 1));
}

TEST(Overlay, BoxesOutsideAndTinyPicturesDoNoHarm) {
  auto image = *make_image(PixelFormat::rgb, 3, 2);
  Scene scene;
  scene.detections = {{{-9, -9, 9, 9}, 5, 0.9F, {{NAN, INFINITY}}}, {{1, 1, 0, 0}, -1, 0.1F, {}}};
  draw_scene(image, scene, Model{}, {"a long verdict that does not fit", red});
}

}  // namespace
}  // namespace turnstone
