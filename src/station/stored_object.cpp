#include "station/stored_object.h"

#include "base/json.h"
#include "base/text.h"

namespace turnstone {

std::string print_stored_object(const StoredObject& object) {
  Json json = {{"key", object.key}, {"type", object.type}, {"metadata", Json::object()}};
  for (const auto& [name, value] : object.metadata) json["metadata"][name] = value;
  return print_json(json);
}

Result<StoredObject> parse_stored_object(std::string_view text) {
  const auto json = TRY(parse_json(text));
  if (!json.is_object() || !json.contains("key") || !json["key"].is_string())
    return fail(Code::invalid, "'{}' is not one of an object", printable(text));
  StoredObject object;
  object.key = TRY(json_get<std::string>(json, "key"));
  object.type = TRY(json_get_or<std::string>(json, "type", object.type));
  const auto metadata = TRY(json_get_or<Json>(json, "metadata", Json::object()));
  for (const auto& [name, value] : metadata.items())
    if (value.is_string()) object.metadata[name] = value.get<std::string>();
  return object;
}

std::map<std::string, std::string> metadata_of(const TemplateValues& values) {
  std::map<std::string, std::string> metadata;
  for (const auto* name : {"id", "source", "model", "label", "score", "time"})
    if (values.contains(name))
      metadata[name] = Template::parse(fmt::format("{{{}}}", name))->print(values);
  return metadata;
}

}  // namespace turnstone
