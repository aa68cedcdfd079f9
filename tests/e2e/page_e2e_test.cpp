// The live page of a station in a real browser.
#include <gmock/gmock.h>

#include "programs.h"
#include "wire/test_certificates.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::Process;
using testing_tools::Programs;

// Pictures come ten times a second, for as long as somebody looks.
class LivePage : public Programs {
 protected:
  void SetUp() override {
    Programs::SetUp();
    if (!testing_tools::has_program("chromium")) GTEST_SKIP() << "chromium is not installed";
  }

  std::vector<std::string> station(std::vector<std::string> options) const {
    std::vector<std::string> words = {"run", file("station.toml")};
    for (const auto* option : {"source.0.loop=true", "source.0.interval_s=0.1"})
      options.emplace_back(option);
    options.push_back("sink.0.path=" + file("lines.jsonl"));
    for (auto& option : options) {
      words.emplace_back("--set");
      words.push_back(std::move(option));
    }
    return words;
  }

  // Runs one of the scripts in web/test; skips where there is no browser.
  void look(const std::string& script, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"node", std::string(TURNSTONE_SOURCE_DIR) + "/web/test/" + script});
    const int status = Process(arguments, file("browser"), file("browser")).wait();
    if (status == 77) GTEST_SKIP() << "there is no browser";
    EXPECT_EQ(status, 0) << read_text(file("browser")).value_or("") << err();
  }
};

TEST_F(LivePage, WorksOnADesktopAndAPhone) {
  auto running = start(station({"page.port=0"}));
  const auto url = page_url();
  ASSERT_NE(url, "") << err();
  std::vector<std::string> arguments = {url};
  if (const auto* wanted = std::getenv("TURNSTONE_SCREENSHOTS")) arguments.emplace_back(wanted);
  look("page_test.mjs", std::move(arguments));
  EXPECT_EQ(running->end(SIGTERM), 0);
}

TEST_F(LivePage, ShowsEveryVerdictWhileAModelIsSwapped) {
  std::filesystem::copy(package(), file("package"));
  auto running = start(station({"page.port=0", "model.0.package=" + file("package")}));
  const auto url = page_url();
  ASSERT_NE(url, "") << err();
  look("swap_test.mjs", {url, file("package"), package("brightness4")});
  EXPECT_EQ(running->end(SIGTERM), 0);
  int64_t frame = 0;
  for (const auto& line : split(read_text(file("lines.jsonl")).value_or(""), '\n')) {
    if (line.empty()) continue;
    EXPECT_EQ((*parse_json(line))["frame"], frame++);
  }
  EXPECT_GT(frame, 40);
}

TEST_F(LivePage, SaysThatItsStationIsAwayAndGoesOnWhenItIsBack) {
  const auto port = std::to_string(testing_tools::free_port());
  auto arguments = station({"page.port=" + port});
  arguments.insert(arguments.begin(), {port, TURNSTONE_PROGRAM});
  look("away_test.mjs", std::move(arguments));
}

TEST_F(LivePage, IsSeenFromElsewhereByWhoHasTheTokenOverTls) {
  const testing_tools::Certificates certificates;
  const std::string token = "0123456789abcdef0123456789abcdef";
  ASSERT_TRUE(write_file(file("token"), token + "\n"));
  auto running =
      start(station({"page.port=0", "page.address=0.0.0.0", "page.token_file=" + file("token"),
                     "page.certificate_file=" + certificates.file("server.pem"),
                     "page.key_file=" + certificates.file("server.key")}));
  auto url = page_url();
  ASSERT_THAT(url, testing::StartsWith("https://0.0.0.0:")) << err();
  url.replace(8, 7, "127.0.0.1");
  look("login_test.mjs", {url, token});
  EXPECT_EQ(running->end(SIGTERM), 0);
  EXPECT_THAT(err(), testing::Not(HasSubstr(token)));
}

}  // namespace
}  // namespace turnstone
