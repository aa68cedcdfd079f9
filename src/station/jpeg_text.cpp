#include "station/jpeg_text.h"

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

}  // namespace

std::optional<std::string> find_jpeg(const Frame& frame, int quality) {
  static Told told;
  if (!frame.planes[0].data) return {};
  const auto jpeg = encode_jpeg(frame, quality);
  if (jpeg) return std::string(as_text(*jpeg));
  if (told.is_new(frame.source))
    log_warning("source {}: no picture for the sinks that want one: {}", frame.source,
                jpeg.error().text);
  return {};
}

}  // namespace turnstone
