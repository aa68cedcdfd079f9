#include "station/view.h"

#include <gtest/gtest.h>

#include "media/image.h"
#include "media/picture.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using namespace std::chrono_literals;
using testing_tools::eventually;

class Watcher final : public HttpFeed::Viewer {
 public:
  void wake() override {}
};

Frame gray(int width, int64_t sequence = 0) {
  auto frame = make_image(PixelFormat::rgb, width, 64)->frame();
  frame.sequence = sequence;
  return frame;
}

// A scene with one box.
Outcome boxed() {
  Outcome outcome{.model = std::make_shared<Model>(), .scene = {}, .verdict = {}};
  outcome.scene.detections.push_back(
      {.box = {0.1f, 0.1f, 0.9f, 0.9f}, .label = 0, .score = 0.9f, .keypoints = {}});
  return outcome;
}

class ViewTest : public testing::Test {
 protected:
  void make(std::chrono::milliseconds hold) {
    view_ = std::make_unique<View>(1000, 90, hold);
    feed_ = view_->stream().feed;
  }
  void look() { feed_->join(watcher_); }

  // What comes after that which was told before, once it was sent again; "" when none comes.
  std::string next() {
    seen_ += 2;
    if (!eventually([&] { return feed_->newest().number >= seen_; })) return "";
    return *feed_->newest().bytes;
  }

  std::shared_ptr<Watcher> watcher_ = std::make_shared<Watcher>();
  std::unique_ptr<View> view_;
  std::shared_ptr<HttpFeed> feed_;
  int64_t seen_ = 0;
};

int width_of(const std::string& piece) {
  const auto begin = piece.find("\r\n\r\n") + 4;
  const auto end = piece.rfind("\r\n--");
  const auto picture = decode_picture(std::as_bytes(std::span(piece)).subspan(begin, end - begin));
  return picture ? picture->width : 0;
}

TEST_F(ViewTest, WhoComesLaterSeesTheNewestFrame) {
  make(0ms);
  view_->show(gray(64, 0));
  view_->show(gray(96, 1));
  look();
  EXPECT_EQ(width_of(next()), 96);
  EXPECT_EQ(feed_->newest().number, 2);
}

TEST_F(ViewTest, APictureBehindWhichNoneComesIsSentOnceMore) {
  make(0ms);
  look();
  view_->show(gray(64));
  std::vector<std::string> pieces;
  ASSERT_TRUE(eventually([&] {
    const auto piece = feed_->newest();
    if (piece.number > std::ssize(pieces)) pieces.push_back(*piece.bytes);
    return pieces.size() == 2;
  }));
  EXPECT_EQ(pieces[0], pieces[1]);
}

TEST_F(ViewTest, WhoComesBeforeTheFirstFrameSeesIt) {
  make(0ms);
  look();
  view_->show(gray(64));
  EXPECT_EQ(width_of(next()), 64);
}

TEST_F(ViewTest, AFrameThatIsNotJudgedShowsTheSceneBeforeIt) {
  make(1h);
  look();
  view_->show(gray(64, 0));
  const auto plain = next();
  view_->show(gray(64, 1), boxed());
  const auto judged = next();
  EXPECT_NE(judged, plain);
  view_->show(gray(64, 2));
  EXPECT_EQ(next(), judged);
}

TEST_F(ViewTest, WhoWantsThePictureAloneSeesNothingDrawn) {
  make(1h);
  const auto drawn = feed_;
  look();
  view_->show(gray(64, 0));
  const auto plain = next();
  feed_ = view_->stream(false).feed;
  seen_ = 0;
  look();
  view_->show(gray(64, 1), boxed());
  EXPECT_EQ(next(), plain);
  EXPECT_TRUE(eventually([&] { return drawn->newest().number > 2; }));
  EXPECT_NE(*drawn->newest().bytes, plain);
}

TEST_F(ViewTest, ASceneIsNotHeldForLonger) {
  make(0ms);
  look();
  view_->show(gray(64, 0));
  const auto plain = next();
  view_->show(gray(64, 1), boxed());
  ASSERT_NE(next(), plain);
  view_->show(gray(64, 2));
  EXPECT_EQ(next(), plain);
}

TEST_F(ViewTest, AnAnswerThatComesLateDoesNotBringItsOldFrameBack) {
  make(0ms);
  look();
  view_->show(gray(96, 5));
  ASSERT_EQ(width_of(next()), 96);
  view_->show(gray(64, 4), boxed());
  EXPECT_EQ(width_of(next()), 96);
}

// How bright the picture in `piece` is below a box that begins at column `left` and ends at row 19,
// 0..255.
int brightness_at(const std::string& piece, int left) {
  const auto begin = piece.find("\r\n\r\n") + 4;
  const auto end = piece.rfind("\r\n--");
  const auto picture = decode_picture(std::as_bytes(std::span(piece)).subspan(begin, end - begin));
  if (!picture) return -1;
  int sum = 0;
  for (int y = 22; y < 26; ++y)
    for (int x = 0; x < 24 * 3; ++x)
      sum += picture->planes[0].data[y * picture->planes[0].stride + 3 * left + x];
  return sum / (4 * 24 * 3);
}

TEST_F(ViewTest, WhatIsSaidOfAThingStandsAtItWhereverItIsNow) {
  make(60s);
  look();
  auto outcome = boxed();
  outcome.scene.detections[0].box = {0.1F, 0.1F, 0.3F, 0.3F};
  outcome.scene.detections[0].track = 4;
  view_->show(gray(320, 0), outcome);
  EXPECT_LT(brightness_at(next(), 34), 20);
  Outcome said{.model = std::make_shared<Model>(), .scene = {}, .verdict = {}};
  said.scene.classes = {{0, 0.9F}};
  said.scene.piece = std::make_shared<const Piece>(
      Piece{.place = {}, .box = outcome.scene.detections[0].box, .of = "", .track = 4, .path = ""});
  view_->show(gray(320, 0), said);
  EXPECT_GT(brightness_at(next(), 34), 40);
  outcome.scene.detections[0].box = {0.5F, 0.1F, 0.7F, 0.3F};
  view_->show(gray(320, 1), outcome);
  const auto moved = next();
  EXPECT_LT(brightness_at(moved, 34), 20);
  EXPECT_GT(brightness_at(moved, 162), 40);
}

}  // namespace
}  // namespace turnstone
