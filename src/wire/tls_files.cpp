#include "wire/tls_files.h"

#include <filesystem>

namespace turnstone {
namespace {

Result<> check_file(const char* what, const std::string& path) {
  std::error_code ignored;
  if (path.empty() || std::filesystem::is_regular_file(path, ignored)) return {};
  return fail(Code::missing, "{} {}: no such file", what, path);
}

}  // namespace

Result<> check_tls_files(const TlsFiles& files) {
  TRY(check_file("ca_file", files.ca_file));
  TRY(check_file("certificate_file", files.certificate_file));
  TRY(check_file("key_file", files.key_file));
  if (files.certificate_file.empty() != files.key_file.empty())
    return fail(Code::invalid, "certificate_file and key_file belong together, one is missing");
  return {};
}

}  // namespace turnstone
