#include "station/url.h"

#include "base/text.h"
#include "capture/stream.h"
#include "wire/authority.h"

namespace turnstone {
namespace {

// `scheme` as such, and with an s behind it for TLS.
Result<> check_url(const std::string& url, const std::string& scheme) {
  const auto colon = url.find("://");
  const auto given = lower(url.substr(0, colon));
  const auto host = colon == url.npos ? "" : url.substr(colon + 3);
  const bool has_host = !host.empty() && std::string_view("/?#:").find(host[0]) == host.npos;
  if ((given == scheme || given == scheme + "s") && has_host && has_legal_port(host)) return {};
  const bool may_have_password = url.find('@') != url.npos;
  return fail(Code::invalid,
              "'{}' is wrong, legal is {}:// or {}s:// with a host, and a port of 1 to 65535",
              may_have_password ? print_url(url) : printable(url), scheme, scheme);
}

}  // namespace

Result<> check_http_url(const std::string& url) { return check_url(url, "http"); }
Result<> check_rtsp_url(const std::string& url) { return check_url(url, "rtsp"); }

}  // namespace turnstone
