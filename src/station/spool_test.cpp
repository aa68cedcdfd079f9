#include "station/spool.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/uuid.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing_tools::eventually;

Parcel parcel(const std::string& stream, const std::string& body, Worth worth = Worth::result) {
  return {stream,
          {.id = body.size() < 20 ? "id " + body : draw_uuid(),
           .address = "a/" + body.substr(0, 3),
           .body = body,
           .worth = worth}};
}

std::vector<std::string> bodies(Spool& spool, const std::string& stream, size_t most = 1000) {
  std::vector<std::string> found;
  auto messages = spool.oldest(stream, most);
  EXPECT_TRUE(messages) << messages.error().text;
  for (const auto& message : messages.value_or(std::vector<Message>()))
    found.push_back(message.body);
  EXPECT_TRUE(spool.remove(stream, 0));
  return found;
}

std::vector<std::string> counted(int from, int to) {
  std::vector<std::string> words;
  for (int i = from; i < to; ++i) words.push_back(std::to_string(i));
  return words;
}

class Spools : public testing::Test {
 protected:
  std::unique_ptr<Spool> open(const SpoolLimits& limits = {}) const {
    auto spool = open_spool(path_, limits);
    EXPECT_TRUE(spool) << spool.error().text;
    return spool ? std::move(*spool) : nullptr;
  }
  // Numbers as messages.
  static void put(Spool& spool, int from, int to, const std::string& stream = "s") {
    for (const auto& word : counted(from, to)) ASSERT_TRUE(spool.put({parcel(stream, word)}));
  }
  // The bodies that stand in files.
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path_ / "bodies"), {}));
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-spool");
  fs::path path_ = folder_.path() / "spool";
};

TEST_F(Spools, KeepTheOrderOfEachStream) {
  for (const auto& where : {path_, fs::path()}) {
    const auto spool = *open_spool(where);
    for (int i = 0; i < 10; ++i)
      ASSERT_TRUE(spool->put(
          {parcel("even", std::to_string(2 * i)), parcel("odd", std::to_string(2 * i + 1))}));
    EXPECT_EQ(bodies(*spool, "even", 3), (std::vector<std::string>{"0", "2", "4"}));
    EXPECT_EQ(bodies(*spool, "odd", 2), (std::vector<std::string>{"1", "3"}));
    EXPECT_EQ(spool->oldest("odd", 1)->front().address, "a/1");
    EXPECT_EQ(spool->is_durable(), !where.empty());
  }
}

TEST_F(Spools, TakeNoFolderOfOtherFiles) {
  ASSERT_TRUE(make_folder(path_ / "bodies"));
  ASSERT_TRUE(write_file(path_ / "bodies/thesis.txt", "x"));
  const auto spool = open_spool(path_, {});
  ASSERT_FALSE(spool);
  EXPECT_EQ(spool.error().text,
            (path_ / "bodies").string() + ": holds files of no spool, name another folder");
  EXPECT_EQ(files(), 1u);
}

TEST_F(Spools, KeepOnceWhatIsPutTwice) {
  const auto spool = open();
  put(*spool, 0, 2);
  put(*spool, 0, 3);
  EXPECT_EQ(bodies(*spool, "s"), counted(0, 3));
  EXPECT_EQ(spool->counters("s").waiting, 3);
}

TEST_F(Spools, ForgetWhatHasArrived) {
  const auto spool = open();
  put(*spool, 0, 5);
  ASSERT_TRUE(spool->oldest("s", 4));
  ASSERT_TRUE(spool->remove("s", 2));
  EXPECT_EQ(bodies(*spool, "s"), counted(2, 5));
  EXPECT_EQ(spool->counters("s").waiting, 3);
  EXPECT_EQ(spool->counters("s").dropped, 0);
}

TEST_F(Spools, SurviveTheProcess) {
  put(*open(), 0, 3);
  const auto spool = open();
  EXPECT_EQ(spool->counters("s").waiting, 3);
  EXPECT_EQ(spool->oldest("s", 1)->front().id, "id 0");
  put(*spool, 3, 4);
  EXPECT_EQ(bodies(*spool, "s"), counted(0, 4));
}

// A process that is killed while it puts tells the last number that it knows to be kept.
TEST_F(Spools, LoseNothingThatWasKeptWhenTheProcessIsKilled) {
  int known = -1;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) {
      auto spool = open_spool(path_);
      for (int i = known + 1; spool && (*spool)->put({parcel("s", std::to_string(i))}); ++i)
        if (::write(ends[1], &i, sizeof i) != sizeof i) break;
      ::_exit(1);
    }
    ::close(ends[1]);
    for (int told = 0; told < 20 && ::read(ends[0], &known, sizeof known) == sizeof known; ++told) {
    }
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(ends[0], &known, sizeof known) == sizeof known) {
    }
    ::close(ends[0]);
    const auto kept = bodies(*open(), "s", 100'000);
    // One more may have been kept than the process could tell.
    ASSERT_GE(static_cast<int>(kept.size()), known + 1);
    EXPECT_EQ(kept, counted(0, static_cast<int>(kept.size())));
    known = static_cast<int>(kept.size()) - 1;
  }
}

TEST_F(Spools, KeepWhatManyThreadsPutAtOnce) {
  const auto spool = open();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 6; ++t)
      threads.emplace_back([&, t] { put(*spool, 0, 40, "s" + std::to_string(t)); });
  }
  for (int t = 0; t < 6; ++t) EXPECT_EQ(bodies(*spool, "s" + std::to_string(t)), counted(0, 40));
}

TEST_F(Spools, DropTheOldestOfAStreamThatIsTooLong) {
  const auto spool = open();
  spool->limit("s", 3);
  put(*spool, 0, 5);
  put(*spool, 0, 5, "other");
  EXPECT_EQ(bodies(*spool, "s"), counted(2, 5));
  EXPECT_EQ(spool->counters("s").dropped, 2);
  EXPECT_EQ(spool->counters("other").waiting, 5);
}

TEST_F(Spools, DropTheOldestOfAWorthThatIsTooLarge) {
  const std::string large(1000, 'x');
  SpoolLimits limits;
  limits.most_bytes = {1500, 10'000, 10'000};
  const auto spool = open(limits);
  ASSERT_TRUE(spool->put({parcel("s", large)}));
  ASSERT_TRUE(spool->put({parcel("p", large, Worth::picture)}));
  ASSERT_TRUE(spool->put({parcel("s", large + "2")}));
  EXPECT_EQ(bodies(*spool, "s"), std::vector{large + "2"});
  EXPECT_EQ(spool->counters("s").dropped, 1);
  EXPECT_EQ(spool->counters("p").waiting, 1);
}

// Where results are too old at once: the next that is put looks for such.
void expect_to_drop_an_old_one(Spool& spool) {
  ASSERT_TRUE(spool.put({parcel("s", "old")}));
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(spool.put({parcel("p", "new", Worth::picture)}));
    return spool.counters("s").dropped == 1;
  }));
}

TEST_F(Spools, DropWhatIsTooOld) {
  SpoolLimits limits;
  limits.most_age[0] = 0s;
  const auto spool = open(limits);
  expect_to_drop_an_old_one(*spool);
}

TEST_F(Spools, WhatIsOfNoKnownAgeStaysAndHoldsNoOtherBack) {
  ASSERT_TRUE(open()->put({parcel("s", "before the clock was set")}));
  SQLite::Database(path_ / "spool.db", SQLite::OPEN_READWRITE).exec("UPDATE parcel SET made = 1");
  SpoolLimits limits;
  limits.most_age[0] = 0s;
  const auto spool = open(limits);
  expect_to_drop_an_old_one(*spool);
  EXPECT_EQ(bodies(*spool, "s"), std::vector<std::string>{"before the clock was set"});
}

TEST_F(Spools, KeepWhatIsBeingDelivered) {
  const auto spool = open();
  spool->limit("s", 2);
  put(*spool, 0, 2);
  ASSERT_EQ(spool->oldest("s", 1)->front().body, "0");
  put(*spool, 2, 4);
  ASSERT_TRUE(spool->remove("s", 1));
  EXPECT_EQ(bodies(*spool, "s"), counted(2, 4));
  EXPECT_EQ(spool->counters("s").dropped, 1);
}

TEST_F(Spools, KeepTheNewestWhileMoreIsBeingDeliveredThanMayWait) {
  const auto spool = open();
  put(*spool, 0, 3);
  ASSERT_EQ(spool->oldest("s", 32)->size(), 3u);
  spool->limit("s", 1);
  put(*spool, 3, 6);
  EXPECT_EQ(spool->counters("s").dropped, 2);
  // It could not be delivered, and waits again: now it is too much.
  ASSERT_TRUE(spool->remove("s", 0));
  EXPECT_EQ(bodies(*spool, "s"), counted(5, 6));
  EXPECT_EQ(spool->counters("s").dropped, 5);
}

TEST_F(Spools, CountsOutliveTheProcess) {
  {
    const auto spool = open();
    spool->limit("s", 1);
    put(*spool, 0, 4);
  }
  EXPECT_EQ(open()->counters("s").dropped, 3);
}

TEST_F(Spools, LargeBodiesAreFiles) {
  const std::string large(200'000, 'x');
  {
    const auto spool = open();
    ASSERT_TRUE(spool->put({parcel("s", large)}));
    ASSERT_TRUE(spool->put({parcel("s", large + "2")}));
    EXPECT_EQ(files(), 2u);
    std::ofstream(path_ / "bodies" / "999.body") << "left behind by a crash";
  }
  const auto spool = open();
  EXPECT_EQ(files(), 2u);
  EXPECT_EQ(bodies(*spool, "s"), (std::vector{large, large + "2"}));
  ASSERT_TRUE(spool->oldest("s", 1));
  ASSERT_TRUE(spool->remove("s", 1));
  EXPECT_EQ(files(), 1u);
}

TEST_F(Spools, ABodyThatIsGoneDoesNotHoldUpTheRest) {
  const auto spool = open();
  ASSERT_TRUE(spool->put({parcel("s", std::string(200'000, 'x'))}));
  put(*spool, 0, 2);
  for (const auto& entry : fs::directory_iterator(path_ / "bodies")) fs::remove(entry.path());
  EXPECT_EQ(bodies(*spool, "s"), counted(0, 2));
  EXPECT_EQ(spool->counters("s").dropped, 1);
}

TEST_F(Spools, AFileStaysAFileAndOutlivesItsFirstName) {
  const auto clip = path_.parent_path() / "clip.mkv";
  ASSERT_TRUE(write_file(clip, std::string(100'000, 'v')));
  auto video = parcel("s", "", Worth::video);
  video.message.id = "clip";
  video.message.file = clip;
  {
    const auto spool = open();
    ASSERT_TRUE(spool->put({video}));
    EXPECT_GT(spool->counters("s").bytes, 100'000);
  }
  fs::remove(clip);
  const auto spool = open();
  const auto messages = spool->oldest("s", 10);
  ASSERT_TRUE(messages);
  ASSERT_EQ(messages->size(), 1u);
  const auto kept = messages->front().file;
  EXPECT_EQ(messages->front().body, "");
  EXPECT_EQ(read_text(kept)->size(), 100'000u);
  ASSERT_TRUE(spool->remove("s", 1));
  EXPECT_FALSE(fs::exists(kept));
  EXPECT_TRUE(fs::is_empty(path_ / "bodies"));
}

TEST_F(Spools, AFileThatIsGoneIsNoMessage) {
  const auto spool = open();
  auto video = parcel("s", "", Worth::video);
  video.message.id = "clip";
  video.message.file = path_ / "none.mkv";
  EXPECT_EQ(spool->put({video}).error().code, Code::unavailable);
  EXPECT_EQ(spool->counters("s").waiting, 0);
  EXPECT_EQ(open_spool({}).value()->put({video}).error().code, Code::unsupported);
}

TEST_F(Spools, BelongToOneProcess) {
  const auto spool = open();
  const auto second = open_spool(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::unavailable);
  EXPECT_THAT(second.error().text, testing::EndsWith("another process uses it"));
}

TEST_F(Spools, RefuseAFileOfSomethingElse) {
  fs::create_directories(path_);
  std::ofstream(path_ / "spool.db") << std::string(5000, 'x');
  EXPECT_EQ(open_spool(path_).error().code, Code::invalid);
}

// The first thing that is wrong in a spool on a disk of 8 MB, 0: nothing, 77: nothing may be
// mounted.
int fill_small_disk(const fs::path& path) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
  fs::create_directories(path);
  if (::mount("spool", path.c_str(), "tmpfs", 0, "size=8m") != 0) return 77;
  auto opened = open_spool(path);
  if (!opened) return 2;
  auto& spool = **opened;
  const std::string body(10'000, 'x'), large(100'000, 'x');
  for (const auto& [stream, worth] : {std::pair("videos", Worth::video),
                                      {"pictures", Worth::picture},
                                      {"results", Worth::result}})
    for (int i = 0; i < 60; ++i)
      if (!spool.put({parcel(stream, body, worth)})) return 3;
  for (int i = 0; i < 1000; ++i)
    if (!spool.put({parcel("results", body)})) return 4;
  const auto videos = spool.counters("videos"), pictures = spool.counters("pictures"),
             results = spool.counters("results");
  if (videos.waiting != 0 || videos.dropped != 60) return 5;
  if (pictures.waiting != 0 || pictures.dropped != 60) return 6;
  if (results.waiting < 50 || results.waiting + results.dropped != 1060) return 7;
  // What is worth less is dropped itself, as a row and as a file.
  if (!spool.put({parcel("pictures", body, Worth::picture)})) return 10;
  if (!spool.put({parcel("pictures", large, Worth::picture)})) return 11;
  if (spool.counters("pictures").dropped != 62) return 12;
  if (spool.counters("results").dropped != results.dropped) return 13;
  // A large result takes the place of about as much, not of all.
  if (!spool.put({parcel("results", large)})) return 14;
  if (spool.counters("results").waiting < results.waiting - 30) return 15;
  const auto waiting = spool.oldest("results", 1000);
  if (!waiting || std::ssize(*waiting) != spool.counters("results").waiting) return 8;
  if (!spool.remove("results", 1000) || spool.counters("results").waiting != 0) return 9;
  return 0;
}

TEST_F(Spools, AFullDiskDropsTheOldestOfTheLeastWorthAndCountsIt) {
  const auto child = ::fork();
  if (child == 0) ::_exit(fill_small_disk(path_));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this process may not mount";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace turnstone
