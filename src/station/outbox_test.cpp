#include "station/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing_tools::eventually;
using namespace std::chrono_literals;

// A sink that does as the test says. Thread-safe.
class Scripted final : public Sink {
 public:
  struct Record {
    std::mutex mutex;
    std::vector<int64_t> delivered;
    int attempts = 0;
    std::optional<Error> failure;  // of every attempt while it is set
    size_t before_failure = 0;     // outcomes that still arrive in a failed attempt
    int64_t most_waiting = INT64_MAX;
  };
  explicit Scripted(std::shared_ptr<Record> record) : record_(std::move(record)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    return {{.body = std::to_string(outcome.scene.sequence)}};
  }

  int64_t most_waiting() const override { return record_->most_waiting; }
  std::vector<Message> passed_over(const Outcome&) const override { return {{.body = "full"}}; }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token) override {
    const std::lock_guard lock(record_->mutex);
    ++record_->attempts;
    for (sent = 0; sent < messages.size(); ++sent) {
      if (record_->failure && sent == record_->before_failure)
        return std::unexpected(*record_->failure);
      record_->delivered.push_back(std::stoll(messages[sent].body));
    }
    return {};
  }

 private:
  std::shared_ptr<Record> record_;
};

struct Fixture {
  std::shared_ptr<Scripted::Record> record = std::make_shared<Scripted::Record>();
  std::unique_ptr<Spool> spool;
  Outbox outbox;

  explicit Fixture(int64_t most = 100, Backoff backoff = {1ms, 4ms},
                   const std::filesystem::path& folder = {})
      : spool(*open_spool(folder)),
        outbox("test", std::make_unique<Scripted>(record), *spool, backoff) {
    spool->limit("test", most);
  }

  void put(int64_t from, int64_t to) {
    for (auto i = from; i < to; ++i) {
      Outcome outcome{.id = std::to_string(i), .model = {}, .scene = {}, .verdict = {}};
      outcome.scene.sequence = i;
      ASSERT_TRUE(spool->put(outbox.parcels_of(outcome)));
      outbox.wake();
    }
  }
  void fail_with(std::optional<Error> failure, size_t before = 0) {
    const std::lock_guard lock(record->mutex);
    record->failure = std::move(failure);
    record->before_failure = before;
  }
  int attempts() {
    const std::lock_guard lock(record->mutex);
    return record->attempts;
  }
};

std::vector<int64_t> counted(int64_t from, int64_t to) {
  std::vector<int64_t> numbers;
  for (auto i = from; i < to; ++i) numbers.push_back(i);
  return numbers;
}

TEST(Outbox, DeliversInOrder) {
  Fixture fixture;
  fixture.put(0, 90);
  fixture.outbox.finish(10s);
  EXPECT_EQ(fixture.record->delivered, counted(0, 90));
  EXPECT_EQ(fixture.outbox.counters().delivered, 90);
}

TEST(Outbox, TriesAgainWhereItStopped) {
  Fixture fixture;
  fixture.fail_with(Error{Code::unavailable, "away"});
  fixture.put(0, 10);  // of which none arrives alone, so that each attempt below stops on its way
  fixture.fail_with(Error{Code::unavailable, "away"}, 1);
  const int before = fixture.attempts();
  EXPECT_TRUE(eventually([&] { return fixture.attempts() > before + 3; }));
  fixture.fail_with({});
  fixture.outbox.finish(10s);
  EXPECT_EQ(fixture.record->delivered, counted(0, 10));
  EXPECT_GT(fixture.outbox.counters().retries, 0);
}

TEST(Outbox, DropsTheOldestAndCounts) {
  Fixture fixture(5);
  fixture.fail_with(Error{Code::unavailable, "away"});
  fixture.put(0, 20);
  EXPECT_TRUE(eventually([&] { return fixture.outbox.counters().dropped == 15; }));
  EXPECT_TRUE(eventually([&] { return fixture.outbox.counters().trouble == "away"; }));
  fixture.fail_with({});
  fixture.outbox.finish(10s);
  EXPECT_EQ(fixture.record->delivered, counted(15, 20));
}

TEST(Outbox, SendsFirstWhatWaitedForAnEarlierProcess) {
  const auto folder = *TemporaryFolder::make("turnstone-outbox");
  {
    Fixture fixture(100, {1ms, 4ms}, folder.path());
    fixture.fail_with(Error{Code::unavailable, "away"});
    fixture.put(0, 3);
    fixture.outbox.finish(1ms);
    EXPECT_EQ(fixture.outbox.counters().waiting, 3);
    EXPECT_EQ(fixture.outbox.counters().dropped, 0);
  }
  Fixture fixture(100, {1ms, 4ms}, folder.path());
  fixture.put(3, 5);
  fixture.outbox.finish(10s);
  EXPECT_EQ(fixture.record->delivered, counted(0, 5));
}

TEST(Outbox, SkipsWhatNeverCanArrive) {
  Fixture fixture;
  fixture.fail_with(Error{Code::invalid, "too large"});
  fixture.put(0, 3);
  EXPECT_TRUE(eventually([&] { return fixture.outbox.counters().failed == 3; }));
  EXPECT_EQ(fixture.outbox.counters().retries, 0);
}

TEST(Outbox, FinishEndsAPauseAndTriesAgain) {
  Fixture fixture(100, {1h, 1h});
  fixture.fail_with(Error{Code::unavailable, "away"});
  fixture.put(0, 3);
  EXPECT_TRUE(eventually([&] { return fixture.outbox.counters().retries == 1; }));
  fixture.fail_with({});
  fixture.outbox.finish(10s);
  EXPECT_EQ(fixture.record->delivered, counted(0, 3));
  EXPECT_EQ(fixture.outbox.counters().dropped, 0);
}

TEST(Outbox, FinishTriesAgainAfterShortPauses) {
  Fixture fixture(100, {1ms, 1h});
  fixture.fail_with(Error{Code::unavailable, "away"});
  fixture.put(0, 1);
  EXPECT_TRUE(eventually([&] { return fixture.attempts() > 5; }));
  std::jthread finisher([&] { fixture.outbox.finish(60s); });
  EXPECT_TRUE(eventually([&] { return fixture.attempts() > 30; }));
  fixture.fail_with({});
  finisher.join();
  EXPECT_EQ(fixture.record->delivered, counted(0, 1));
}

TEST(Outbox, GivesUpAtTheDeadlineAndCountsWhatIsLeft) {
  Fixture fixture;
  fixture.fail_with(Error{Code::unavailable, "away"});
  fixture.put(0, 7);
  fixture.outbox.finish(5ms);
  EXPECT_EQ(fixture.outbox.counters().dropped, 7);
  EXPECT_TRUE(fixture.record->delivered.empty());
}

TEST(Outbox, PassesOverWhatComesWhileTooMuchWaitsOrIsOnItsWay) {
  Fixture f;
  f.record->most_waiting = 3;
  f.fail_with(Error{Code::unavailable, "away"});
  f.put(0, 2);
  const Outcome outcome{.id = "next", .model = {}, .scene = {}, .verdict = {}};
  EXPECT_EQ(f.outbox.parcels_of(outcome)[0].message.body, "0");
  f.outbox.note_on_way(1);
  EXPECT_EQ(f.outbox.parcels_of(outcome)[0].message.body, "full");
  f.outbox.note_put(1, false);
  EXPECT_EQ(f.outbox.parcels_of(outcome)[0].message.body, "0");
}

}  // namespace
}  // namespace turnstone
