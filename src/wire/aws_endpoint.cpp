#include "wire/aws_endpoint.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "wire/authority.h"

namespace turnstone {
namespace {

bool has_only(std::string_view text, std::string_view signs) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || signs.find(c) != signs.npos;
  });
}

bool is_endpoint(std::string_view url) {
  const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
  const auto rest = url.substr(url.find("://") + 3);
  return has_scheme && has_only(rest, ".-:[]") && has_legal_port(rest);
}

}  // namespace

Result<> check_aws_endpoint(std::string_view endpoint, std::string_view region) {
  if (!endpoint.empty() && !is_endpoint(endpoint))
    return fail(Code::invalid,
                "endpoint '{}' is wrong, legal are http://HOST:PORT and https://HOST:PORT",
                printable(endpoint));
  if (!has_only(region, "-_"))
    return fail(Code::invalid, "region '{}' is wrong, legal are letters, digits, '-' and '_'",
                printable(region));
  return {};
}

std::string aws_endpoint_of(std::string_view endpoint, std::string_view region,
                            std::string_view service) {
  if (!endpoint.empty()) return std::string(endpoint);
  return fmt::format("https://{}.{}.amazonaws.com{}", service, region,
                     region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace turnstone
