// The part of a URL between "//" and the path: user:password@host:port.
#pragma once

#include <string_view>

#include "base/number.h"

namespace turnstone {

// Whether what follows "//" in a URL has no port, or one of 1 to 65535.
inline bool has_legal_port(std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("/?#"));
  rest = rest.substr(rest.rfind('@') + 1);  // npos + 1 is 0
  const auto colon = rest.rfind(':');
  if (colon == rest.npos || rest.ends_with(']')) return true;
  const auto port = find_number<int>(rest.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535;
}

}  // namespace turnstone
