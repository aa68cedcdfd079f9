
#include "base/number.h"
#include "base/text.h"
#include "station/cycle.h"

namespace turnstone {

Result<Stops> parse_stops(std::string_view text, std::string_view file) {
  Stops stops;
  int number = 0;
  for (const auto& line : split(text, '\n')) {
    ++number;
    const auto word = trim(std::string_view(line).substr(0, line.find('#')));
    if (word.empty()) continue;
    const auto frame = find_number<int64_t>(word);
    if (!frame || *frame < 0)
      return fail(Code::invalid, "{}:{}: '{}' is not a frame number, 0 or larger", file, number,
                  printable(word, 40));
    if (!stops.empty() && *frame <= stops.back())
      return fail(Code::invalid, "{}:{}: frame {} is not larger than {}, the one before", file,
                  number, *frame, stops.back());
    stops.push_back(*frame);
  }
  if (stops.empty())
    return fail(Code::invalid, "{}: no frame numbers, at least one part must stand", file);
  return stops;
}

}  // namespace turnstone
