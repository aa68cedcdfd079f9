// Corners of areas and lines as the configuration writes them.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "vision/scene.h"

namespace turnstone {

// "0.1,0.2 0.5,0.2 0.5,0.9": points in fractions of the picture, any number of them. Errors:
// invalid.
Result<std::vector<Point>> parse_points(std::string_view text);

}  // namespace turnstone
