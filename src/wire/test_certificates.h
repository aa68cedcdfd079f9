// For tests: an authority with a server's and a client's certificate, made by openssl.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/test_process.h"
#include "wire/tls_files.h"

namespace turnstone::testing_tools {

// PEM files for a server at 127.0.0.1 or localhost and for a client, gone with the object.
class Certificates {
 public:
  Certificates() : folder_(*TemporaryFolder::make("turnstone-certificates")) {
    make("ca", {"-addext", "keyUsage=keyCertSign"});
    const std::vector<std::string> by_ca = {"-CA", ca_file(), "-CAkey", file("ca.key")};
    make("client", by_ca);
    auto server = by_ca;
    server.insert(server.end(), {"-addext", "subjectAltName=IP:127.0.0.1"});
    make("server", server);
  }

  std::string ca_file() const { return file("ca.pem"); }
  // "client" or "server", with the ending "pem" or "key".
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  // What a client is given.
  TlsFiles client_files() const { return {ca_file(), file("client.pem"), file("client.key")}; }

 private:
  void make(const std::string& name, const std::vector<std::string>& extra) {
    std::vector<std::string> command = {"openssl", "req", "-x509", "-newkey", "ec"};
    for (const auto* word : {"-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"})
      command.emplace_back(word);
    for (const auto& word : {std::string("-subj"), "/CN=" + name, std::string("-keyout"),
                             file(name + ".key"), std::string("-out"), file(name + ".pem")})
      command.push_back(word);
    command.insert(command.end(), extra.begin(), extra.end());
    CHECK(run_program(command) == 0);
  }

  TemporaryFolder folder_;
};

}  // namespace turnstone::testing_tools
