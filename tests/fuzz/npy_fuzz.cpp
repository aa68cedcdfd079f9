// Reads bytes as an .npy file. A finding is a crash, a large memory, or a tensor of another size
// than its content.
#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const auto tensor = parse_npy(std::as_bytes(std::span(bytes, size)));
  if (!tensor) return CHECK(!tensor.error().text.empty()), 0;
  CHECK(tensor->size_bytes() >= 0 && static_cast<size_t>(tensor->size_bytes()) < size);
  for (int64_t i = 0; i < tensor->size(); ++i) (void)tensor->real_at(i);
  return 0;
}
