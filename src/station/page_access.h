// Who may see the page of a station that is reached from other machines: whoever knows its token.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "wire/http.h"

namespace turnstone {

// The token in a file, one line. Errors: as read_secret; invalid (shorter than 16 characters, or
// other characters than printable ones of ASCII without blanks).
Result<std::string> read_token(const std::filesystem::path& path);

// Lets requests in that bring the token as "Authorization: Bearer TOKEN", or the cookie that the
// login page gives for it, which is good for a week and for no other token. Ten wrong tokens a
// minute are listened to from one address. One thread at a time.
class PageAccess {
 public:
  using Time = std::chrono::system_clock::time_point;

  // `port` tells the cookies of stations on one machine apart.
  PageAccess(std::string token, int port);

  // Another token from now on: who was let in by the one before has to log in again. Whether it is
  // another.
  bool set_token(std::string token);

  // Nothing: the request may be answered. Else what to answer, at `now`: the login page and its
  // style are for everybody.
  std::optional<HttpResponse> check(const HttpRequest& request, Time now);

 private:
  struct Guesses {
    int wrong = 0;
    Time since;
  };
  bool is_session(std::string_view cookie, Time now) const;
  bool is_token(std::string_view text) const;
  std::optional<HttpResponse> try_token(const HttpRequest& request, std::string_view token,
                                        Time now);
  HttpResponse log_in(const HttpRequest& request, Time now);
  void count_wrong(const std::string& peer, Time now);

  std::string token_;
  std::string cookie_;                      // its name
  std::map<std::string, Guesses> guesses_;  // by address
};

}  // namespace turnstone
