// Reads any text as a line of a motion controller. A finding is a crash, or a place where no
// machine can stand.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "station/gcode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  (void)check_gcode_answer(line);
  for (const char axis : {'X', 'Y', 'Z'}) {
    const auto state = parse_grbl_state(line, axis);
    CHECK(state ? std::fabs(state->place) <= 1e9 : !state.error().text.empty());
  }
  return 0;
}
