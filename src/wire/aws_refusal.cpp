#include "wire/aws_refusal.h"

#include <algorithm>

#include "base/text.h"
#include "wire/xml_text.h"

namespace turnstone {

AwsRefusal parse_aws_refusal(std::string_view xml) {
  constexpr size_t most_bytes = 200;
  const auto text = [&](const std::string& name) {
    auto found = find_xml_text(xml, "Error/" + name);
    if (!found) found = find_xml_text(xml, "ErrorResponse/Error/" + name);
    return printable(found.value_or(""), most_bytes);
  };
  return {.code = text("Code"), .message = text("Message")};
}

Code aws_code_of(int status, std::string_view code) {
  constexpr std::string_view mendable[] = {"AuthorizationHeaderMalformed",
                                           "ExpiredToken",
                                           "InvalidToken",
                                           "RequestExpired",
                                           "RequestTimeout",
                                           "Throttling",
                                           "ThrottlingException",
                                           "TokenRefreshRequired"};
  if (std::ranges::find(mendable, code) != std::end(mendable)) return Code::unavailable;
  if (status == 404) return Code::missing;
  if (status < 400 || status == 401 || status == 403 || status == 409) return Code::unavailable;
  return http_code_of(status);
}

Error aws_error_of(const HttpClientRequest& request, int status, const AwsRefusal& refusal) {
  auto text = fmt::format("{}: status {}", print_request(request), status);
  if (!refusal.code.empty()) text += ", " + refusal.code;
  if (!refusal.message.empty()) text += ": " + refusal.message;
  return {aws_code_of(status, refusal.code), text};
}

}  // namespace turnstone
