// Percent-encoding (RFC 3986).
#pragma once

#include <string>
#include <string_view>

namespace turnstone {

// `text` with every byte but letters, digits, "-._~" and those of `kept` as %XX.
std::string percent_encode(std::string_view text, std::string_view kept = {});

}  // namespace turnstone
