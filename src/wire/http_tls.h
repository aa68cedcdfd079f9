// TLS for the HTTP server: what it shows of itself and which versions it speaks.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "wire/http.h"

namespace turnstone {

// TLS 1.2 with forward secrecy, and 1.3. Errors: missing (no such file), invalid (it holds no
// certificate or no key, the key wants a password, the two do not belong together).
Result<std::unique_ptr<boost::asio::ssl::context>> open_tls(const HttpIdentity& identity);

// Whether a handshake has failed because the client speaks HTTP without TLS.
bool is_plain_http(const boost::system::error_code& error);

}  // namespace turnstone
