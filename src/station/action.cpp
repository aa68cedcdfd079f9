#include "station/action.h"

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "station/outcome.h"
#include "station/pair.h"

namespace turnstone {

std::string print_action(const Action& action) {
  return print_json(Json{{"id", action.id},
                         {"part", action.part},
                         {"section", action.section},
                         {"label", action.label},
                         {"score", rounded(action.score)},
                         {"action", action.action}});
}

Result<std::pair<std::string, std::string>> parse_action(const std::string& text) {
  constexpr auto form = "LABEL=ACTION";
  auto pair = TRY(parse_pair(text, form));
  if (pair.second.empty()) return fail(Code::invalid, "'{}' is not {}", printable(text), form);
  return pair;
}

Result<Actions> Actions::make(const SorterConfig& config) {
  Actions made;
  made.otherwise_ = config.otherwise;
  for (const auto& text : config.actions) {
    auto [label, action] = TRY(parse_action(text), "actions");
    if (!made.by_label_.emplace(label, std::move(action)).second)
      return fail(Code::invalid, "actions: label '{}' stands twice", printable(label));
  }
  return made;
}

const std::string& Actions::action_of(const std::string& label) const {
  const auto found = by_label_.find(label);
  return found == by_label_.end() ? otherwise_ : found->second;
}

}  // namespace turnstone
