#include "wire/aws_credentials.h"

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "base/text.h"

namespace turnstone {
namespace {

constexpr size_t most_file_bytes = 1 << 20;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The field that `key` names, or nullptr.
std::string* find_field(AwsCredentials& credentials, std::string_view key) {
  if (key == "aws_access_key_id") return &credentials.access_key_id;
  if (key == "aws_secret_access_key") return &credentials.secret_access_key;
  if (key == "aws_session_token") return &credentials.session_token;
  return nullptr;
}

}  // namespace

Result<> check_aws_credentials(const AwsCredentials& credentials) {
  const auto is_plain = [](const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  };
  if (credentials.access_key_id.empty()) return fail(Code::missing, "aws_access_key_id is missing");
  if (credentials.secret_access_key.empty())
    return fail(Code::missing, "aws_secret_access_key is missing");
  if (!is_plain(credentials.access_key_id) || !is_plain(credentials.secret_access_key) ||
      !is_plain(credentials.session_token))
    return fail(Code::invalid, "a value is wrong, legal are printable ASCII characters but blanks");
  return {};
}

Result<AwsCredentials> parse_aws_credentials(std::string_view text, std::string_view profile,
                                             std::string_view file) {
  AwsCredentials credentials;
  bool is_wanted = false;
  bool is_found = false;
  int number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      if (line.back() != ']')
        return fail(Code::invalid, "{}:{}: a profile has no ']'", file, number);
      is_wanted = trim(line.substr(1, line.size() - 2)) == profile;
      is_found = is_found || is_wanted;
      continue;
    }
    const auto equals = line.find('=');
    if (equals == line.npos) {
      if (raw.front() == ' ' || raw.front() == '\t')
        continue;  // nested settings of another service
      return fail(Code::invalid, "{}:{}: no '=', legal are [PROFILE] and KEY = VALUE", file,
                  number);
    }
    auto* field =
        is_wanted ? find_field(credentials, lower(trim(line.substr(0, equals)))) : nullptr;
    if (field) *field = trim(line.substr(equals + 1));
  }
  if (!is_found) return fail(Code::missing, "{}: no profile [{}]", file, printable(profile));
  TRY(check_aws_credentials(credentials),
      fmt::format("{}: profile [{}]", file, printable(profile)));
  return credentials;
}

Result<AwsCredentials> read_aws_credentials(const std::filesystem::path& path,
                                            std::string_view profile) {
  return parse_aws_credentials(TRY(read_text(path, most_file_bytes)), profile, path.string());
}

Result<AwsCredentials> find_aws_credentials() {
  AwsCredentials credentials{.access_key_id = variable("AWS_ACCESS_KEY_ID"),
                             .secret_access_key = variable("AWS_SECRET_ACCESS_KEY"),
                             .session_token = variable("AWS_SESSION_TOKEN")};
  if (!credentials.access_key_id.empty() || !credentials.secret_access_key.empty()) {
    TRY(check_aws_credentials(credentials), "environment");
    return credentials;
  }
  auto path = variable("AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty() && !variable("HOME").empty()) path = variable("HOME") + "/.aws/credentials";
  if (path.empty())
    return fail(Code::missing, "no credentials: AWS_ACCESS_KEY_ID and HOME are not set");
  const auto profile = variable("AWS_PROFILE");
  return read_aws_credentials(path, profile.empty() ? "default" : profile);
}

}  // namespace turnstone
