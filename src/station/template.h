// Texts with places for what an outcome says: topics, keys of objects, payloads.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "station/outcome.h"

namespace turnstone {

// What one place may stand for.
using TemplateValue = std::variant<std::string, int64_t, double>;
using TemplateValues = std::map<std::string, TemplateValue, std::less<>>;

// Says how texts go into the result: as they are, or as they stand within quotes in JSON.
enum class Quoting { none, json };

// A parsed text such as "faces/{month}_{day}/{epoch}_{index:03}.jpg". {NAME} is a value as it is,
// {NAME:05} a whole number with zeros before it, {NAME:.2} a number with that many decimals; {{ and
// }} are braces. Any thread.
class Template {
 public:
  // Errors: invalid (a brace without its other, a name that is not among template_names(), a
  // format).
  static Result<Template> parse(std::string_view text);

  // Whether a place stands for something that only a finding has, such as {label}.
  bool wants_finding() const;

  // The text with values in their places; "" for those that `values` lacks.
  std::string print(const TemplateValues& values, Quoting quoting = Quoting::none) const;

 private:
  struct Piece {
    std::string text;  // as it stands, or the name of a value
    bool is_value = false;
    int zeros = 0;      // least digits of a whole number
    int decimals = -1;  // of a number, -1: as many as it has
  };
  std::vector<Piece> pieces_;
};

// What stands in a template for finding `index` of an outcome: label, class, score, index, left,
// top, right, bottom, track; of, the thing that was judged; source, model, frame, picture, stem,
// part, id; year, month, day, hour, minute, second, epoch, epoch_ms and time of the frame, in UTC;
// message, which asked for it.
TemplateValues values_of(const Outcome& outcome, size_t index = 0);

// The names that may stand in templates; `thing` is the station's own, where a sink has one.
const std::vector<std::string>& template_names();

}  // namespace turnstone
