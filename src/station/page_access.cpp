#include "station/page_access.h"

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "base/log.h"
#include "wire/digest.h"
#include "wire/http_rules.h"

namespace turnstone {
namespace {

constexpr size_t least_token = 16;
constexpr int most_wrong = 10;  // from one address
constexpr std::chrono::minutes forgiven(1);
constexpr size_t most_addresses = 1024;
constexpr std::chrono::hours session(24 * 7);

HttpResponse login_page(int status, std::string_view note) {
  auto page = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>Turnstone station: log in</title>"
      "<link rel=\"icon\" href=\"/icon.svg\"><link rel=\"stylesheet\" href=\"/page.css\"></head>"
      "<body><main class=\"login card\"><h1>Turnstone station</h1>"
      "<form method=\"post\" action=\"/login\"><label for=\"token\">Token</label>"
      "<input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" "
      "required autofocus><button>Log in</button></form>"
      "<p class=\"trouble\" role=\"alert\">{}</p></main></body></html>\n",
      note);
  auto answer = text_response(status, std::move(page));
  answer.type = "text/html; charset=utf-8";
  return answer;
}

HttpResponse see_other(std::string where, std::string cookie) {
  auto answer = text_response(303, "");
  answer.headers = {{"Location", std::move(where)}, {"Set-Cookie", std::move(cookie)}};
  return answer;
}

HttpResponse too_many() {
  auto answer = text_response(429, "too many wrong tokens came from your address, wait a minute\n");
  answer.headers = {{"Retry-After", "60"}};
  return answer;
}

// The same for equal texts alone, and as long for others: how far two agree shows nowhere.
bool is_same(std::string_view key, std::string_view one, std::string_view other) {
  const auto left = hmac_sha256(key, one);
  const auto right = hmac_sha256(key, other);
  unsigned differing = 0;
  for (size_t i = 0; i < left.size(); ++i)
    differing |= static_cast<unsigned>(static_cast<unsigned char>(left[i]) ^
                                       static_cast<unsigned char>(right[i]));
  return differing == 0;
}

int64_t seconds_of(PageAccess::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// "1772870709.HEX": until when, and a proof that whoever made it knew the token.
std::string make_session(std::string_view token, int64_t until) {
  const auto proof = hmac_sha256(token, fmt::format("turnstone session until {}", until));
  return fmt::format("{}.{}", until, print_hex(proof));
}

}  // namespace

Result<std::string> read_token(const std::filesystem::path& path) {
  auto token = TRY(read_secret(path));
  const auto legal = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  if (token.size() < least_token || !std::ranges::all_of(token, legal))
    return fail(Code::invalid,
                "{}: a token has {} characters or more, of ASCII and without blanks; `openssl rand "
                "-hex 32` makes one",
                path.string(), least_token);
  return token;
}

PageAccess::PageAccess(std::string token, int port)
    : token_(std::move(token)), cookie_(fmt::format("__Host-turnstone-{}", port)) {}

bool PageAccess::set_token(std::string token) {
  const bool is_another = token != token_;
  token_ = std::move(token);
  return is_another;
}

std::optional<HttpResponse> PageAccess::check(const HttpRequest& request, Time now) {
  if (request.posted && request.path == "/login") return log_in(request, now);
  const bool logs_out = request.posted && request.path == "/logout";
  if (logs_out) return see_other("/", cookie_ + "=; Path=/; Max-Age=0; Secure; HttpOnly");
  if (request.posted) return text_response(405, "this is not posted to\n");
  if (request.path == "/page.css" || request.path == "/icon.svg") return {};
  if (is_session(cookie_of(request.cookie, cookie_), now)) return {};
  const auto token = bearer_of(request.authorization);
  if (!token.empty()) return try_token(request, token, now);
  if (request.path == "/" || request.path == "/login") return login_page(401, "");
  auto answer = text_response(401, "log in at / or send the token: Authorization: Bearer TOKEN\n");
  answer.headers = {{"WWW-Authenticate", "Bearer"}};
  return answer;
}

bool PageAccess::is_session(std::string_view cookie, Time now) const {
  int64_t until = 0;
  const auto [end, error] = std::from_chars(cookie.data(), cookie.data() + cookie.size(), until);
  if (error != std::errc() || until <= seconds_of(now)) return false;
  return is_same(token_, cookie, make_session(token_, until));
}

bool PageAccess::is_token(std::string_view text) const { return is_same(token_, text, token_); }

// A right token is not looked at either while its address has to wait: that would tell it apart.
std::optional<HttpResponse> PageAccess::try_token(const HttpRequest& request,
                                                  std::string_view token, Time now) {
  const auto found = guesses_.find(request.peer);
  if (found != guesses_.end() && now - found->second.since >= forgiven)
    guesses_.erase(found);
  else if (found != guesses_.end() && found->second.wrong >= most_wrong)
    return too_many();
  if (is_token(token)) return {};
  count_wrong(request.peer, now);
  auto answer = text_response(401, "the token is wrong\n");
  answer.headers = {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}};
  return answer;
}

HttpResponse PageAccess::log_in(const HttpRequest& request, Time now) {
  const auto token = find_form_value(request.body, "token").value_or("");
  if (const auto refused = try_token(request, token, now))
    return refused->status == 429 ? *refused : login_page(401, "The token is wrong.");
  const auto until = seconds_of(now + session);
  return see_other(
      "/", fmt::format("{}={}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Strict", cookie_,
                       make_session(token_, until), std::chrono::seconds(session).count()));
}

// Of many addresses the one that has guessed first is forgotten.
void PageAccess::count_wrong(const std::string& peer, Time now) {
  if (guesses_.size() >= most_addresses && !guesses_.contains(peer))
    guesses_.erase(std::ranges::min_element(guesses_, {},
                                            [](const auto& entry) { return entry.second.since; }));
  auto& guesses = guesses_[peer];
  if (guesses.wrong++ == 0) guesses.since = now;
  if (guesses.wrong == most_wrong)
    log_warning("page: {} wrong tokens from {}, it has to wait", most_wrong, peer);
}

}  // namespace turnstone
