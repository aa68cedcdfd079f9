// Reads any text as the map of the ML Feedback connector, and asks each of its strategies. A
// finding is a crash, a hang, or a setting that the connector does not allow.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "station/sampler.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const auto json = parse_json({reinterpret_cast<const char*>(bytes), size});
  if (!json) return 0;
  const auto map = parse_feedback_map(*json);
  if (!map) return CHECK(!map.error().text.empty()), 0;
  if (map->request_limit) CHECK(*map->request_limit >= 0 && *map->request_limit <= 999);
  for (const auto& config : map->configs) {
    CHECK(config.id.size() >= 2 && config.bucket.size() >= 3);
    CHECK(config.rate >= 0 && config.rate <= 1 && config.threshold >= 0);
    for (const auto& scores : {std::vector<double>{}, {1.0}, {0.5, 0.25, 0.25}, {0, 0, 0}})
      is_kept(config, scores, [] { return 0.5; });
  }
  return 0;
}
