#include "station/page.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "station/assets.h"
#include "station/metrics.h"

namespace turnstone {
namespace {

// Between two states that are sent to pages that are open.
constexpr std::chrono::milliseconds pace(200);

// Of what is posted: a token.
constexpr uint32_t most_body_bytes = 4096;

HttpResponse json(const Json& value) {
  auto answer = text_response(200, print_json(value) + "\n");
  answer.type = "application/json";
  return answer;
}

// Whether one of the words between "&" is that one.
bool has_word(std::string_view query, std::string_view word) {
  return std::ranges::count(split(query, '&'), word) > 0;
}

HttpAnswer asset(std::string_view path) {
  const auto assets = page_assets();
  const auto found = std::ranges::find(assets, path, &Asset::path);
  if (found == assets.end()) return text_response(404, "there is no such page\n");
  return HttpResponse{.status = 200,
                      .type = std::string(found->type),
                      .body = std::make_shared<const std::string>(found->content)};
}

// What stands between `before` and `after`; nothing where the path is another one.
std::optional<std::string> find_between(std::string_view path, std::string_view before,
                                        std::string_view after) {
  if (path.size() <= before.size() + after.size()) return {};
  if (!path.starts_with(before) || !path.ends_with(after)) return {};
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  return std::string(path);
}

// The token of a page that has a login, "" of one that has none.
Result<std::string> token_of(const PageConfig& config) {
  if (config.token_file.empty()) return "";
  return TRY(read_token(config.token_file), "token_file");
}

HttpIdentity identity_of(const PageConfig& config) {
  return {config.certificate_file, config.key_file};
}

}  // namespace

Page::Page(PageConfig config, PageContent content)
    : config_(std::move(config)),
      content_(std::move(content)),
      events_(std::make_shared<HttpFeed>([this] {
        {
          const std::lock_guard lock(mutex_);
          joined_ = true;
        }
        wake_.notify_all();
      })) {}

Result<std::unique_ptr<Page>> Page::open(const PageConfig& config, PageContent content) {
  std::unique_ptr<Page> page(new Page(config, std::move(content)));
  const auto token = token_of(config);
  if (token && !token->empty()) page->access_.emplace(*token, config.port);
  std::optional<HttpIdentity> identity;
  if (!config.certificate_file.empty()) identity = identity_of(config);
  auto server = open_http_server(
      config.address, config.port,
      [raw = page.get()](const HttpRequest& request) { return raw->answer(request); },
      {.body_bytes = page->access_ ? most_body_bytes : 0}, identity);
  if (!token && !server)
    return fail(Code::invalid, "{}\n{}", token.error().text, server.error().text);
  if (!token) return std::unexpected(token.error());
  page->server_ = TRY(std::move(server));
  page->url_ = page->server_->url();
  page->thread_ = std::jthread([raw = page.get()](std::stop_token stop) { raw->work(stop); });
  return page;
}

Result<> Page::reload() {
  auto token = TRY(token_of(config_));
  if (token.empty()) return {};
  TRY(server_->renew(identity_of(config_)));
  const std::lock_guard lock(access_mutex_);
  if (access_->set_token(std::move(token))) server_->close_all();
  return {};
}

Page::~Page() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& [name, view] : content_.views) view->finish();
  server_.reset();
}

HttpAnswer Page::answer(const HttpRequest& request) {
  {
    const std::lock_guard lock(access_mutex_);
    if (access_)
      if (auto refused = access_->check(request, std::chrono::system_clock::now())) return *refused;
  }
  if (request.path == "/api/events") return HttpStream{"text/event-stream", ": hello\n\n", events_};
  if (const auto name = find_between(request.path, "/stream/", ".mjpeg"))
    return stream(*name, !has_word(request.query, "draw=0"));
  return tell(request.path);
}

HttpAnswer Page::tell(const std::string& path) const {
  if (path == "/api/state") return json(content_.state());
  if (path == "/api/history") return json(content_.history());
  if (path == "/api/faults") return json(content_.faults());
  if (path == "/metrics" && content_.metrics) {
    auto answer = text_response(200, content_.metrics());
    answer.type = Metrics::media_type;
    return answer;
  }
  if (const auto number = find_between(path, "/fault/", ".jpg")) {
    auto picture = content_.fault_picture(std::strtoll(number->c_str(), nullptr, 10));
    if (!picture) return text_response(404, "there is no such picture\n");
    return HttpResponse{.status = 200, .type = "image/jpeg", .body = std::move(picture)};
  }
  return asset(path);
}

HttpAnswer Page::stream(const std::string& name, bool drawn) const {
  const auto view = content_.views.find(name);
  if (view == content_.views.end()) return text_response(404, "there is no such source\n");
  return view->second->stream(drawn);
}

void Page::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pace, [this] { return joined_; });
      joined_ = false;
    }
    if (events_->viewers() > 0) publish();
  }
}

void Page::publish() {
  events_->publish(
      std::make_shared<const std::string>("data: " + print_json(content_.state()) + "\n\n"));
}

}  // namespace turnstone
