// Names that nobody else gives.
#pragma once

#include <string>

namespace turnstone {

// A UUID of version 7 (RFC 9562): later ones of a process sort behind earlier ones of other
// milliseconds. Thread-safe.
std::string draw_uuid();

}  // namespace turnstone
