// Drawing on an `rgb` image: lines, rectangles and text in a built-in bitmap font. Everything is
// clipped; coordinates are pixels, origin top-left, and may lie outside.
#pragma once

#include <cstdint>
#include <string_view>

#include "media/image.h"

namespace turnstone {

struct Color {
  uint8_t red = 0, green = 0, blue = 0;
};

// Colours that stand apart on photographs.
inline constexpr Color black{0, 0, 0};
inline constexpr Color white{255, 255, 255};
inline constexpr Color gray{128, 128, 128};
inline constexpr Color red{220, 40, 40};
inline constexpr Color green{40, 180, 75};
inline constexpr Color orange{255, 165, 20};

// A colour that is easy to tell from those of other labels; the same number gives the same colour.
Color color_of_label(int label);

// The outline lies inside [left, right) x [top, bottom), `thickness` pixels wide.
void draw_rectangle(Image& image, int left, int top, int right, int bottom, Color color,
                    int thickness = 2);

// Fills [left, right) x [top, bottom). `opacity` 0..1 mixes with what is there.
void fill_rectangle(Image& image, int left, int top, int right, int bottom, Color color,
                    double opacity = 1);

// A filled disc.
void draw_dot(Image& image, int x, int y, int radius, Color color);

// Cells are 6 x 10 pixels times `scale`; characters outside printable ASCII show as a hollow box,
// one for each UTF-8 character. `x`, `y` is the top-left corner.
void draw_text(Image& image, int x, int y, std::string_view text, Color color, int scale = 1);
int text_width(std::string_view text, int scale = 1);
int text_height(int scale = 1);

}  // namespace turnstone
