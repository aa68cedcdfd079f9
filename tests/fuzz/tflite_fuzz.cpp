// Reads any bytes as a TFLite file, and writes its C when it is small. A finding is a crash, a hang
// or a large memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exchange/tflite/import.h"
#include "written.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto model = import_tflite(text, {.shapes = {}, .batch = 1, .most_folded = 1 << 20});
  if (model) write_when_small(model->graph);
  return 0;
}
