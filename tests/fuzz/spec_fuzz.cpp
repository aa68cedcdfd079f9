// Reads any text as the short forms of settings: how pictures become inputs, what outputs mean, and
// places in a picture. A finding is a crash, a hang, a large memory, or a place outside.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "station/points.h"
#include "vision/model_info.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto preprocess = parse_preprocess_spec(text);
  CHECK(preprocess || !preprocess.error().text.empty());
  const auto decoder = parse_decoder_spec(text);
  CHECK(decoder || !decoder.error().text.empty());
  const auto points = parse_points(text);
  if (!points) return CHECK(!points.error().text.empty()), 0;
  for (const auto& [x, y] : *points) CHECK(x >= 0 && x <= 1 && y >= 0 && y <= 1);
  return 0;
}
