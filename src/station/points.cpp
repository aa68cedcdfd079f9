#include "station/points.h"

#include "base/number.h"
#include "base/text.h"

namespace turnstone {
namespace {

Result<float> parse_fraction(std::string_view text) {
  const auto value = find_number<float>(text);
  if (!value || !(*value >= 0 && *value <= 1))
    return fail(Code::invalid, "'{}' is no fraction of the picture, legal is 0 to 1",
                printable(text));
  return *value;
}

}  // namespace

Result<std::vector<Point>> parse_points(std::string_view text) {
  std::vector<Point> points;
  for (const auto& pair : split(text, ' ')) {
    if (pair.empty()) continue;
    const auto comma = pair.find(',');
    if (comma == pair.npos)
      return fail(Code::invalid, "'{}' is not X,Y in fractions of the picture", printable(pair));
    const float x = TRY(parse_fraction(std::string_view(pair).substr(0, comma)));
    const float y = TRY(parse_fraction(std::string_view(pair).substr(comma + 1)));
    points.push_back({x, y});
  }
  return points;
}

}  // namespace turnstone
