#include "station/picture_text.h"

#include <mutex>
#include <set>

#include "base/log.h"
#include "media/picture.h"

namespace turnstone {
namespace {

// The sources of which the log has told already.
class Told {
 public:
  bool is_new(const std::string& source) {
    const std::lock_guard lock(mutex_);
    return sources_.insert(source).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> sources_;
};

std::optional<std::string> text_of(const Frame& frame, const Result<Bytes>& encoded) {
  static Told told;
  if (encoded) return std::string(as_text(*encoded));
  if (told.is_new(frame.source))
    log_warning("source {}: no picture for the sinks that want one: {}", frame.source,
                encoded.error().text);
  return {};
}

}  // namespace

std::optional<std::string> find_jpeg(const Frame& frame, int quality) {
  if (!frame.planes[0].data) return {};
  return text_of(frame, encode_jpeg(frame, quality));
}

std::optional<std::string> find_png(const Frame& frame) {
  if (!frame.planes[0].data) return {};
  return text_of(frame, encode_png(frame));
}

}  // namespace turnstone
