// What the HTTP server lets in: pure functions on the texts of a request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace turnstone {

// True for "localhost", "127.x.y.z" and "[::1]", with or without a port. A page of another site
// whose name was made to point here still sends its own name as Host.
bool is_loopback_host(std::string_view host);

struct HttpTarget {
  std::string path;   // percent-decoded
  std::string query;  // as it came
};

// Splits "/a%20b?x=1". Nothing when it is not a path, a percent sign is not followed by two
// hexadecimal digits, or the path holds a control character or a "..".
std::optional<HttpTarget> parse_target(std::string_view target);

// Whether the text is an IP address or "localhost"; whether it is one of the loopback.
bool is_address(std::string_view text);
bool is_loopback_address(std::string_view text);

// What follows "Bearer " in an Authorization header, "" where it is of another scheme.
std::string_view bearer_of(std::string_view authorization);

// The value of the first cookie of that name in a Cookie header, "" without one.
std::string_view cookie_of(std::string_view header, std::string_view name);

// The value of the first field of that name in a form (application/x-www-form-urlencoded); nothing
// where there is none or a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> find_form_value(std::string_view form, std::string_view name);

}  // namespace turnstone
