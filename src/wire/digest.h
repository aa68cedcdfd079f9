// SHA-256 and what is made of it. OpenSSL's hashes end here.
#pragma once

#include <string>
#include <string_view>

namespace turnstone {

// The 32 bytes of HMAC-SHA256.
std::string hmac_sha256(std::string_view key, std::string_view text);

// The SHA-256 of `text` as 64 hexadecimal digits in lower case.
std::string sha256_hex(std::string_view text);

// Every byte as two hexadecimal digits in lower case.
std::string print_hex(std::string_view bytes);

}  // namespace turnstone
