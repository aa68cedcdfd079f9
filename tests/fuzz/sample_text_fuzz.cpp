// Reads any text as a line of CSV and as the payload of a sensor. A finding is a crash, a number
// that is none, more of them than a window has channels, or a message of more than a line.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "media/samples.h"
#include "station/sample_text.h"

namespace turnstone {
namespace {

void check_message(const Error& error) {
  CHECK(error.text.size() < 1000 && is_utf8(error.text) &&
        error.text.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace turnstone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const char separator : {',', ';', ' '}) {
    const auto cells = parse_csv_line(text, separator);
    if (cells)
      CHECK(!cells->empty() && cells->size() <= size + 1);
    else
      check_message(cells.error());
  }
  const std::string keys[] = {"t", "/a/0", "/a~1b/c"};
  for (const size_t count : {0, 1, 3}) {
    const auto numbers = parse_samples(text, std::span(keys).first(count));
    if (!numbers) {
      check_message(numbers.error());
      continue;
    }
    CHECK(!numbers->empty() && numbers->size() <= static_cast<size_t>(most_channels));
    for (const auto number : *numbers) CHECK(std::isfinite(number));
  }
  return 0;
}
