// Urls as the configuration writes them.
#pragma once

#include <string>

#include "base/result.h"

namespace turnstone {

// Whether `url` is http:// or https://, or rtsp:// or rtsps://, with a host. Errors: invalid, with
// a text that holds no password.
Result<> check_http_url(const std::string& url);
Result<> check_rtsp_url(const std::string& url);

}  // namespace turnstone
