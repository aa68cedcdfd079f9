#include "station/page_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace turnstone {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string token = "a-token-of-26-characters!+";
const PageAccess::Time noon(1'772'870'709s);

std::string header(const HttpResponse& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "";
}

class PageAccessTest : public testing::Test {
 protected:
  int ask(const HttpRequest& request, PageAccess::Time now = noon) {
    const auto answer = access_.check(request, now);
    return answer ? answer->status : 200;
  }
  HttpResponse log_in(const std::string& body) {
    return *access_.check({.posted = true, .path = "/login", .body = body}, noon);
  }
  // What the browser sends back.
  std::string session() {
    const auto cookie = header(log_in("token=a-token-of-26-characters!%2B"), "Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  int guess(const std::string& text, const std::string& peer = "192.0.2.1",
            PageAccess::Time now = noon) {
    return ask({.path = "/metrics", .authorization = "Bearer " + text, .peer = peer}, now);
  }

  PageAccess access_{token, 8443};
};

TEST_F(PageAccessTest, LetsNobodyInWithoutTheToken) {
  for (const auto* path : {"/api/state", "/api/events", "/api/history", "/api/faults", "/metrics",
                           "/stream/camera.mjpeg", "/fault/1.jpg", "/page.js", "/nothing"})
    EXPECT_EQ(ask({.path = path}), 401) << path;
  const auto page = access_.check({.path = "/"}, noon);
  EXPECT_EQ(page->status, 401);
  EXPECT_THAT(*page->body, HasSubstr("<form method=\"post\" action=\"/login\">"));
}

TEST_F(PageAccessTest, AnotherTokenEndsTheSessionsOfTheOneBefore) {
  const auto cookie = session();
  EXPECT_FALSE(access_.set_token(token));
  EXPECT_EQ(ask({.path = "/api/state", .cookie = cookie}), 200);
  EXPECT_TRUE(access_.set_token("another-token-of-29-characters"));
  EXPECT_EQ(ask({.path = "/api/state", .cookie = cookie}), 401);
  EXPECT_EQ(guess(token), 401);
  EXPECT_EQ(guess("another-token-of-29-characters"), 200);
}

TEST_F(PageAccessTest, LetsTheTokenIn) {
  EXPECT_EQ(guess(token), 200);
  EXPECT_EQ(guess(token + "x"), 401);
  EXPECT_EQ(guess(token.substr(1)), 401);
  EXPECT_EQ(ask({.path = "/metrics", .authorization = "Basic " + token}), 401);
  EXPECT_EQ(ask({.path = "/api/state", .query = "token=" + token}), 401);
}

TEST_F(PageAccessTest, GivesACookieForTheToken) {
  const auto answer = log_in("token=a-token-of-26-characters!%2B");
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(header(answer, "Location"), "/");
  const auto cookie = header(answer, "Set-Cookie");
  EXPECT_THAT(cookie, testing::StartsWith("__Host-turnstone-8443="));
  EXPECT_THAT(cookie, HasSubstr("; Path=/; Max-Age=604800; Secure; HttpOnly; SameSite=Strict"));
  EXPECT_THAT(cookie, testing::Not(HasSubstr(token)));
  EXPECT_EQ(ask({.path = "/api/state", .cookie = "other=1; " + session()}), 200);
  EXPECT_EQ(log_in("token=wrong").status, 401);
  EXPECT_EQ(log_in("").status, 401);
}

TEST_F(PageAccessTest, ForgetsACookieAfterAWeek) {
  const auto cookie = session();
  EXPECT_EQ(ask({.path = "/", .cookie = cookie}, noon + 24h * 7 - 1s), 200);
  EXPECT_EQ(ask({.path = "/", .cookie = cookie}, noon + 24h * 7), 401);
}

TEST_F(PageAccessTest, TakesNoCookieThatSomebodyMadeUp) {
  auto cookie = session();
  cookie.back() = cookie.back() == '0' ? '1' : '0';
  EXPECT_EQ(ask({.path = "/", .cookie = cookie}), 401);
  auto longer = session();
  longer[longer.find('=') + 1] = '9';
  EXPECT_EQ(ask({.path = "/", .cookie = longer}), 401);
  EXPECT_EQ(ask({.path = "/", .cookie = "__Host-turnstone-8443=99999999999."}), 401);
  PageAccess other("another-token-that-is-long", 8443);
  EXPECT_TRUE(other.check({.path = "/", .cookie = session()}, noon));
}

TEST_F(PageAccessTest, LogsOut) {
  const auto answer = *access_.check({.posted = true, .path = "/logout"}, noon);
  EXPECT_EQ(answer.status, 303);
  EXPECT_THAT(header(answer, "Set-Cookie"), HasSubstr("Max-Age=0"));
}

TEST_F(PageAccessTest, StopsListeningToWhoGuesses) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(guess(fmt::format("guess{}", i)), 401);
  EXPECT_EQ(guess("guess"), 429);
  EXPECT_EQ(guess(token), 429);
  EXPECT_EQ(log_in("token=x").status, 401) << "another address";
  EXPECT_EQ(guess(token, "192.0.2.2"), 200);
  EXPECT_EQ(ask({.path = "/", .cookie = session(), .peer = "192.0.2.1"}), 200);
  EXPECT_EQ(guess(token, "192.0.2.1", noon + 1min), 200);
}

TEST_F(PageAccessTest, HoldsNoMoreAddressesThanItMay) {
  for (int i = 0; i < 5000; ++i)
    EXPECT_EQ(guess("wrong", fmt::format("10.0.{}.{}", i / 256, i % 256)), 401);
  for (int i = 0; i < 10; ++i) guess("wrong", "192.0.2.9");
  EXPECT_EQ(guess("wrong", "192.0.2.9"), 429);
}

TEST(Token, IsLongAndOfOneLine) {
  const auto folder = *TemporaryFolder::make();
  const auto read = [&](const std::string& text) {
    CHECK(write_file(folder.path() / "token", text).has_value());
    const auto made = read_token(folder.path() / "token");
    return made ? *made : made.error().text.substr(made.error().text.find(": ") + 2, 40);
  };
  EXPECT_EQ(read(token + "\n"), token);
  const std::string why = "a token has 16 characters or more, of AS";
  EXPECT_EQ(read("short"), why);
  EXPECT_EQ(read("long enough but with blanks"), why);
  EXPECT_EQ(read_token(folder.path() / "none").error().code, Code::missing);
}

}  // namespace
}  // namespace turnstone
