#include "station/gcode.h"

#include <cmath>

#include "base/number.h"
#include "base/text.h"

namespace turnstone {
namespace {

constexpr double farthest = 1e9;  // that a machine may say it stands

// Number `index` of "0.000,1.000,0.000".
Result<double> place_of(std::string_view places, size_t index) {
  const auto words = split(places, ',');
  const auto place = index < words.size() ? find_number<double>(words[index]) : std::nullopt;
  if (place && std::fabs(*place) <= farthest) return *place;
  return fail(Code::unavailable, "no position");
}

}  // namespace

Result<GrblState> parse_grbl_state(std::string_view line, char axis) {
  if (line.size() < 2 || !line.starts_with('<') || !line.ends_with('>'))
    return fail(Code::unavailable, "'{}' is no status", printable(line));
  const auto fields = split(line.substr(1, line.size() - 2), '|');
  const auto word = fields[0].substr(0, fields[0].find(':'));
  if (word == "Alarm" || word == "Door" || word == "Sleep" || word == "Check")
    return fail(Code::unavailable, "controller is in state {}", word);
  for (const auto& field : fields) {
    if (!field.starts_with("MPos:") && !field.starts_with("WPos:")) continue;
    const auto place = place_of(std::string_view(field).substr(5), static_cast<size_t>(axis - 'X'));
    if (place) return GrblState{.moves = word != "Idle", .place = *place};
  }
  return fail(Code::unavailable, "status '{}' holds no position of {}", printable(line), axis);
}

Result<> check_gcode_answer(std::string_view line) {
  const auto word = lower(line.substr(0, 5));
  if (word == "error" || word == "alarm" || word.starts_with("!!"))
    return fail(Code::unavailable, "controller says '{}'", printable(line));
  return {};
}

}  // namespace turnstone
