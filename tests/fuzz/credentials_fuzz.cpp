// Reads any text as a shared credentials file. A finding is a crash, a credential that could not
// stand in a header, or one that a message tells.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "wire/aws_credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const auto* profile : {"default", "line3"}) {
    const auto parsed = parse_aws_credentials(text, profile, "credentials");
    if (parsed)
      CHECK(check_aws_credentials(*parsed));
    else
      CHECK(parsed.error().text.size() < 200 && is_utf8(parsed.error().text));
  }
  return 0;
}
