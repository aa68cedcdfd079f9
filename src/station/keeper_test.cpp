#include "station/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>

namespace turnstone {
namespace {

using testing::ElementsAre;

// A disk that is busy until it is let go, and what was put on it: the addresses
// of each call.
class KeeperTest : public testing::Test {
 protected:
  std::vector<Result<>> keep(const std::vector<std::vector<Parcel>>& groups) {
    std::vector<std::string> addresses;
    std::vector<Result<>> results;
    for (const auto& group : groups) {
      addresses.push_back(group.empty() ? "" : group.front().message.address);
      results.push_back(addresses.back() == "lost" ? fail(Code::unavailable, "the disk fails")
                                                   : Result<>());
    }
    calls_.push_back(std::move(addresses));
    if (calls_.size() > 1) return results;
    busy_.count_down();
    free_.wait();
    return results;
  }
  static std::vector<Parcel> parcel(const std::string& address) {
    return {{.stream = "sink", .message = {.address = address}}};
  }
  Keeper::Done note(const std::string& name) {
    return [this, name](bool kept) { done_.push_back(name + (kept ? " kept" : " lost")); };
  }

  std::latch busy_{1}, free_{1};
  // On the keeper's thread until it has ended.
  std::vector<std::vector<std::string>> calls_;
  std::vector<std::string> done_;
  Keeper keeper_{[this](const auto& groups) { return keep(groups); }};
};

TEST_F(KeeperTest, NobodyWaitsForTheDiskAndWhatCameMeanwhileIsKeptAtOnce) {
  keeper_.put(parcel("1"), note("1"));
  busy_.wait();
  keeper_.put(parcel("2"), note("2"));
  keeper_.put({}, note("of no sink"));
  keeper_.put(parcel("3"), note("3"));
  free_.count_down();
  keeper_.finish();
  EXPECT_THAT(calls_, ElementsAre(ElementsAre("1"), ElementsAre("2", "", "3")));
  EXPECT_THAT(done_, ElementsAre("1 kept", "2 kept", "of no sink kept", "3 kept"));
}

TEST_F(KeeperTest, SaysWhatTheDiskDidNotTake) {
  keeper_.put(parcel("1"), note("1"));
  busy_.wait();
  keeper_.put(parcel("lost"), note("2"));
  keeper_.put(parcel("3"), note("3"));
  free_.count_down();
  keeper_.finish();
  EXPECT_THAT(done_, ElementsAre("1 kept", "2 lost", "3 kept"));
}

TEST_F(KeeperTest, WhoIsMuchFasterThanTheDiskWaits) {
  keeper_.put(parcel("0"), note("0"));
  busy_.wait();
  for (int i = 1; i <= 32; ++i) keeper_.put(parcel(std::to_string(i)), note(std::to_string(i)));
  auto more = std::async(std::launch::async, [&] { keeper_.put(parcel("33"), note("33")); });
  EXPECT_EQ(more.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  free_.count_down();
  more.wait();
  keeper_.finish();
  EXPECT_EQ(done_.size(), 34u);
  EXPECT_EQ(done_.back(), "33 kept");
}

}  // namespace
}  // namespace turnstone
