// Reads any text as the stops of a recording. A finding is a crash, or numbers that do not rise.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "station/cycle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const auto stops = parse_stops({reinterpret_cast<const char*>(bytes), size}, "stops.txt");
  if (!stops) return CHECK(!stops.error().text.empty()), 0;
  CHECK(!stops->empty() && stops->front() >= 0);
  for (size_t i = 1; i < stops->size(); ++i) CHECK((*stops)[i - 1] < (*stops)[i]);
  return 0;
}
