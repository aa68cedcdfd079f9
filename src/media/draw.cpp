#include "media/draw.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "media/font.h"

namespace turnstone {
namespace {

// Beyond any picture, so that sums of two coordinates cannot overflow.
int tame(int value) { return std::clamp(value, -(1 << 20), 1 << 20); }

void put(uint8_t* pixel, Color color) {
  pixel[0] = color.red;
  pixel[1] = color.green;
  pixel[2] = color.blue;
}

uint8_t mixed(int under, int over, int share) {
  return static_cast<uint8_t>((under * (256 - share) + over * share + 128) >> 8);
}

bool is_follower(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

}  // namespace

Color color_of_label(int label) {
  constexpr Color wheel[] = {{255, 165, 20}, {0, 160, 230},  {60, 180, 75},  {230, 60, 60},
                             {170, 90, 220}, {240, 220, 50}, {20, 190, 190}, {240, 110, 180},
                             {150, 110, 60}, {160, 210, 60}};
  constexpr int colors = std::size(wheel);
  return wheel[((label % colors) + colors) % colors];
}

void fill_rectangle(Image& image, int left, int top, int right, int bottom, Color color,
                    double opacity) {
  CHECK(image.format() == PixelFormat::rgb);
  left = std::max(left, 0);
  top = std::max(top, 0);
  right = std::min(right, image.width());
  bottom = std::min(bottom, image.height());
  const int share = static_cast<int>(std::lround(256 * std::clamp(opacity, 0.0, 1.0)));
  for (int y = top; y < bottom; ++y) {
    auto* pixel = image.row(y) + 3 * left;
    for (int x = left; x < right; ++x, pixel += 3)
      put(pixel, {mixed(pixel[0], color.red, share), mixed(pixel[1], color.green, share),
                  mixed(pixel[2], color.blue, share)});
  }
}

void draw_rectangle(Image& image, int left, int top, int right, int bottom, Color color,
                    int thickness) {
  left = tame(left);
  top = tame(top);
  right = tame(right);
  bottom = tame(bottom);
  const int across = std::min(thickness, std::max(right - left, 0));
  const int down = std::min(thickness, std::max(bottom - top, 0));
  fill_rectangle(image, left, top, right, top + down, color);
  fill_rectangle(image, left, bottom - down, right, bottom, color);
  fill_rectangle(image, left, top, left + across, bottom, color);
  fill_rectangle(image, right - across, top, right, bottom, color);
}

void draw_dot(Image& image, int x, int y, int radius, Color color) {
  x = tame(x);
  y = tame(y);
  for (int dy = -radius; dy <= radius; ++dy) {
    const auto half = static_cast<int>(std::sqrt(double(radius) * radius - double(dy) * dy));
    fill_rectangle(image, x - half, y + dy, x + half + 1, y + dy + 1, color);
  }
}

void draw_text(Image& image, int x, int y, std::string_view text, Color color, int scale) {
  x = tame(x);
  y = tame(y);
  for (const char byte : text) {
    if (is_follower(byte)) continue;
    if (x >= image.width()) return;
    const auto letter = static_cast<unsigned char>(byte);
    for (int row = 0; row < glyph_rows; ++row)
      for (int column = 0; column < glyph_columns; ++column)
        if (glyph_pixel(letter, column, row))
          fill_rectangle(image, x + column * scale, y + row * scale, x + (column + 1) * scale,
                         y + (row + 1) * scale, color);
    x += cell_width * scale;
  }
}

int text_width(std::string_view text, int scale) {
  const auto letters =
      std::count_if(text.begin(), text.end(), [](char b) { return !is_follower(b); });
  return static_cast<int>(letters) * cell_width * scale;
}

int text_height(int scale) { return cell_height * scale; }

}  // namespace turnstone
