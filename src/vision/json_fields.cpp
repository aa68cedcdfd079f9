#include "vision/json_fields.h"

#include <cmath>

#include "base/text.h"

namespace turnstone {

JsonFields::JsonFields(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object())
    problem({Code::invalid, where_.empty() ? "expected an object"
                                           : fmt::format("{}: expected an object", where_)});
}

std::string JsonFields::path(std::string_view key) const {
  return where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
}

void JsonFields::problem(Error error) {
  if (first_) first_ = std::unexpected(std::move(error));
}

void JsonFields::wrong(std::string_view key, std::string_view expected) {
  const auto found = object_.find(key);
  const auto shown = found == object_.end() ? "nothing" : printable(print_json(*found), 60);
  problem({Code::invalid, fmt::format("{}: {} is wrong, {}", path(key), shown, expected)});
}

const Json* JsonFields::member(const char* key) {
  known_.insert(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonFields::require(const char* key) {
  if (!member(key)) problem({Code::invalid, fmt::format("{}: is missing", path(key))});
}

void JsonFields::text(const char* key, std::string& value) {
  const auto* found = member(key);
  if (!found) return;
  if (!found->is_string()) return wrong(key, "expected a text");
  value = found->get<std::string>();
}

void JsonFields::boolean(const char* key, bool& value) {
  const auto* found = member(key);
  if (!found) return;
  if (!found->is_boolean()) return wrong(key, "legal are true, false");
  value = found->get<bool>();
}

void JsonFields::real(const char* key, double& value, double least, double most) {
  const auto* found = member(key);
  if (!found) return;
  const auto number = found->is_number() ? found->get<double>() : std::nan("");
  if (!(number >= least && number <= most))
    return wrong(key, fmt::format("legal are numbers {}..{}", least, most));
  value = number;
}

void JsonFields::integer(const char* key, int64_t& value, int64_t least, int64_t most) {
  const auto* found = member(key);
  if (!found) return;
  const auto number = json_get<int64_t>(object_, key);
  if (!number || *number < least || *number > most)
    return wrong(key, fmt::format("legal are whole numbers {}..{}", least, most));
  value = *number;
}

void JsonFields::integer(const char* key, int& value, int least, int most) {
  int64_t wide = value;
  integer(key, wide, int64_t{least}, int64_t{most});
  value = static_cast<int>(wide);
}

void JsonFields::numbers(const char* key, std::vector<double>& value, size_t most) {
  const auto* found = member(key);
  if (!found) return;
  std::vector<double> read;
  if (found->is_array())
    for (const auto& item : *found)
      if (item.is_number() && std::isfinite(item.get<double>())) read.push_back(item.get<double>());
  if (!found->is_array() || read.size() != found->size() || read.empty() || read.size() > most)
    return wrong(key, fmt::format("expected a list of 1 to {} numbers", most));
  value = std::move(read);
}

void JsonFields::texts(const char* key, std::vector<std::string>& value) {
  const auto* found = member(key);
  if (!found) return;
  std::vector<std::string> read;
  if (found->is_array())
    for (const auto& item : *found)
      if (item.is_string()) read.push_back(item.get<std::string>());
  if (!found->is_array() || read.size() != found->size())
    return wrong(key, "expected a list of texts");
  value = std::move(read);
}

void JsonFields::choose(const char* key, size_t& index, const char* const* names, size_t count) {
  const auto* found = member(key);
  if (!found) return;
  std::vector<std::string> legal;
  for (size_t i = 0; i < count; ++i) {
    if (*names[i] == '\0') continue;
    if (found->is_string() && found->get_ref<const std::string&>() == names[i]) {
      index = i;
      return;
    }
    legal.emplace_back(names[i]);
  }
  wrong(key, fmt::format("legal are {}", join(legal, ", ")));
}

Result<> JsonFields::finish() {
  if (!first_) return first_;
  for (const auto& [key, value] : object_.items()) {
    if (known_.contains(key)) continue;
    const std::vector<std::string> candidates(known_.begin(), known_.end());
    const auto near = nearest(key, candidates);
    const auto hint = near.empty() ? fmt::format("legal are {}", join(candidates, ", "))
                                   : fmt::format("did you mean '{}'", near);
    return fail(Code::invalid, "{}: unknown key, {}", path(printable(key, 60)), hint);
  }
  return {};
}

}  // namespace turnstone
