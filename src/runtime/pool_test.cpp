extern "C" {
#include "runtime/pool.h"

#include "runtime/cpu.h"
}

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "runtime/test_model.h"

namespace {

// Calls `body(i)` for each i in [0, count) on the pool.
void run_loop(const Pool& pool, int64_t count, std::function<void(int64_t)> body) {
  ts_pool_for(
      pool.get(),
      [](void* argument, int64_t i) { (*static_cast<std::function<void(int64_t)>*>(argument))(i); },
      &body, count);
}

struct PoolOfThreads : testing::TestWithParam<int> {};

}  // namespace

TEST_P(PoolOfThreads, DoesEachIndexOnce) {
  const auto pool = open_pool(GetParam());
  for (int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
    std::vector<std::atomic<int>> times(static_cast<size_t>(count));
    run_loop(pool, count, [&](int64_t i) { ++times[static_cast<size_t>(i)]; });
    for (const auto& time : times) ASSERT_EQ(time, 1) << "of " << count;
  }
}

TEST_P(PoolOfThreads, ShowsTheCallerAllThatWasWritten) {
  const auto pool = open_pool(GetParam());
  std::vector<int64_t> numbers(100);
  for (int64_t round = 1; round <= 2000; ++round) {
    run_loop(pool, 100, [&](int64_t i) { numbers[static_cast<size_t>(i)] = round * i; });
    for (int64_t i = 0; i < 100; ++i) ASSERT_EQ(numbers[static_cast<size_t>(i)], round * i);
  }
}

TEST_P(PoolOfThreads, ReportsItsThreads) {
  EXPECT_EQ(ts_pool_threads(open_pool(GetParam()).get()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Threads, PoolOfThreads, testing::Values(1, 2, 3, 8));

TEST(Pool, ComputesOnAsManyThreadsAsItHas) {
  const auto pool = open_pool(3);
  std::atomic<int> here = 0;
  run_loop(pool, 3, [&](int64_t) {
    ++here;
    while (here < 3) std::this_thread::yield();
  });
  EXPECT_EQ(here, 3);
}

TEST(Pool, WakesThreadsThatSleep) {
  const auto pool = open_pool(2), second_pool_forbids_spinning = open_pool(1);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> here = 0;
    run_loop(pool, 2, [&](int64_t) {
      ++here;
      while (here < 2) std::this_thread::yield();
    });
  }
}

TEST(Pool, DoesASingleIndexOnTheCallingThread) {
  const auto pool = open_pool(4);
  std::thread::id thread;
  run_loop(pool, 1, [&](int64_t) { thread = std::this_thread::get_id(); });
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST(Pool, DoesALoopInsideALoop) {
  const auto pool = open_pool(3);
  std::atomic<int> times = 0;
  run_loop(pool, 10, [&](int64_t) { run_loop(pool, 10, [&](int64_t) { ++times; }); });
  EXPECT_EQ(times, 100);
}

TEST(Pool, DoesTheLoopsOfManyThreadsAtOnce) {
  const auto pool = open_pool(3);
  std::atomic<int64_t> sum = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) run_loop(pool, 20, [&](int64_t i) { sum += i; });
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum, 4 * 500 * 190);
}

TEST(Pool, FinishesAnUnevenLoopOnTheThreadsThatAreFree) {
  const auto pool = open_pool(2);
  std::atomic<int> done = 0;
  run_loop(pool, 20, [&](int64_t i) {
    while (i == 0 && done < 19) std::this_thread::yield();
    ++done;
  });
  EXPECT_EQ(done, 20);
}

TEST(Pool, OpensAndClosesWithoutALoop) {
  for (int round = 0; round < 50; ++round) open_pool(4);
}

TEST(Pool, RefusesAnImpossibleNumberOfThreads) {
  ts_pool* pool = nullptr;
  EXPECT_EQ(ts_pool_open(-1, &pool), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_pool_open(257, &pool), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_pool_open(1, nullptr), TS_BAD_ARGUMENT);
}

TEST(Pool, HasAThreadForEachCpuByDefault) {
  const auto pool = open_pool(0);
  EXPECT_EQ(ts_pool_threads(pool.get()), std::min(ts_cpu_count(), 256));
}

TEST(DefaultPool, IsOneForAllAndStaysWhenItIsClosed) {
  ts_pool *first = nullptr, *second = nullptr;
  ASSERT_EQ(ts_pool_default(&first), TS_OK);
  ts_pool_close(first);
  ASSERT_EQ(ts_pool_default(&second), TS_OK);
  EXPECT_EQ(first, second);
}
