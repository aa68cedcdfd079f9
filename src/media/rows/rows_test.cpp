#include "media/rows/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <vector>

#include "base/guarded.h"
#include "media/convert.h"
#include "media/pixels.h"

namespace turnstone {
namespace {

constexpr PixelFormat formats[] = {PixelFormat::rgb,  PixelFormat::bgr,  PixelFormat::rgbx,
                                   PixelFormat::bgrx, PixelFormat::gray, PixelFormat::i420,
                                   PixelFormat::nv12};

constexpr YuvSpace spaces[] = {
    {YuvMatrix::bt601, true},  {YuvMatrix::bt601, false},  {YuvMatrix::bt709, true},
    {YuvMatrix::bt709, false}, {YuvMatrix::bt2020, false},
};

class EveryRows : public testing::TestWithParam<const RowFunctions*> {};

// One row of noise, and of chroma, between pages that cannot be read.
struct GuardedRow {
  GuardedRow(PixelFormat format, int width, std::mt19937& random) {
    frame.format = format;
    frame.width = width;
    frame.height = 1;
    for (int plane = 0; plane < plane_count(format); ++plane) {
      planes[plane] =
          std::make_unique<Guarded<uint8_t>>(static_cast<size_t>(row_bytes(format, plane, width)));
      planes[plane]->fill(random, 0, 255);
      frame.planes[plane].data = planes[plane]->data();
    }
  }
  std::array<std::unique_ptr<Guarded<uint8_t>>, 3> planes;
  Frame frame;
};

TEST_P(EveryRows, RowsOfEveryFormatAndWidthBecomeTheTriplesOfTheDefinition) {
  std::mt19937 random(5);
  for (const auto format : formats)
    for (int width = 1; width < 140; ++width) {
      GuardedRow row(format, width, random);
      row.frame.yuv = spaces[width % std::size(spaces)];
      Guarded<uint8_t> triples(size_t{3} * static_cast<size_t>(width));
      rgb_row(*GetParam(), row.frame, 0, triples.data());
      ASSERT_TRUE(triples.is_intact());
      with_row(row.frame, 0, [&](const auto& pixels) {
        for (int x = 0; x < width; ++x) {
          const auto pixel = pixels.at(x);
          ASSERT_EQ(triples[3 * x], pixel.red) << print(format) << " " << width << " at " << x;
          ASSERT_EQ(triples[3 * x + 1], pixel.green) << print(format) << " " << width;
          ASSERT_EQ(triples[3 * x + 2], pixel.blue) << print(format) << " " << width;
        }
      });
      if (HasFatalFailure()) return;
    }
}

TEST_P(EveryRows, EveryColourOfYuvIsThatOfTheDefinition) {
  Guarded<uint8_t> luma(256), u(128), v(128), triples(768);
  for (int i = 0; i < 256; ++i) luma[i] = static_cast<uint8_t>(i);
  for (int red = 0; red < 256; ++red)
    for (int first = 0; first < 256; first += 128) {
      const auto weights = weights_of(spaces[red % std::size(spaces)]);
      for (int i = 0; i < 128; ++i) {
        u[i] = static_cast<uint8_t>(first + i);
        v[i] = static_cast<uint8_t>(red);
      }
      GetParam()->rgb_of_i420(weights, luma.data(), u.data(), v.data(), 256, triples.data());
      for (int i = 0; i < 256; ++i) {
        const auto pixel = rgb_of_yuv(weights, luma[i], u[i / 2], v[i / 2]);
        ASSERT_EQ(triples[3 * i], pixel.red) << i << " " << red;
        ASSERT_EQ(triples[3 * i + 1], pixel.green) << i << " " << red;
        ASSERT_EQ(triples[3 * i + 2], pixel.blue) << i << " " << red;
      }
    }
}

TEST_P(EveryRows, MixedRowsBecomeElementsAndNothingElse) {
  std::mt19937 random(8);
  const std::array<SampleMap, 3> maps = {SampleMap{0.01F, -3}, {1 / 128.0F, 0}, {-0.02F, 90}};
  for (int count = 1; count < 70; ++count) {
    const auto blocks = static_cast<size_t>((count + row_block - 1) / row_block);
    const auto padded = blocks * size_t{row_block};
    Guarded<int16_t> upper(3 * padded), lower(3 * padded);
    upper.fill(random, 0, 32640);
    lower.fill(random, 0, 32640);
    RowPair rows{.share = static_cast<int16_t>(random() % 32768)};
    for (size_t channel = 0; channel < 3; ++channel) {
      rows.upper[channel] = upper.data() + channel * padded;
      rows.lower[channel] = lower.data() + channel * padded;
    }
    Guarded<float> triples(size_t{3} * static_cast<size_t>(count));
    Guarded<int8_t> whole(size_t{3} * static_cast<size_t>(count)),
        plane(static_cast<size_t>(count));
    GetParam()->f32.triples(rows, maps.data(), count, triples.data());
    GetParam()->i8.triples(rows, maps.data(), count, whole.data());
    GetParam()->i8.plane(rows, maps.data(), count, plane.data());
    ASSERT_TRUE(triples.is_intact() && whole.is_intact() && plane.is_intact());
    for (int i = 0; i < 3 * count; ++i) {
      const int above = rows.upper[i % 3][i / 3];
      const int below = rows.lower[i % 3][i / 3];
      const int sample = above + (((below - above) * rows.share + (1 << 14)) >> 15);
      const auto value = static_cast<float>(sample) * maps[i % 3].factor + maps[i % 3].shift;
      ASSERT_NEAR(triples[i], value, 1e-4) << count << " at " << i;
      ASSERT_NEAR(whole[i], std::clamp(triples[i], -128.0F, 127.0F), 0.5001) << count;
    }
    for (int i = 0; i < count; ++i) ASSERT_EQ(plane[i], whole[3 * i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, EveryRows, testing::ValuesIn(row_functions()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(Rows, TheBestComesFirstAndThePlainLast) {
  EXPECT_STREQ(row_functions().back()->name, "plain");
#if defined(__x86_64__)
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  EXPECT_EQ(row_functions().size() > 2, has_avx2);
#endif
}

}  // namespace
}  // namespace turnstone
