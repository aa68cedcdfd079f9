#include "media/exif.h"

#include <cstring>

namespace turnstone {
namespace {

// Numbers of a TIFF structure in either byte order; reads past the end give 0.
struct Tiff {
  std::span<const uint8_t> bytes;
  bool big = false;

  uint32_t number(size_t at, int size) const {
    if (at > bytes.size() || bytes.size() - at < static_cast<size_t>(size)) return 0;
    uint32_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | bytes[at + (big ? i : size - 1 - i)];
    return value;
  }
};

}  // namespace

int exif_orientation(std::span<const uint8_t> segment) {
  constexpr size_t head = 6;
  if (segment.size() < head + 8 || std::memcmp(segment.data(), "Exif\0\0", head) != 0) return 1;
  Tiff tiff{segment.subspan(head)};
  if (tiff.bytes[0] != tiff.bytes[1] || (tiff.bytes[0] != 'M' && tiff.bytes[0] != 'I')) return 1;
  tiff.big = tiff.bytes[0] == 'M';
  if (tiff.number(2, 2) != 42) return 1;
  const size_t directory = tiff.number(4, 4);
  const auto entries = tiff.number(directory, 2);
  constexpr uint32_t orientation_tag = 0x0112;
  constexpr uint32_t short_type = 3;
  for (uint32_t i = 0; i < entries; ++i) {
    const auto entry = directory + 2 + size_t{12} * i;
    if (entry >= tiff.bytes.size()) return 1;
    if (tiff.number(entry, 2) != orientation_tag || tiff.number(entry + 2, 2) != short_type)
      continue;
    const auto value = tiff.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Result<Image> upright(const Image& image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool swapped = orientation >= 5;
  const auto width = swapped ? image.height() : image.width();
  const auto height = swapped ? image.width() : image.height();
  const auto bytes = row_bytes(image.format(), 0, 1);
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  auto turned = TRY(make_image(image.format(), width, height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      auto column = swapped ? y : x;
      auto row = swapped ? x : y;
      if (from_right) column = image.width() - 1 - column;
      if (from_bottom) row = image.height() - 1 - row;
      std::memcpy(turned.row(y) + x * bytes, image.row(row) + column * bytes, bytes);
    }
  }
  return turned;
}

}  // namespace turnstone
