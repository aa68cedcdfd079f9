// What is to be done with a judged part.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "station/cycle_config.h"

namespace turnstone {

// What a sorter is told of one part.
struct Action {
  std::string id = {};  // of the outcome that is the part's verdict
  int64_t part = 0;
  int64_t section = 0;      // of the table, from 0
  std::string label = {};   // of the verdict, "undecided" without one
  double score = 0;         // 0..1
  std::string action = {};  // such as "keep"
};

// {"id","part","section","label","score","action"} on one line.
std::string print_action(const Action& action);

// A label and the action that it calls for, of "LABEL=ACTION". Errors: invalid.
Result<std::pair<std::string, std::string>> parse_action(const std::string& text);

// Which action a label calls for.
class Actions {
 public:
  // Errors: invalid (an entry that is not LABEL=ACTION, a label that stands twice).
  static Result<Actions> make(const SorterConfig& config);

  // The action for a label, that for others where it has none of its own.
  const std::string& action_of(const std::string& label) const;

 private:
  std::map<std::string, std::string> by_label_;
  std::string otherwise_;
};

}  // namespace turnstone
