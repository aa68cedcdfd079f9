// Reads any bytes as an ONNX file, writes what it reads as ONNX again, and as C when it is small. A
// finding is a crash, a hang or a large memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exchange/onnx/export.h"
#include "exchange/onnx/import.h"
#include "written.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto model = import_onnx(text, {.shapes = {}, .batch = 1, .most_folded = 1 << 20});
  if (!model) return 0;
  (void)export_onnx(model->graph, "fuzz");
  write_when_small(model->graph);
  return 0;
}
