// For tests: versitygw, an S3 server that checks signatures, on a free port with a folder of its
// own. tools/setup builds it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/test_process.h"
#include "wire/s3.h"
#include "wire/test_certificates.h"

namespace turnstone::testing_tools {

class S3Server {
 public:
  enum class Security { plain, tls };

  // The program, or "" where tools/setup has not been run.
  static std::string program() {
    constexpr const char* built = "build/tools/versitygw";
    if (std::filesystem::exists(built)) return built;
    return has_program("versitygw") ? "versitygw" : "";
  }

  explicit S3Server(Security security = Security::plain)
      : folder_(*TemporaryFolder::make("turnstone-s3")) {
    if (security == Security::tls) certificates_.emplace();
    CHECK(make_folder(folder_.path() / bucket).has_value());
    // The port may be taken between finding and using it.
    for (int attempt = 0; attempt < 5 && !(server_ && server_->running()); ++attempt) {
      port_ = free_port();
      start();
    }
  }

  void kill() { server_.reset(); }
  // Starts it, or starts it again on the same port.
  void start() {
    std::vector<std::string> command = {program(), "--quiet", "--keep-alive"};
    if (certificates_)
      command.insert(command.end(), {"--cert", certificates_->file("server.pem"), "--key",
                                     certificates_->file("server.key")});
    command.insert(command.end(), {"--port", fmt::format("127.0.0.1:{}", port_), "--access",
                                   "turnstone", "--secret", "secret-of-the-test"});
    command.insert(command.end(), {"--virtual-domain", "localhost"});
    command.insert(command.end(), {"posix", folder_.path().string()});
    server_ = std::make_unique<Process>(command, "/dev/null", "/dev/null");
    eventually([this] { return accepts_connections(port_) || !server_->running(); });
  }

  // What a client of the bucket is given.
  S3Options options() const {
    S3Options options{
        .endpoint = fmt::format("{}://127.0.0.1:{}", certificates_ ? "https" : "http", port_),
        .bucket = bucket,
        .credentials = {.access_key_id = "turnstone", .secret_access_key = "secret-of-the-test"}};
    if (certificates_) options.tls.ca_file = certificates_->ca_file();
    return options;
  }
  // The same key as a credentials file holds it.
  std::string credentials_text() const {
    const auto key = options().credentials;
    return fmt::format("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                       key.access_key_id, key.secret_access_key);
  }
  int port() const { return port_; }

  // Regular files that hold the bucket's objects and parts of objects.
  size_t files() const {
    size_t count = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path(), ignored))
      count += entry.is_regular_file(ignored) ? 1 : 0;
    return count;
  }

 private:
  static constexpr const char* bucket = "pictures";
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  int port_ = 0;
  std::unique_ptr<Process> server_;
};

}  // namespace turnstone::testing_tools
