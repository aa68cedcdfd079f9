// Reads any text as the target of a request, its headers and its form. A finding is a crash, or a
// path that climbs out of the page.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "wire/http_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  is_loopback_host(text);
  is_loopback_address(text);
  CHECK(bearer_of(text).size() <= size && cookie_of(text, "a").size() <= size);
  const auto value = find_form_value(text, "a");
  CHECK(!value || value->size() <= size);
  const auto target = parse_target(text);
  if (!target) return 0;
  CHECK(target->path.starts_with('/'));
  CHECK(target->path.find("/../") == std::string::npos && !target->path.ends_with("/.."));
  CHECK(target->path.find('\0') == std::string::npos);
  return 0;
}
