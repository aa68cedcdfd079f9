// The live page: the single-page application, streams of pictures, and what the station tells.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/json.h"
#include "station/config.h"
#include "station/page_access.h"
#include "station/view.h"
#include "wire/http.h"

namespace turnstone {

// What a page shows. Called on the threads of the page.
struct PageContent {
  std::function<Json()> state;    // of the station
  std::function<Json()> history;  // of the last minutes, by model
  std::function<Json()> faults;   // the last ones
  std::function<std::shared_ptr<const std::string>(int64_t)> fault_picture;  // JPEG, or nullptr
  std::function<std::string()> metrics;  // in Prometheus's text format; empty: none are told
  std::map<std::string, View*> views;    // by source
};

// Serves /, /api/state, /api/events (server-sent events), /api/history, /api/faults, /fault/N.jpg,
// /stream/SOURCE.mjpeg and /metrics on its own threads; with a token only to who has it. What it is
// given must outlive it.
class Page {
 public:
  // Errors: invalid (the address, token, certificate or key), missing (no such file), unavailable
  // (the port is taken): all there are, one a line.
  static Result<std::unique_ptr<Page>> open(const PageConfig& config, PageContent content);
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  // Reads token, certificate and key anew; with an error the old ones stay. Any thread. Errors: as
  // of `open`.
  Result<> reload();

  const std::string& url() const { return url_; }

 private:
  Page(PageConfig config, PageContent content);
  HttpAnswer answer(const HttpRequest& request);
  HttpAnswer tell(const std::string& path) const;
  HttpAnswer stream(const std::string& name, bool drawn) const;
  void work(std::stop_token stop);
  void publish();

  const PageConfig config_;
  PageContent content_;
  std::mutex access_mutex_;           // of `access_`
  std::optional<PageAccess> access_;  // nothing without a login
  std::string url_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool joined_ = false;
  std::shared_ptr<HttpFeed> events_;
  std::jthread thread_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace turnstone
