// Names that nobody else gives.
#pragma once

#include <string>
#include <string_view>

namespace turnstone {

// A UUID of version 7 (RFC 9562): later ones of a process sort behind earlier ones of other
// milliseconds. Thread-safe.
std::string draw_uuid();

// The same UUID for the same text, of version 8: its first 122 bits of XXH3.
std::string uuid_of(std::string_view text);

}  // namespace turnstone
