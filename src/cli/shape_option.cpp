#include "cli/shape_option.h"

#include "base/number.h"
#include "base/text.h"

namespace turnstone {

Result<std::map<std::string, Shape, std::less<>>> parse_shape_options(
    const std::vector<std::string>& options) {
  std::map<std::string, Shape, std::less<>> shapes;
  for (const auto& option : options) {
    const auto equals = option.rfind('=');
    if (equals == option.npos || equals == 0)
      return fail(Code::invalid, "--shape '{}' is wrong, legal: INPUT=1,3,640,640",
                  printable(option));
    Shape shape;
    for (const auto& part : split(option.substr(equals + 1), ',')) {
      const auto extent = find_number<int64_t>(part);
      if (!extent || *extent < 1)
        return fail(Code::invalid, "--shape '{}': extent '{}' is not a positive number",
                    printable(option), printable(part));
      shape.push_back(*extent);
    }
    TRY(checked_count(shape), "--shape " + printable(option));
    shapes[option.substr(0, equals)] = std::move(shape);
  }
  return shapes;
}

}  // namespace turnstone
