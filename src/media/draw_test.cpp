#include "media/draw.h"

#include <gtest/gtest.h>

#include <climits>
#include <set>

#include "media/font.h"

namespace turnstone {
namespace {

int inked(const Image& image, Color color) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const auto* pixel = image.row(y) + 3 * x;
      count += pixel[0] == color.red && pixel[1] == color.green && pixel[2] == color.blue;
    }
  return count;
}

Image canvas(int width, int height) { return *make_image(PixelFormat::rgb, width, height); }

TEST(Draw, AFilledRectangleCoversItsHalfOpenArea) {
  auto image = canvas(10, 10);
  fill_rectangle(image, 2, 3, 5, 7, red);
  EXPECT_EQ(inked(image, red), 12);
}

TEST(Draw, AnOutlineLiesInside) {
  auto image = canvas(10, 10);
  draw_rectangle(image, 1, 1, 9, 9, white, 2);
  EXPECT_EQ(inked(image, white), 64 - 16);
}

TEST(Draw, EverythingOutsideIsCut) {
  auto image = canvas(6, 6);
  fill_rectangle(image, INT_MIN, INT_MIN, INT_MAX, INT_MAX, green);
  EXPECT_EQ(inked(image, green), 36);
  draw_rectangle(image, INT_MIN, INT_MIN, INT_MAX, INT_MAX, red, 3);
  draw_rectangle(image, 5, 5, 2, 2, red, 3);
  draw_dot(image, INT_MAX, INT_MIN, 4, red);
  draw_text(image, INT_MAX, INT_MAX, "away", red);
  draw_text(image, -1000, -1000, "away", red, 3);
  EXPECT_EQ(inked(image, green), 36);
}

TEST(Draw, OpacityMixes) {
  auto image = canvas(1, 1);
  fill_rectangle(image, 0, 0, 1, 1, white, 0.5);
  EXPECT_NEAR(image.row(0)[0], 128, 1);
}

TEST(Draw, TextIsAsWideAsItSays) {
  auto image = canvas(200, 40);
  draw_text(image, 0, 0, "Pass 0.93", white, 2);
  EXPECT_EQ(text_width("Pass 0.93", 2), 9 * 6 * 2);
  EXPECT_GT(inked(image, white), 100);
  for (int y = 0; y < 40; ++y)
    for (int x = text_width("Pass 0.93", 2); x < 200; ++x) ASSERT_EQ(image.row(y)[3 * x], 0);
}

TEST(Draw, ACharacterOfSeveralBytesIsOneBox) {
  EXPECT_EQ(text_width("\xc3\xa4"), 6);
  auto image = canvas(12, 10);
  draw_text(image, 0, 0, "\xc3\xa4", white);
  EXPECT_EQ(inked(image, white), 20);
}

TEST(Font, EveryPrintableLetterIsDifferentAndInked) {
  std::set<std::string> shapes;
  for (int letter = 32; letter < 127; ++letter) {
    std::string shape;
    for (int row = 0; row < glyph_rows; ++row)
      for (int column = 0; column < glyph_columns; ++column)
        shape += glyph_pixel(static_cast<unsigned char>(letter), column, row) ? '#' : ' ';
    EXPECT_TRUE(shapes.insert(shape).second) << static_cast<char>(letter);
    EXPECT_EQ(letter == ' ', shape.find('#') == std::string::npos);
  }
}

}  // namespace
}  // namespace turnstone
