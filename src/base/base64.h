// Bytes as text: base64 of RFC 4648 section 4.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace turnstone {

// With padding, in one line.
std::string print_base64(std::span<const std::byte> bytes);

}  // namespace turnstone
