#include "wire/aws_signature.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "wire/digest.h"

namespace turnstone {
namespace {

struct UrlParts {
  std::string host;
  std::string path;
  std::string query;
};

UrlParts parts_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  const auto query = std::min(url.find('?'), url.size());
  const auto path = std::min(url.find('/'), query);
  UrlParts parts{.host = std::string(url.substr(0, path)),
                 .path = std::string(url.substr(path, query - path)),
                 .query = std::string(url.substr(std::min(query + 1, url.size())))};
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

std::string sorted_query(const std::string& query) {
  auto parameters = split(query, '&');
  // By name first: "a=" comes before "a-b=", though "-" comes before "=".
  std::ranges::sort(parameters, {}, [](const std::string& text) {
    const auto equals = text.find('=');
    return std::pair(text.substr(0, equals), text);
  });
  return join(parameters, "&");
}

// With every run of blanks as one, and none at the ends.
std::string folded(std::string_view value) {
  std::string text;
  for (const char c : trim(value))
    if (c != ' ' || text.back() != ' ') text += c;
  return text;
}

std::string signing_key(const AwsScope& scope, const AwsCredentials& credentials,
                        const std::string& day) {
  const auto of_day = hmac_sha256("AWS4" + credentials.secret_access_key, day);
  const auto of_region = hmac_sha256(of_day, scope.region);
  return hmac_sha256(hmac_sha256(of_region, scope.service), "aws4_request");
}

}  // namespace

void sign_aws_request(HttpClientRequest& request, const AwsScope& scope,
                      const AwsCredentials& credentials,
                      std::chrono::system_clock::time_point time) {
  const auto moment =
      fmt::format("{:%Y%m%dT%H%M%SZ}", std::chrono::floor<std::chrono::seconds>(time));
  const auto day = moment.substr(0, 8);
  const auto url = parts_of(request.url);
  const auto content = sha256_hex(request.body);
  request.headers.push_back({"Host", url.host});
  request.headers.push_back({"x-amz-date", moment});
  request.headers.push_back({"x-amz-content-sha256", content});
  if (!credentials.session_token.empty())
    request.headers.push_back({"x-amz-security-token", credentials.session_token});

  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) headers[lower(name)] = folded(value);
  std::vector<std::string> names;
  std::string lines;
  for (const auto& [name, value] : headers) {
    names.push_back(name);
    lines += fmt::format("{}:{}\n", name, value);
  }
  const auto signed_names = join(names, ";");
  const auto canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, url.path,
                                     sorted_query(url.query), lines, signed_names, content);
  const auto range = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const auto to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", moment, range, sha256_hex(canonical));
  const auto signature = print_hex(hmac_sha256(signing_key(scope, credentials, day), to_sign));
  request.headers.push_back(
      {"Authorization",
       fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                   credentials.access_key_id, range, signed_names, signature)});
}

}  // namespace turnstone
