// Reads any text as what sinks find in the spool, on whose disk it may have become anything. A
// finding is a crash, or an object that is another one once it was printed.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "station/outcome_metric.h"
#include "station/stored_object.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto metric = parse_outcome_metric(text))
    (void)check_cloudwatch_metric(*metric, metric->time);
  const auto object = parse_stored_object(text);
  if (!object) return CHECK(!object.error().text.empty()), 0;
  const auto again = parse_stored_object(print_stored_object(*object));
  CHECK(again && again->key == object->key && again->type == object->type);
  CHECK(again->metadata == object->metadata);
  return 0;
}
