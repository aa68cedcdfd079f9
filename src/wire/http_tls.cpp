#include "wire/http_tls.h"

#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>

#include "wire/tls_files.h"

namespace turnstone {
namespace {

namespace ssl = boost::asio::ssl;

}  // namespace

Result<std::unique_ptr<ssl::context>> open_tls(const HttpIdentity& identity) {
  const auto& [certificate, key] = identity;
  TRY(check_tls_files({.certificate_file = certificate, .key_file = key}));
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  auto* raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  CHECK(SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
  boost::system::error_code error;
  // Without it OpenSSL would ask at the terminal.
  context->set_password_callback([](size_t, ssl::context::password_purpose) { return ""; }, error);
  context->use_certificate_chain_file(certificate, error);
  if (error)
    return fail(Code::invalid, "certificate_file {}: holds no certificate: {}", certificate,
                error.message());
  context->use_private_key_file(key, ssl::context::pem, error);
  if (error)
    return fail(Code::invalid, "key_file {}: holds no key without a password: {}", key,
                error.message());
  if (SSL_CTX_check_private_key(raw) != 1)
    return fail(Code::invalid, "key_file {}: is not the key of {}", key, certificate);
  return context;
}

bool is_plain_http(const boost::system::error_code& error) {
  return error.category() == boost::asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

}  // namespace turnstone
