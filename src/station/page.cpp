#include "station/page.h"

#include <algorithm>

#include "base/text.h"
#include "station/assets.h"

namespace turnstone {
namespace {

// Between two states that are sent to pages that are open.
constexpr std::chrono::milliseconds pace(200);

HttpResponse text(int status, std::string content) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(content))};
}

// Whether one of the words between "&" is that one.
bool has_word(std::string_view query, std::string_view word) {
  return std::ranges::count(split(query, '&'), word) > 0;
}

HttpAnswer asset(std::string_view path) {
  const auto assets = page_assets();
  const auto found = std::ranges::find(assets, path, &Asset::path);
  if (found == assets.end()) return text(404, "there is no such page\n");
  return HttpResponse{.status = 200,
                      .type = std::string(found->type),
                      .body = std::make_shared<const std::string>(found->content)};
}

}  // namespace

Page::Page(std::function<Json()> state, std::map<std::string, View*> views)
    : state_(std::move(state)),
      views_(std::move(views)),
      events_(std::make_shared<HttpFeed>([this] {
        {
          const std::lock_guard lock(mutex_);
          joined_ = true;
        }
        wake_.notify_all();
      })) {}

Result<std::unique_ptr<Page>> Page::open(const PageConfig& config, std::function<Json()> state,
                                         std::map<std::string, View*> views) {
  std::unique_ptr<Page> page(new Page(std::move(state), std::move(views)));
  page->server_ = TRY(open_http_server(
      config.address, config.port,
      [raw = page.get()](const HttpRequest& request) { return raw->answer(request); }));
  page->url_ = page->server_->url();
  page->thread_ = std::jthread([raw = page.get()](std::stop_token stop) { raw->work(stop); });
  return page;
}

Page::~Page() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& [name, view] : views_) view->finish();
  server_.reset();
}

HttpAnswer Page::answer(const HttpRequest& request) {
  if (request.path == "/api/state")
    return HttpResponse{.status = 200,
                        .type = "application/json",
                        .body = std::make_shared<const std::string>(print_json(state_()) + "\n")};
  if (request.path == "/api/events") return HttpStream{"text/event-stream", ": hello\n\n", events_};
  constexpr std::string_view before = "/stream/";
  constexpr std::string_view after = ".mjpeg";
  if (request.path.starts_with(before) && request.path.ends_with(after) &&
      request.path.size() > before.size() + after.size()) {
    const auto name =
        request.path.substr(before.size(), request.path.size() - before.size() - after.size());
    const auto view = views_.find(name);
    if (view == views_.end()) return text(404, "there is no such source\n");
    return view->second->stream(!has_word(request.query, "draw=0"));
  }
  return asset(request.path);
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
  events_->publish(std::make_shared<const std::string>("data: " + print_json(state_()) + "\n\n"));
}

}  // namespace turnstone
