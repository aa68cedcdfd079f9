#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "runtime/test_model.h"

namespace {

// The module `steps`, which keeps the positive ones of 1000 quantised numbers.
struct Steps {
  Model model = open_model("steps");
  std::vector<int8_t> x = std::vector<int8_t>(1000, 3);
  float factor = 10;

  Context bound_context(ts_pool* pool = nullptr) {
    auto context = open_context(model, pool);
    const int64_t length = 1000;
    EXPECT_EQ(ts_set_input(context.get(), 0, x.data(), TS_I8, &length, 1), TS_OK);
    EXPECT_EQ(ts_set_input(context.get(), 1, &factor, TS_F32, nullptr, 0), TS_OK);
    return context;
  }
};

}  // namespace

TEST(Context, ComputesWhatTheModelSays) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(first_output(context), twice(numbers));
}

TEST(Context, HasScratchMemoryForEachThreadOfItsPool) {
  const auto model = open_model("threads");
  EXPECT_EQ(ts_memory_of(model.get())->thread_bytes, size_t{1} << 20);
  for (const int threads : {1, 2, 3}) {
    const auto pool = open_pool(threads);
    const auto context = open_context(model, pool.get());
    const auto numbers = counted_from(1);
    ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
    ASSERT_EQ(ts_run(context.get()), TS_OK);
    EXPECT_EQ(first_output(context), twice(numbers)) << threads;
  }
}

TEST(Context, ReadsTheInputWhereTheCallerHasIt) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  auto numbers = counted_from(1);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  for (auto& number : numbers) number += 100;
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(first_output(context), twice(numbers));
}

TEST(Context, WritesTheOutputWhereTheCallerWantsIt) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  std::vector<float> mine(doubled_count);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ASSERT_EQ(ts_bind_output(context.get(), 0, mine.data(), 192), TS_OK);
  EXPECT_EQ(ts_output(context.get(), 0), mine.data());
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(mine, twice(numbers));
}

TEST(Context, GivesItsOwnOutputBufferBack) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  void* const own = ts_output(context.get(), 0);
  std::vector<float> mine(doubled_count);
  ASSERT_EQ(ts_bind_output(context.get(), 0, mine.data(), 192), TS_OK);
  ASSERT_EQ(ts_bind_output(context.get(), 0, nullptr, 0), TS_OK);
  EXPECT_EQ(ts_output(context.get(), 0), own);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(own) % 64, 0u);
}

TEST(Context, RefusesAnOutputBufferOfAnotherSize) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  std::vector<float> mine(doubled_count + 1);
  EXPECT_EQ(ts_bind_output(context.get(), 0, mine.data(), 191), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_bind_output(context.get(), 0, reinterpret_cast<char*>(mine.data()) + 2, 192),
            TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_bind_output(context.get(), 1, mine.data(), 192), TS_MISSING);
}

TEST(Context, RefusesAShapeOfTheSameCountInAnotherOrder) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  const int64_t channels_last[] = {4, 3, 2, 2};
  EXPECT_EQ(ts_set_input(context.get(), 0, numbers.data(), TS_F32, channels_last, 4),
            TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_run(context.get()), TS_BAD_ARGUMENT) << "nothing was bound";
}

TEST(Context, RefusesAnotherRankOfTheSameCount) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  const int64_t flat[] = {48}, wrapped[] = {4, 2, 3, 2, 1};
  EXPECT_EQ(ts_set_input(context.get(), 0, numbers.data(), TS_F32, flat, 1), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_set_input(context.get(), 0, numbers.data(), TS_F32, wrapped, 5), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_set_input(context.get(), 0, numbers.data(), TS_F32, nullptr, 4), TS_BAD_ARGUMENT);
}

TEST(Context, RefusesAnotherBatch) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  const int64_t single[] = {1, 2, 3, 2};
  EXPECT_EQ(ts_set_input(context.get(), 0, numbers.data(), TS_F32, single, 4), TS_BAD_ARGUMENT);
}

TEST(Context, RefusesAnotherTypeOfTheSameSize) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const std::vector<int32_t> numbers(doubled_count);
  EXPECT_EQ(ts_set_input(context.get(), 0, numbers.data(), TS_I32, doubled_shape.data(), 4),
            TS_BAD_ARGUMENT);
}

TEST(Context, KeepsTheFormerBindingWhenANewOneIsRefused) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1), others = counted_from(100);
  const int64_t flat[] = {48};
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ASSERT_EQ(ts_set_input(context.get(), 0, others.data(), TS_F32, flat, 1), TS_BAD_ARGUMENT);
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(first_output(context), twice(numbers));
}

TEST(Context, SaysThatThereIsNoSuchInput) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  EXPECT_EQ(ts_set_input(context.get(), 1, numbers.data(), TS_F32, doubled_shape.data(), 4),
            TS_MISSING);
}

TEST(Context, SaysThatTheMemoryIsNotThere) {
  if (TURNSTONE_ALLOCATOR_ABORTS) GTEST_SKIP() << "the sanitizer ends the process instead";
  const auto model = open_model("vast_scratch");
  ts_context* context = nullptr;
  EXPECT_EQ(ts_context_open(model.get(), nullptr, &context), TS_NO_MEMORY);
  EXPECT_EQ(context, nullptr);
}

TEST(Context, TellsTheActualExtentsOfAnOutput) {
  Steps steps;
  steps.x[5] = 5;
  steps.x[7] = 7;
  steps.x[8] = -7;
  const auto context = steps.bound_context();
  EXPECT_EQ(ts_output_extent(context.get(), 0, 0), 1000);
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(ts_output_extent(context.get(), 0, 0), 2);
  EXPECT_EQ(ts_output_extent(context.get(), 0, 1), 2);
  EXPECT_EQ(ts_output_extent(context.get(), 0, 2), -1);
  EXPECT_EQ(ts_output_extent(context.get(), 1, 0), -1);
  const auto* pairs = static_cast<const double*>(ts_output(context.get(), 0));
  EXPECT_EQ(std::vector<double>(pairs, pairs + 4), (std::vector<double>{10, 5, 20, 7}));
}

TEST(Context, DoesNotRunWhileItIsAborted) {
  const auto model = open_model("good");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ts_set_abort(context.get(), 1);
  EXPECT_EQ(ts_run(context.get()), TS_ABORTED);
  EXPECT_EQ(ts_run(context.get()), TS_ABORTED);
  ts_set_abort(context.get(), 0);
  EXPECT_EQ(ts_run(context.get()), TS_OK);
}

TEST(Context, EndsARunThatIsUnderWayWhenItIsAborted) {
  const auto model = open_model("waits");
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ts_status status = TS_OK;
  std::thread runner([&] { status = ts_run(context.get()); });
  const std::atomic_ref running(*static_cast<float*>(ts_output(context.get(), 0)));
  while (running != 1) std::this_thread::yield();
  ts_set_abort(context.get(), 1);
  runner.join();
  EXPECT_EQ(status, TS_ABORTED);
}

TEST(Context, MeasuresEachGroupOfTheLastRun) {
  Steps steps;
  const auto context = steps.bound_context();
  const ts_group* groups = nullptr;
  int count = 0;
  ASSERT_EQ(ts_profile(context.get(), &groups, &count), TS_OK);
  ASSERT_EQ(count, 3);
  EXPECT_STREQ(groups[1].name, "multiply 1000");
  EXPECT_EQ(groups[0].flops, 2000u);
  EXPECT_EQ(groups[2].bytes, 16000u);
  EXPECT_EQ(groups[0].products, TS_PRODUCTS_BYTES);
  EXPECT_EQ(groups[1].products, TS_PRODUCTS_F32);
  EXPECT_EQ(groups[2].products, TS_PRODUCTS_F32);  // a number that nobody knows
  EXPECT_EQ(groups[0].nanoseconds, 0u);
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  for (int i = 0; i < count; ++i) {
    EXPECT_GT(groups[i].nanoseconds, 0u) << i;
    EXPECT_LT(groups[i].nanoseconds, 10'000'000'000u) << i;
  }
}

TEST(Context, RefusesNull) {
  const auto model = open_model("good");
  ts_context* context = nullptr;
  EXPECT_EQ(ts_context_open(nullptr, nullptr, &context), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_context_open(model.get(), nullptr, nullptr), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_run(nullptr), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_output(nullptr, 0), nullptr);
}

TEST(Contexts, OfOneModelRunAtOnceOverOnePool) {
  const auto model = open_model("good");
  const auto pool = open_pool(3);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 6; ++thread)
    threads.emplace_back([&, thread] {
      const auto context = open_context(model, thread % 3 ? pool.get() : nullptr);
      for (int round = 0; round < 300; ++round) {
        const auto numbers = counted_from(static_cast<float>(1000 * thread + round));
        if (set_doubled_input(context, numbers) != TS_OK || ts_run(context.get()) != TS_OK ||
            first_output(context) != twice(numbers))
          ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}
