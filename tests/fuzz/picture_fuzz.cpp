// Reads any bytes as a JPEG or PNG picture, and as the EXIF data of one. A finding is a crash, a
// hang or a large memory.
#include <cstddef>
#include <cstdint>
#include <span>

#include "media/exif.h"
#include "media/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::span input(bytes, size);
  const auto orientation = exif_orientation(input);
  CHECK(orientation >= 1 && orientation <= 8);
  const auto frame = decode_picture(std::as_bytes(input));
  CHECK(frame ? frame->width > 0 && frame->height > 0 : !frame.error().text.empty());
  return 0;
}
