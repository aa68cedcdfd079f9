#include "station/pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/image.h"

namespace turnstone {
namespace {

Model faces() {
  Model model;
  model.task = Task::detection;
  model.labels = {"face", "hand"};
  return model;
}

Frame picture(PixelFormat format = PixelFormat::rgb) {
  auto frame = make_image(format, 200, 100)->frame();
  frame.source = "camera";
  frame.sequence = 7;
  return frame;
}

Scene scene_of(const std::vector<Box>& boxes) {
  Scene scene;
  for (const auto& box : boxes) {
    auto& detection = scene.detections.emplace_back();
    detection.box = box;
    detection.label = 0;
    detection.track = 5;
  }
  return scene;
}

TEST(Pieces, ShowTheThingsAndKnowWhereTheyLie) {
  const auto frame = picture();
  const auto [frames, left_out] =
      pieces_of(frame, scene_of({{0.1F, 0.2F, 0.3F, 0.6F}}), faces(), {});
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(left_out, 0);
  const auto& piece = frames[0];
  EXPECT_EQ(piece.width, 40);
  EXPECT_EQ(piece.height, 40);
  EXPECT_EQ(piece.planes[0].data, frame.planes[0].data + 20 * frame.planes[0].stride + 3 * 20);
  EXPECT_EQ(piece.sequence, 7);
  EXPECT_EQ(piece.piece->of, "face");
  EXPECT_EQ(piece.piece->track, 5);
  EXPECT_EQ(piece.piece->path, "/0");
  EXPECT_DOUBLE_EQ(piece.piece->place.left, 0.1);
  EXPECT_DOUBLE_EQ(piece.piece->place.width, 0.2);
  EXPECT_EQ(piece.whole->width, 200);
}

TEST(Pieces, PaddingIsAShareOfTheThingAndEndsWithThePicture) {
  PiecesConfig config;
  config.padding = 0.5;
  const auto made = pieces_of(picture(), scene_of({{0.1F, 0.2F, 0.3F, 0.6F}, {0, 0, 0.1F, 0.1F}}),
                              faces(), config);
  ASSERT_EQ(made.frames.size(), 2u);
  EXPECT_EQ(made.frames[0].width, 80);
  EXPECT_EQ(made.frames[0].height, 80);
  EXPECT_EQ(made.frames[1].width, 30);
  EXPECT_EQ(made.frames[1].height, 15);
  EXPECT_FLOAT_EQ(made.frames[1].piece->box.right, 0.1F);
}

TEST(Pieces, BeginAtEvenPixelsWhereChromaIsHalved) {
  for (const auto format : {PixelFormat::nv12, PixelFormat::i420}) {
    const auto made =
        pieces_of(picture(format), scene_of({{0.105F, 0.11F, 0.3F, 0.6F}}), faces(), {});
    ASSERT_EQ(made.frames.size(), 1u);
    EXPECT_EQ(made.frames[0].width, 40);
    EXPECT_DOUBLE_EQ(made.frames[0].piece->place.left, 0.1);
    EXPECT_DOUBLE_EQ(made.frames[0].piece->place.top, 0.1);
  }
}

TEST(Pieces, AreOfTheWantedLabelsAndNoMoreThanWanted) {
  auto scene = scene_of({{0, 0, 1, 1}, {0, 0, 0.5F, 1}, {0.5F, 0, 1, 1}, {0, 0, 0.001F, 0.001F}});
  scene.detections[0].label = 1;
  PiecesConfig config;
  config.of = {"face"};
  config.most = 1;
  const auto made = pieces_of(picture(), scene, faces(), config);
  ASSERT_EQ(made.frames.size(), 1u);
  EXPECT_EQ(made.frames[0].piece->path, "/1");
  EXPECT_EQ(made.left_out, 2);
}

TEST(Pieces, OfAPieceAreCutOutOfTheWholePicture) {
  const auto outer = pieces_of(picture(), scene_of({{0.5F, 0.5F, 1, 1}}), faces(), {}).frames;
  PiecesConfig config;
  config.padding = 1;
  const auto inner =
      pieces_of(outer[0], scene_of({{0.5F, 0.5F, 0.75F, 0.75F}}), faces(), config).frames;
  ASSERT_EQ(inner.size(), 1u);
  EXPECT_DOUBLE_EQ(inner[0].piece->place.left, 0.25);
  EXPECT_DOUBLE_EQ(inner[0].piece->place.width, 0.75);
  EXPECT_EQ(inner[0].piece->path, "/0/0");
  EXPECT_EQ(inner[0].whole, outer[0].whole);
}

TEST(Pieces, KeepTheReceiptOpenAndTheWholePictureDoesNot) {
  std::optional<Fate> fate;
  auto frame = picture();
  frame.receipt = std::make_shared<Receipt>([&](Fate told) { fate = told; });
  auto made = pieces_of(frame, scene_of({{0, 0, 1, 1}}), faces(), {}).frames;
  const auto whole = made[0].whole;
  frame.receipt.reset();
  EXPECT_FALSE(fate);
  made.clear();
  EXPECT_TRUE(fate);
}

TEST(Pieces, OnlyModelsThatFindBoxesAreFollowed) {
  EXPECT_TRUE(check_followed(faces(), {"face"}));
  EXPECT_EQ(check_followed(faces(), {"fase"}).error().text,
            "has no label 'fase', did you mean 'face'");
  auto classes = faces();
  classes.task = Task::classification;
  EXPECT_EQ(check_followed(classes, {}).error().text, "finds no boxes, wanted: one that does");
}

}  // namespace
}  // namespace turnstone
