// Reads any text as that of a header, and any UTF-8 as a text for one. A finding is a crash, or a
// text that does not come back as it went.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "wire/header_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  decode_header_text(text);
  if (!is_utf8(text)) return 0;
  const auto encoded = encode_header_text(text);
  CHECK(std::ranges::all_of(encoded, [](char c) { return c >= ' ' && c < 0x7f; }));
  CHECK(decode_header_text(encoded) == text);
  return 0;
}
