// What motion controllers that speak G-code say: text from outside.
#pragma once

#include <string_view>

#include "base/result.h"

namespace turnstone {

// What GRBL answers to "?".
struct GrblState {
  bool moves = false;
  double place = 0;  // of one axis, in the controller's unit
};

// Reads a line such as "<Idle|MPos:0.000,1.000,0.000|FS:0,0>" for an axis X, Y or Z. Errors:
// unavailable (the controller is in a state in which it does not work, no position of the axis).
Result<GrblState> parse_grbl_state(std::string_view line, char axis);

// Errors: unavailable, for a line by which a controller refuses or gives up.
Result<> check_gcode_answer(std::string_view line);

}  // namespace turnstone
