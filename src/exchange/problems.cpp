#include "exchange/problems.h"

#include <map>

#include "base/text.h"

namespace turnstone {

Result<> Problems::status() const {
  if (list_.empty()) return {};
  if (list_.size() == 1) return std::unexpected(list_.front());
  std::vector<std::string> texts;
  for (const auto& problem : list_) texts.push_back(problem.text);
  return fail(list_.front().code, "{} problems: {}", texts.size(), join(texts, "; "));
}

Error no_such_value(std::string_view name, std::span<const std::string> names) {
  const auto near = nearest(name, names);
  return {Code::missing,
          fmt::format("no value is called '{}', {}", printable(name),
                      near.empty() ? "'turnstone inspect --taps' lists them"
                                   : fmt::format("did you mean '{}'", printable(near)))};
}

Result<> check_lacks(const std::vector<Lack>& lacks) {
  if (lacks.empty()) return {};
  std::map<std::string, std::vector<std::string>> places;
  for (const auto& lack : lacks) places[lack.op].push_back(lack.place);
  std::vector<std::string> list;
  for (const auto& [op, at] : places)
    list.push_back(fmt::format("{}, {} time{}, first {}", op, at.size(), at.size() == 1 ? "" : "s",
                               at.front()));
  return fail(Code::unsupported, "{} operator{} not supported: {}", list.size(),
              list.size() == 1 ? " is" : "s are", join(list, "; "));
}

}  // namespace turnstone
