// Reads any text as model.json. A finding is a crash, a hang, a large memory, or a model that is
// another one once it was printed.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vision/model_info.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const auto model = parse_model({reinterpret_cast<const char*>(bytes), size});
  if (!model) {
    CHECK(!model.error().text.empty());
    return 0;
  }
  const auto again = parse_model(print_model(*model));
  CHECK(again && *again == *model);
  return 0;
}
