// Reads any text as the answer of an object store. A finding is a crash, a hang, or a text that is
// not printable.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "wire/aws_refusal.h"
#include "wire/xml_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view xml(reinterpret_cast<const char*>(bytes), size);
  const auto refusal = parse_aws_refusal(xml);
  for (const auto& text : {refusal.code, refusal.message}) {
    CHECK(is_utf8(text));
    CHECK(text.find('\n') == text.npos);
  }
  const auto id = find_xml_text(xml, "InitiateMultipartUploadResult/UploadId");
  CHECK(!id || id->size() <= size);
  return 0;
}
