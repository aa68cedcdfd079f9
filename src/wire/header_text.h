// Text of any language in a header, as mail writes it (RFC 2047).
#pragma once

#include <string>
#include <string_view>

namespace turnstone {

// `text` as it is when it is printable ASCII that could not be taken for an encoded word, else as
// words =?UTF-8?B?...?= of at most 75 characters. `text` must be UTF-8.
std::string encode_header_text(std::string_view text);

// What such words say; anything else stays as it is.
std::string decode_header_text(std::string_view text);

}  // namespace turnstone
