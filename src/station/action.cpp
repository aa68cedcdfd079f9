#include "station/action.h"

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "station/outcome.h"

namespace turnstone {

std::string print_action(const Action& action) {
  return print_json(Json{{"id", action.id},
                         {"part", action.part},
                         {"section", action.section},
                         {"label", action.label},
                         {"score", rounded(action.score)},
                         {"action", action.action}});
}

Result<Actions> Actions::make(const SorterConfig& config) {
  Actions made;
  made.otherwise_ = config.otherwise;
  for (const auto& pair : config.actions) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size())
      return fail(Code::invalid, "actions: '{}' is not LABEL=ACTION", printable(pair));
    const auto label = pair.substr(0, equals);
    if (!made.by_label_.emplace(label, pair.substr(equals + 1)).second)
      return fail(Code::invalid, "actions: label '{}' stands twice", printable(label));
  }
  return made;
}

const std::string& Actions::action_of(const std::string& label) const {
  const auto found = by_label_.find(label);
  return found == by_label_.end() ? otherwise_ : found->second;
}

}  // namespace turnstone
