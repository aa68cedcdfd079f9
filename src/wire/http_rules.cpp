#include "wire/http_rules.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cctype>

#include "base/text.h"

namespace turnstone {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_loopback_v4(std::string_view host) {
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(),
                     [](const auto& part) { return all_digits(part) && part.size() <= 3; });
}

int hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// With every %XX as its byte; nothing where two hexadecimal digits are missing.
std::optional<std::string> percent_decoded(std::string_view raw) {
  std::string made;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      made += raw[i];
      continue;
    }
    if (i + 2 >= raw.size()) return {};
    const int high = hex_of(raw[i + 1]);
    const int low = hex_of(raw[i + 2]);
    if (high < 0 || low < 0) return {};
    made += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return made;
}

std::optional<boost::asio::ip::address> find_address(std::string_view text) {
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(
      text == "localhost" ? std::string("127.0.0.1") : std::string(text), error);
  if (error) return {};
  return address;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host.starts_with("[::1]")) {
    host.remove_prefix(5);
    return host.empty() || (host.front() == ':' && all_digits(host.substr(1)));
  }
  const auto colon = host.find(':');
  if (colon != std::string_view::npos && !all_digits(host.substr(colon + 1))) return false;
  const auto name = lower(host.substr(0, colon));
  return name == "localhost" || is_loopback_v4(name);
}

std::optional<HttpTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return {};
  HttpTarget made;
  const auto mark = target.find('?');
  if (mark != std::string_view::npos) made.query = target.substr(mark + 1);
  auto path = percent_decoded(target.substr(0, mark));
  if (!path) return {};
  made.path = std::move(*path);
  for (const unsigned char c : made.path)
    if (c < 0x20 || c == 0x7f) return {};
  for (const auto& step : split(made.path, '/'))
    if (step == "..") return {};
  return made;
}

bool is_address(std::string_view text) { return find_address(text).has_value(); }

bool is_loopback_address(std::string_view text) {
  const auto address = find_address(text);
  return address && address->is_loopback();
}

std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (lower(authorization.substr(0, scheme.size())) != scheme) return {};
  return trim(authorization.substr(scheme.size()));
}

std::string_view cookie_of(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    const auto pair = trim(header.substr(0, end));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return pair.substr(equals + 1);
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return {};
}

std::optional<std::string> find_form_value(std::string_view form, std::string_view name) {
  for (const auto& pair : split(form, '&')) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || pair.substr(0, equals) != name) continue;
    auto value = pair.substr(equals + 1);
    std::ranges::replace(value, '+', ' ');
    return percent_decoded(value);
  }
  return {};
}

}  // namespace turnstone
