// The files that a client of TLS is given.
#pragma once

#include <string>

#include "base/result.h"

namespace turnstone {

// PEM files; "" is none.
struct TlsFiles {
  std::string ca_file = {};           // whom to trust; "": the system's authorities
  std::string certificate_file = {};  // ours, for a server that asks who we are
  std::string key_file = {};          // of the certificate
};

// Errors: missing (no such file), invalid (a certificate without key, a key without certificate).
Result<> check_tls_files(const TlsFiles& files);

}  // namespace turnstone
