#include "station/pair.h"

#include "base/text.h"

namespace turnstone {

Result<std::pair<std::string, std::string>> parse_pair(const std::string& text, const char* form) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0)
    return fail(Code::invalid, "'{}' is not {}", printable(text), form);
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace turnstone
