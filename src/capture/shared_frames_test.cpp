#include "capture/shared_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/files.h"
#include "base/test_process.h"
#include "capture/include/turnstone_frames.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing_tools::Process;

class SharedFramesTest : public testing::Test {
 protected:
  ~SharedFramesTest() override { ts_frames_close(&ring_); }

  std::string path() const { return (folder_.path() / "ring").string(); }

  void create(uint32_t slots = 4, uint64_t bytes = 64 * 64 * 4) {
    ASSERT_EQ(ts_frames_create(&ring_, path().c_str(), slots, bytes), 0);
  }
  // Publishes a frame whose pixels are all `value`.
  ts_frame* publish(uint8_t value, ts_pixels format = TS_BGRX, uint32_t width = 8,
                    uint32_t height = 6) {
    ts_frame* frame = ts_frames_begin(&ring_, format, width, height);
    CHECK(frame);
    for (int plane = 0; plane < ts_plane_count(format); ++plane)
      std::memset(ts_frame_plane(frame, plane), value + plane,
                  frame->stride[plane] * ts_row_count(plane, height));
    ts_frames_publish(&ring_);
    return frame;
  }
  std::unique_ptr<FrameReader> open() const {
    auto reader = open_shared_frames(path());
    EXPECT_TRUE(reader) << reader.error().text;
    return reader ? std::move(*reader) : nullptr;
  }
  static Grab grab(FrameReader& reader) {
    auto grab = reader.next(milliseconds(2000));
    EXPECT_TRUE(grab) << grab.error().text;
    return grab.value_or(Grab{});
  }
  // What the next frame fails with, or why it is broken.
  static std::string error_of(FrameReader& reader) {
    const auto grab = reader.next(milliseconds(0));
    if (!grab) return grab.error().text;
    return grab->kind == Grab::broken ? grab->error.text : "none";
  }
  std::string error_of_opening() const {
    const auto reader = open_shared_frames(path());
    return reader ? "none" : reader.error().text;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make();
  ts_frames ring_ = {};
};

TEST_F(SharedFramesTest, FramesComeAsTheyWereWritten) {
  create();
  const auto reader = open();
  const auto before = std::chrono::steady_clock::now();
  publish(7);
  const auto first = grab(*reader);
  ASSERT_EQ(first.kind, Grab::frame);
  const auto& frame = first.picture;
  EXPECT_EQ(frame.format, PixelFormat::bgrx);
  EXPECT_EQ(frame.width, 8);
  EXPECT_EQ(frame.height, 6);
  EXPECT_EQ(frame.sequence, 0);
  EXPECT_GE(frame.taken, before);
  EXPECT_LE(frame.taken, std::chrono::steady_clock::now());
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 32; ++x) ASSERT_EQ(frame.planes[0].data[y * frame.planes[0].stride + x], 7);
  publish(9);
  EXPECT_EQ(grab(*reader).picture.sequence, 1);
  EXPECT_EQ(frame.planes[0].data[0], 7);
}

TEST_F(SharedFramesTest, EveryFormatAndSizeOfOneRingIsRead) {
  create();
  const auto reader = open();
  for (const auto format : {TS_RGB, TS_BGR, TS_RGBX, TS_BGRX, TS_GRAY, TS_I420, TS_NV12}) {
    publish(40, format, 5 + format, 7);
    const auto frame = grab(*reader).picture;
    EXPECT_EQ(static_cast<int>(frame.format), static_cast<int>(format));
    EXPECT_EQ(frame.width, 5 + format);
    for (int plane = 0; plane < ts_plane_count(format); ++plane) {
      const auto& there = frame.planes[static_cast<size_t>(plane)];
      const auto last = there.stride * static_cast<int64_t>(ts_row_count(plane, 7) - 1) +
                        static_cast<int64_t>(ts_row_bytes(format, plane, 5 + format)) - 1;
      EXPECT_EQ(there.data[0], 40 + plane);
      EXPECT_EQ(there.data[last], 40 + plane);
    }
  }
}

TEST_F(SharedFramesTest, WhatWasOverwrittenIsAGapInTheNumbers) {
  create(4);
  const auto reader = open();
  for (uint8_t i = 0; i < 10; ++i) publish(i);
  for (const int64_t number : {7, 8, 9}) {
    const auto frame = grab(*reader).picture;
    EXPECT_EQ(frame.sequence, number);
    EXPECT_EQ(frame.planes[0].data[0], number);
  }
  EXPECT_EQ(reader->next(milliseconds(0))->kind, Grab::nothing);
}

TEST_F(SharedFramesTest, AFrameThatIsBeingOverwrittenIsPassedOver) {
  create(2);
  const auto reader = open();
  publish(1);
  publish(2);
  ASSERT_TRUE(ts_frames_begin(&ring_, TS_BGRX, 8, 6));  // over frame 0
  EXPECT_EQ(grab(*reader).picture.sequence, 1);
  publish(3);
  EXPECT_EQ(grab(*reader).picture.sequence, 2);
}

TEST_F(SharedFramesTest, OnlyWhatComesAfterOpeningIsGiven) {
  create();
  publish(1);
  const auto reader = open();
  EXPECT_EQ(reader->next(milliseconds(0))->kind, Grab::nothing);
  publish(2);
  EXPECT_EQ(grab(*reader).picture.planes[0].data[0], 2);
}

TEST_F(SharedFramesTest, AReaderThatWaitsIsWokenByAFrame) {
  create();
  const auto reader = open();
  std::jthread writer([this] { publish(5); });
  EXPECT_EQ(grab(*reader).picture.planes[0].data[0], 5);
}

TEST_F(SharedFramesTest, TimesThatCannotBeAreThoseOfReading) {
  create();
  const auto reader = open();
  for (const int64_t time : {int64_t{-5}, int64_t{0}, int64_t{1}, INT64_MAX, INT64_MIN}) {
    auto* frame = ts_frames_begin(&ring_, TS_GRAY, 8, 8);
    frame->monotonic_ns = frame->wall_ns = time;
    ts_frames_publish(&ring_);
    const auto seen = grab(*reader).picture;
    const auto now = std::chrono::steady_clock::now();
    EXPECT_LT(std::chrono::abs(now - seen.taken), std::chrono::seconds(30)) << time;
    EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - seen.wall),
              std::chrono::seconds(30));
  }
}

TEST_F(SharedFramesTest, ARingThatIsClosedOrReplacedIsUnavailable) {
  EXPECT_EQ(open_shared_frames(path()).error().code, Code::missing);
  create();
  auto reader = open();
  ts_frames_close(&ring_);
  auto grab = reader->next(milliseconds(0));
  ASSERT_FALSE(grab);
  EXPECT_EQ(grab.error().code, Code::unavailable);
  EXPECT_THAT(grab.error().text, HasSubstr("its writer has closed it"));
  EXPECT_FALSE(std::filesystem::exists(path()));

  create();
  reader = open();
  ts_frames second;
  ASSERT_EQ(ts_frames_create(&second, path().c_str(), 3, 100), 0);
  EXPECT_THAT(error_of(*reader), HasSubstr("another ring has taken its place"));
  ts_frames_close(&ring_);
  EXPECT_TRUE(std::filesystem::exists(path())) << "the second one's";
  ts_frames_close(&second);
}

TEST_F(SharedFramesTest, ARingThatIsCutShortIsUnavailableAndNothingDies) {
  create();
  const auto reader = open();
  publish(1);
  ASSERT_EQ(::truncate(path().c_str(), 200), 0);
  EXPECT_THAT(error_of(*reader), HasSubstr("was cut short"));
  ASSERT_EQ(::truncate(path().c_str(), 0), 0);
  EXPECT_THAT(error_of(*reader), HasSubstr("was cut short"));
  ASSERT_EQ(::truncate(path().c_str(), static_cast<off_t>(ring_.bytes)), 0) << "for the writer";
}

TEST_F(SharedFramesTest, SlotsThatMakeNoSenseAreBrokenAndTheNextOneIsRead) {
  create();
  const auto reader = open();
  const auto spoilt = [&](auto spoil) {
    auto* frame = ts_frames_begin(&ring_, TS_I420, 8, 6);
    spoil(*frame);
    ts_frames_publish(&ring_);
    return error_of(*reader);
  };
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.format = 9; }),
              HasSubstr("pixel format 9 is wrong, legal are 0..6"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.width = 0; }), HasSubstr("picture of 0 x 6"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.width = UINT32_MAX; }), HasSubstr("is outside"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.height = 16384; }), HasSubstr("does not lie"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.stride[1] = 3; }), HasSubstr("stride 3"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.stride[0] = UINT64_MAX; }), HasSubstr("stride"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.offset[2] = UINT64_MAX; }), HasSubstr("plane 2"));
  EXPECT_THAT(spoilt([](ts_frame& frame) { frame.offset[0] = 0; }), HasSubstr("plane 0"));
  publish(3);
  EXPECT_EQ(grab(*reader).picture.sequence, 8);
}

TEST_F(SharedFramesTest, HeadsThatMakeNoSenseAreRefused) {
  create();
  const auto good = *ring_.ring;
  const auto refused = [&](auto spoil) {
    spoil(*ring_.ring);
    auto text = error_of_opening();
    *ring_.ring = good;
    return text;
  };
  EXPECT_THAT(refused([](ts_ring& ring) { ring.magic = 1; }), HasSubstr("holds no ring"));
  EXPECT_THAT(refused([](ts_ring& ring) { ring.version = 2; }),
              HasSubstr("has version 2, legal is 1"));
  EXPECT_THAT(refused([](ts_ring& ring) { ring.slot_count = 65; }), HasSubstr("65 slots"));
  EXPECT_THAT(refused([](ts_ring& ring) { ring.slot_count = 1; }), HasSubstr("1 slots"));
  EXPECT_THAT(refused([](ts_ring& ring) { ring.slot_bytes = UINT64_MAX - 63; }),
              HasSubstr("slots of"));
  EXPECT_THAT(refused([](ts_ring& ring) { ring.slot_bytes *= 2; }), HasSubstr("in a file of"));
  EXPECT_THAT(refused([](ts_ring& ring) { ring.published = UINT64_MAX; }), HasSubstr("counts"));
  ASSERT_TRUE(write_file(path() + "2", "TSFRAMES"));
  EXPECT_THAT(open_shared_frames(path() + "2").error().text, HasSubstr("was cut short"));
  EXPECT_EQ(open_shared_frames(folder_.path()).error().code, Code::invalid);
}

TEST_F(SharedFramesTest, AHeadThatChangesUnderTheReaderIsUnavailable) {
  create();
  const auto reader = open();
  publish(1);
  ring_.ring->slot_bytes /= 2;
  EXPECT_THAT(error_of(*reader), HasSubstr("became another ring"));
  ring_.ring->slot_bytes *= 2;
  EXPECT_EQ(grab(*reader).picture.sequence, 0);
  ring_.ring->published = 0;
  EXPECT_THAT(error_of(*reader), HasSubstr("counts 0 frames, 1 were there"));
}

TEST_F(SharedFramesTest, AWriterIsToldWhatARingCannotBe) {
  ts_frames ring;
  EXPECT_EQ(ts_frames_create(&ring, path().c_str(), 1, 100), EINVAL);
  EXPECT_EQ(ts_frames_create(&ring, path().c_str(), 65, 100), EINVAL);
  EXPECT_EQ(ts_frames_create(&ring, path().c_str(), 2, UINT64_MAX), EINVAL);
  EXPECT_EQ(ts_frames_create(&ring, "/no/such/folder", 2, 100), ENOENT);
  EXPECT_EQ(ts_frames_begin(&ring, TS_RGB, 1, 1), nullptr);
  create(2, 100);
  EXPECT_EQ(ts_frames_begin(&ring_, TS_RGB, 100, 100), nullptr);
  EXPECT_EQ(ts_frames_begin(&ring_, TS_RGB, UINT32_MAX, UINT32_MAX), nullptr);
}

// Every frame shows one value; a torn one would show two.
TEST_F(SharedFramesTest, NoFrameIsTornWhileAnotherThreadWritesAsFastAsItCan) {
  create(2, 64 * 64);
  const auto reader = open();
  std::jthread writer([this](const std::stop_token& stop) {
    for (uint8_t value = 0; !stop.stop_requested(); ++value) publish(value, TS_GRAY, 64, 64);
  });
  int64_t last = -1;
  for (int i = 0; i < 300; ++i) {
    const auto frame = grab(*reader).picture;
    ASSERT_TRUE(frame.planes[0].data);
    ASSERT_GT(frame.sequence, last);
    last = frame.sequence;
    for (int byte = 1; byte < 64 * 64; ++byte)
      ASSERT_EQ(frame.planes[0].data[byte], frame.planes[0].data[0]) << "frame " << last;
  }
}

TEST_F(SharedFramesTest, AWriterThatIsKilledAndStartedAgainIsReadAgain) {
  auto writer = std::make_unique<Process>(
      std::vector<std::string>{TURNSTONE_EXAMPLE_FRAMES, path(), "0", "200"});
  ASSERT_TRUE(testing_tools::eventually([&] { return open_shared_frames(path()).has_value(); }));
  auto reader = open();
  const auto frame = grab(*reader).picture;
  EXPECT_EQ(frame.width, 320);
  EXPECT_EQ(frame.format, PixelFormat::bgrx);
  writer->kill();
  EXPECT_TRUE(testing_tools::eventually([&] {
    const auto grab = reader->next(milliseconds(0));
    return grab && grab->kind == Grab::nothing;
  }));
  writer = std::make_unique<Process>(
      std::vector<std::string>{TURNSTONE_EXAMPLE_FRAMES, path(), "0", "200"});
  EXPECT_TRUE(testing_tools::eventually([&] {
    const auto grab = reader->next(milliseconds(10));
    return !grab && grab.error().text.find("another ring") != std::string::npos;
  }));
  reader = open();
  EXPECT_EQ(grab(*reader).kind, Grab::frame);
  EXPECT_EQ(writer->end(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace turnstone
