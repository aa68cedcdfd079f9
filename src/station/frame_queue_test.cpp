#include "station/frame_queue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using namespace std::chrono_literals;
using testing_tools::eventually;

Frame frame_of(const std::string& source, int64_t sequence) {
  Frame frame;
  frame.source = source;
  frame.sequence = sequence;
  return frame;
}

std::vector<int64_t> numbers_of(const std::vector<Frame>& frames) {
  std::vector<int64_t> numbers;
  for (const auto& frame : frames) numbers.push_back(frame.sequence);
  return numbers;
}

// True while a thread of this process waits for something.
bool sleeps(pid_t thread) {
  const auto text = read_text(fmt::format("/proc/self/task/{}/stat", thread)).value_or("");
  return text.find(") S ") != std::string::npos;
}

TEST(FrameQueue, KeepsOnlyTheNewestOfALiveSource) {
  FrameQueue queue(1);
  EXPECT_TRUE(queue.put(frame_of("a", 0), Overflow::drop_old, {}).dropped.empty());
  const auto put = queue.put(frame_of("a", 1), Overflow::drop_old, {});
  EXPECT_EQ(numbers_of(put.dropped), (std::vector<int64_t>{0}));
  EXPECT_EQ(numbers_of(queue.take(1, 0ms)), (std::vector<int64_t>{1}));
}

TEST(FrameQueue, OneSourceDoesNotPushOutAnother) {
  FrameQueue queue(1);
  queue.put(frame_of("a", 0), Overflow::drop_old, {});
  EXPECT_TRUE(queue.put(frame_of("b", 5), Overflow::drop_old, {}).dropped.empty());
  EXPECT_EQ(numbers_of(queue.take(2, 0ms)), (std::vector<int64_t>{0, 5}));
}

TEST(FrameQueue, HoldsASourceBackUntilThereIsRoom) {
  FrameQueue queue(1);
  std::jthread source([&](std::stop_token stop) {
    for (int i = 0; i < 50; ++i) queue.put(frame_of("a", i), Overflow::wait, stop);
    queue.close();
  });
  std::vector<int64_t> seen;
  for (auto frames = queue.take(1, 0ms); !frames.empty(); frames = queue.take(1, 0ms))
    seen.push_back(frames[0].sequence);
  ASSERT_EQ(seen.size(), 50u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(FrameQueue, AStopFreesASourceThatWaits) {
  FrameQueue queue(1);
  queue.put(frame_of("a", 0), Overflow::wait, {});
  bool accepted = true;
  std::atomic<pid_t> id = 0;
  {
    std::jthread source([&](std::stop_token stop) {
      id = ::gettid();
      accepted = queue.put(frame_of("a", 1), Overflow::wait, stop).accepted;
    });
    EXPECT_TRUE(eventually([&] { return id != 0 && sleeps(id); }));
  }
  EXPECT_FALSE(accepted);
}

TEST(FrameQueue, GathersABatch) {
  FrameQueue queue(4);
  for (int i = 0; i < 4; ++i) queue.put(frame_of("a", i), Overflow::wait, {});
  EXPECT_EQ(queue.take(4, 1h).size(), 4u);
}

TEST(FrameQueue, AFlushGivesAPartOfABatch) {
  FrameQueue queue(4);
  queue.put(frame_of("a", 0), Overflow::wait, {});
  queue.flush();
  EXPECT_EQ(queue.take(4, 1h).size(), 1u);
}

TEST(FrameQueue, AFlushOfNothingIsForgotten) {
  FrameQueue queue(2);
  queue.flush();
  queue.put(frame_of("a", 0), Overflow::wait, {});
  queue.put(frame_of("a", 1), Overflow::wait, {});
  EXPECT_EQ(queue.take(2, 1h).size(), 2u);
}

TEST(FrameQueue, IsDrainedAfterClosing) {
  FrameQueue queue(2);
  queue.put(frame_of("a", 0), Overflow::wait, {});
  queue.close();
  EXPECT_FALSE(queue.put(frame_of("a", 1), Overflow::wait, {}).accepted);
  EXPECT_EQ(queue.take(2, 1h).size(), 1u);
  EXPECT_TRUE(queue.take(2, 1h).empty());
}

}  // namespace
}  // namespace turnstone
