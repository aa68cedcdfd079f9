// The address of a message that becomes an object of a store.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "station/template.h"

namespace turnstone {

struct StoredObject {
  std::string key;
  std::string type = "application/octet-stream";
  std::map<std::string, std::string> metadata = {};
};

// As JSON, and back. Errors: invalid (another text).
std::string print_stored_object(const StoredObject& object);
Result<StoredObject> parse_stored_object(std::string_view text);

// What a store is told of an object beside its bytes: id, source, model, label, score, time.
std::map<std::string, std::string> metadata_of(const TemplateValues& values);

}  // namespace turnstone
