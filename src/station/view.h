// The live picture of one source as an MJPEG stream: drawn and compressed only while somebody
// looks, and always from the newest frame.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/files.h"
#include "media/frame.h"
#include "station/showing.h"
#include "wire/http.h"

namespace turnstone {

// Thread-safe.
class View {
 public:
  // At most `fps` pictures a second, of JPEG quality `quality`. A frame that was not judged shows
  // the scene before it for up to `hold`.
  View(double fps, int quality, std::chrono::milliseconds hold);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  // A frame that no model judges.
  void show(const Frame& frame);
  // A frame and what was found in it; of a thing in it, what was found in that: it is told at the
  // thing's place on the frames that follow, for up to `hold` and at least half a second.
  void show(const Frame& frame, const Outcome& outcome);
  // What stands across the top; a scene's own class is told where no banner is set.
  void set_banner(Banner banner);

  // The newest frame, without its receipt; nothing before the first.
  std::optional<Frame> newest() const;

  // multipart/x-mixed-replace, with the scene drawn on the pictures or without. The view must
  // outlive the server that serves it.
  HttpStream stream(bool drawn = true) const;

  // No more pictures are published. To be called before the server goes.
  void finish();

 private:
  void tell(const Outcome& outcome);
  std::vector<Outcome> things() const;
  void work(std::stop_token stop);
  bool is_watched() const { return feed_->viewers() > 0 || plain_->viewers() > 0; }
  void publish(HttpFeed& feed, const Result<Bytes>& jpeg);
  static void repeat(HttpFeed& feed);
  void changed();

  std::chrono::nanoseconds pace_;
  int quality_;
  std::chrono::milliseconds hold_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Shown> newest_;
  Banner banner_;
  std::chrono::steady_clock::time_point judged_at_;
  std::vector<Outcome> things_;  // of the last frame of each model
  std::chrono::steady_clock::time_point things_at_;
  bool fresh_ = false;
  bool failed_ = false;              // a picture could not be compressed, which was told
  std::shared_ptr<HttpFeed> feed_;   // drawn
  std::shared_ptr<HttpFeed> plain_;  // as the source delivered it
  std::jthread thread_;
};

}  // namespace turnstone
