#include "media/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <jpeglib.h>
#include <spng.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "media/convert.h"
#include "media/exif.h"
#include "media/image.h"

namespace turnstone {
namespace {

std::filesystem::path data_folder() {
  const char* given = std::getenv("TURNSTONE_DATA");
  return given ? std::filesystem::path(given)
               : std::filesystem::path(TURNSTONE_SOURCE_DIR) / "../shared/data";
}

// Smooth, so that a lossy codec keeps it, and different in every channel and direction.
Image gradient(PixelFormat format, int width, int height) {
  auto image = *make_image(format, width, height);
  const auto samples = static_cast<int>(row_bytes(format, 0, 1));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int i = 0; i < samples; ++i)
        image.row(y)[samples * x + i] = static_cast<uint8_t>((3 * x + 2 * y + 60 * i) % 200 + 20);
  return image;
}

Bytes part(const Bytes& bytes, size_t size) { return Bytes(bytes.begin(), bytes.begin() + size); }

int largest_difference(const Frame& a, const Frame& b) {
  const auto left = *to_rgb(a);
  const auto right = *to_rgb(b);
  int largest = 0;
  for (int y = 0; y < a.height; ++y)
    for (int i = 0; i < 3 * a.width; ++i)
      largest = std::max(largest, std::abs(left.row(y)[i] - right.row(y)[i]));
  return largest;
}

// A PNG of the given kind from raw samples, made by the library itself.
Bytes png_of(int width, int height, int color_type, int depth, const std::vector<uint8_t>& raw,
             const spng_plte* palette = nullptr, const spng_trns* transparency = nullptr,
             int interlace = SPNG_INTERLACE_NONE) {
  auto* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header = {};
  header.width = width;
  header.height = height;
  header.bit_depth = depth;
  header.color_type = color_type;
  header.interlace_method = interlace;
  EXPECT_EQ(spng_set_ihdr(context, &header), 0);
  auto colors = palette ? *palette : spng_plte{};
  if (palette) {
    EXPECT_EQ(spng_set_plte(context, &colors), 0);
  }
  auto transparent = transparency ? *transparency : spng_trns{};
  if (transparency) {
    EXPECT_EQ(spng_set_trns(context, &transparent), 0);
  }
  EXPECT_EQ(spng_encode_image(context, raw.data(), raw.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE),
            0);
  size_t size = 0;
  int status = 0;
  auto* made = spng_get_png_buffer(context, &size, &status);
  Bytes bytes(static_cast<std::byte*>(made), static_cast<std::byte*>(made) + size);
  std::free(made);
  spng_ctx_free(context);
  return bytes;
}

// A PNG of one colour that compresses to next to nothing, with a colour that is transparent.
Bytes flat_png(int width, int height) {
  const std::vector<uint8_t> raw(size_t{1} * width * height / 8);
  spng_trns transparency = {};
  transparency.gray = 1;
  return png_of(width, height, SPNG_COLOR_TYPE_GRAYSCALE, 1, raw, nullptr, &transparency);
}

// Lets the process take so much more memory while it lives.
class Memory {
 public:
  explicit Memory(size_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    const auto pages = std::stoull(*read_text("/proc/self/statm"));
    const rlimit less = {pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + bytes,
                         before_.rlim_max};
    setrlimit(RLIMIT_AS, &less);
  }
  Memory(const Memory&) = delete;
  ~Memory() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_ = {};
};

// A progressive JPEG in full colour that says it has this size, and is as long as it has to be.
Bytes progressive_jpeg(int width, int height) {
  jpeg_compress_struct encoder = {};
  jpeg_error_mgr reporter = {};
  encoder.err = jpeg_std_error(&reporter);
  jpeg_create_compress(&encoder);
  unsigned char* made = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &made, &size);
  encoder.image_width = encoder.image_height = 1;
  encoder.input_components = 3;
  encoder.in_color_space = JCS_RGB;
  jpeg_set_defaults(&encoder);
  encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 1;
  jpeg_simple_progression(&encoder);
  jpeg_start_compress(&encoder, TRUE);
  JSAMPLE pixel[3] = {1, 2, 3};
  JSAMPROW row = pixel;
  jpeg_write_scanlines(&encoder, &row, 1);
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  const std::string header = "\xff\xc2";
  auto* sizes = std::search(made, made + size, header.begin(), header.end(),
                            [](unsigned char a, char b) { return a == static_cast<uint8_t>(b); });
  for (const auto& [offset, side] : {std::pair{5, height}, {7, width}}) {
    sizes[offset] = static_cast<uint8_t>(side >> 8);
    sizes[offset + 1] = static_cast<uint8_t>(side);
  }
  Bytes bytes(reinterpret_cast<std::byte*>(made), reinterpret_cast<std::byte*>(made) + size);
  std::free(made);
  bytes.resize(size_t{1} * width * height / 1024);
  return bytes;
}

std::vector<int> pixel(const Frame& frame, int x, int y) {
  const int samples = static_cast<int>(row_bytes(frame.format, 0, 1));
  const auto* at = frame.planes[0].data + y * frame.planes[0].stride + x * samples;
  return {at, at + samples};
}

TEST(Picture, PngOfAnyFormatComesBackUnchanged) {
  for (const auto format :
       {PixelFormat::rgb, PixelFormat::bgr, PixelFormat::rgbx, PixelFormat::bgrx, PixelFormat::gray,
        PixelFormat::i420, PixelFormat::nv12})
    for (const auto& [width, height] : {std::pair{1, 1}, {7, 5}, {64, 33}}) {
      const auto frame = gradient(format, width, height).frame();
      const auto back = decode_picture(*encode_png(frame));
      ASSERT_TRUE(back) << back.error().text;
      EXPECT_EQ(back->width, width);
      EXPECT_EQ(back->height, height);
      EXPECT_EQ(largest_difference(frame, *back), 0) << print(format) << " " << width;
    }
}

TEST(Picture, JpegComesBackNearlyUnchanged) {
  auto image = *make_image(PixelFormat::rgb, 67, 45);
  for (int y = 0; y < 45; ++y)
    for (int x = 0; x < 67; ++x)
      for (int i = 0; i < 3; ++i)
        image.row(y)[3 * x + i] = static_cast<uint8_t>(40 + x + y + 20 * i);
  const auto back = decode_picture(*encode_jpeg(image.frame(), 95));
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(back->width, 67);
  EXPECT_EQ(back->height, 45);
  EXPECT_LE(largest_difference(image.frame(), *back), 6);
}

TEST(Picture, GrayJpegStaysGray) {
  const auto back = decode_picture(*encode_jpeg(gradient(PixelFormat::gray, 16, 16).frame()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->format, PixelFormat::gray);
}

TEST(Picture, EveryTruncationOfAJpegIsAnErrorUntilOnlyTheEndMarkerLacks) {
  const auto bytes = *encode_jpeg(gradient(PixelFormat::rgb, 40, 30).frame(), 60);
  for (size_t size = 3; size + 4 < bytes.size(); ++size) {
    const auto frame = decode_picture(part(bytes, size));
    ASSERT_FALSE(frame) << size << " of " << bytes.size();
    EXPECT_EQ(frame.error().code, Code::invalid);
    EXPECT_TRUE(frame.error().text.starts_with("damaged JPEG: ")) << frame.error().text;
  }
}

TEST(Picture, EveryTruncationOfAPngIsAnError) {
  const auto bytes = *encode_png(gradient(PixelFormat::rgb, 20, 10).frame());
  // The last 4 bytes are the check sum of the empty end marker.
  for (size_t size = 8; size + 4 < bytes.size(); ++size) {
    const auto frame = decode_picture(part(bytes, size));
    ASSERT_FALSE(frame) << size << " of " << bytes.size();
    EXPECT_EQ(frame.error().code, Code::invalid);
    EXPECT_TRUE(frame.error().text.starts_with("damaged PNG: ")) << frame.error().text;
  }
}

TEST(Picture, FlippedBitsNeverCrash) {
  const auto jpeg = *encode_jpeg(gradient(PixelFormat::rgb, 24, 24).frame(), 80);
  const auto png = *encode_png(gradient(PixelFormat::rgb, 24, 24).frame());
  std::mt19937 random(7);
  for (const auto& original : {jpeg, png})
    for (int round = 0; round < 400; ++round) {
      auto bytes = original;
      for (int i = 0; i < 3; ++i)
        bytes[random() % bytes.size()] ^= static_cast<std::byte>(1 << random() % 8);
      const auto frame = decode_picture(bytes);
      EXPECT_TRUE(frame || !frame.error().text.empty());
    }
}

TEST(Picture, AHeaderThatClaimsMoreThanItsFileCanHoldIsRefusedUnread) {
  // Height and width stand 5 and 7 bytes behind the marker of the frame.
  auto jpeg = *encode_jpeg(gradient(PixelFormat::gray, 8, 8).frame());
  for (size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] != std::byte{0xff} || jpeg[i + 1] != std::byte{0xc0}) continue;
    for (size_t k : {5, 7}) {
      jpeg[i + k] = std::byte{0x1f};
      jpeg[i + k + 1] = std::byte{0xff};
    }
    break;
  }
  const auto frame = decode_picture(jpeg);
  ASSERT_FALSE(frame);
  EXPECT_THAT(frame.error().text, testing::HasSubstr("8191 x 8191 pixels cannot be in"));
}

TEST(Picture, SizesBeyondTheLimitsAreRefused) {
  EXPECT_EQ(check_picture_size(16385, 1).error().text,
            "picture of 16385 x 1 pixels is outside 1..16384 a side");
  EXPECT_EQ(check_picture_size(16384, 16384).error().text,
            "picture of 16384 x 16384 pixels is larger than 67108864 pixels");
  EXPECT_EQ(check_picture_size(0, 5).error().code, Code::invalid);
  EXPECT_TRUE(check_picture_size(16384, 4096));
  EXPECT_FALSE(check_picture_size(int64_t{1} << 40, int64_t{1} << 40));
  const auto wide = png_of(16385, 1, SPNG_COLOR_TYPE_GRAYSCALE, 8, std::vector<uint8_t>(16385));
  EXPECT_EQ(decode_picture(wide).error().text,
            "picture of 16385 x 1 pixels is outside 1..16384 a side");
}

TEST(Picture, APngTakesTheMemoryOfItsPixelsAndNoMore) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer ends the process that gets no memory";
#endif
  constexpr size_t pixels = size_t{4096} * 2048;
  const auto png = flat_png(4096, 2048);
  const auto frame = [&] {
    const Memory memory(4 * pixels);
    return decode_picture(png);
  }();
  ASSERT_TRUE(frame) << frame.error().text;
  EXPECT_EQ(pixel(*frame, 4095, 2047), (std::vector<int>{0, 0, 0}));
  const Memory memory(2 * pixels);
  const auto refused = decode_picture(png);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().text, "no memory for a picture of 4096 x 2048 pixels");
}

TEST(Picture, AProgressiveJpegThatNeedsTooMuchMemoryIsRefused) {
  const auto frame = decode_picture(progressive_jpeg(8192, 8192));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::invalid);
  EXPECT_EQ(frame.error().text,
            "progressive JPEG of 8192 x 8192 pixels needs more than 268435456 bytes");
}

TEST(Picture, AnInterlacedPngIsThatOfItsRows) {
  std::mt19937 random(3);
  for (const auto& [color, depth, samples] : {std::tuple{SPNG_COLOR_TYPE_GRAYSCALE, 8, 1},
                                              {SPNG_COLOR_TYPE_GRAYSCALE, 16, 2},
                                              {SPNG_COLOR_TYPE_TRUECOLOR, 8, 3},
                                              {SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 8, 4}})
    for (const auto& [width, height] : {std::pair{1, 1}, {5, 3}, {17, 9}}) {
      std::vector<uint8_t> raw(size_t{1} * width * height * samples);
      for (auto& byte : raw) byte = static_cast<uint8_t>(random());
      const auto straight = decode_picture(png_of(width, height, color, depth, raw));
      const auto interlaced = decode_picture(
          png_of(width, height, color, depth, raw, nullptr, nullptr, SPNG_INTERLACE_ADAM7));
      ASSERT_TRUE(straight) << straight.error().text;
      ASSERT_TRUE(interlaced) << interlaced.error().text;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          EXPECT_EQ(pixel(*interlaced, x, y), pixel(*straight, x, y)) << color << ' ' << depth;
    }
}

TEST(Picture, TransparencyIsLaidOverWhite) {
  const auto frame = decode_picture(png_of(3, 1, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 8,
                                           {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 128}));
  ASSERT_TRUE(frame) << frame.error().text;
  EXPECT_EQ(pixel(*frame, 0, 0), (std::vector<int>{10, 20, 30}));
  EXPECT_EQ(pixel(*frame, 1, 0), (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(pixel(*frame, 2, 0), (std::vector<int>{127, 177, 227}));
}

TEST(Picture, PalettesAreExpandedWithTheirTransparency) {
  spng_plte palette = {};
  palette.n_entries = 2;
  palette.entries[0] = {1, 2, 3, 255};
  palette.entries[1] = {200, 100, 50, 255};
  const auto opaque = png_of(2, 1, SPNG_COLOR_TYPE_INDEXED, 8, {1, 0}, &palette);
  EXPECT_EQ(pixel(*decode_picture(opaque), 0, 0), (std::vector<int>{200, 100, 50}));
  spng_trns transparency = {};
  transparency.n_type3_entries = 1;
  transparency.type3_alpha[0] = 0;
  const auto frame =
      decode_picture(png_of(2, 1, SPNG_COLOR_TYPE_INDEXED, 8, {1, 0}, &palette, &transparency));
  ASSERT_TRUE(frame) << frame.error().text;
  EXPECT_EQ(pixel(*frame, 1, 0), (std::vector<int>{255, 255, 255}));
}

TEST(Picture, SixteenBitSamplesKeepTheirUpperByte) {
  // SPNG_FMT_PNG takes 16-bit samples in the machine's order, which is little-endian here.
  const auto gray = decode_picture(png_of(2, 1, SPNG_COLOR_TYPE_GRAYSCALE, 16, {0xff, 7, 1, 250}));
  ASSERT_TRUE(gray) << gray.error().text;
  EXPECT_EQ(gray->format, PixelFormat::gray);
  EXPECT_EQ(pixel(*gray, 0, 0), (std::vector<int>{7}));
  EXPECT_EQ(pixel(*gray, 1, 0), (std::vector<int>{250}));
  const auto color =
      decode_picture(png_of(1, 1, SPNG_COLOR_TYPE_TRUECOLOR, 16, {0xf0, 9, 0x10, 80, 0, 160}));
  ASSERT_TRUE(color) << color.error().text;
  EXPECT_EQ(pixel(*color, 0, 0), (std::vector<int>{9, 80, 160}));
}

// A JPEG with an EXIF segment right behind its start marker.
Bytes with_orientation(const Bytes& jpeg, int orientation, bool big) {
  std::vector<uint8_t> tiff = big ? std::vector<uint8_t>{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1}
                                  : std::vector<uint8_t>{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0};
  const auto value = static_cast<uint8_t>(orientation);
  const auto entry = big ? std::vector<uint8_t>{1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0}
                         : std::vector<uint8_t>{0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0};
  tiff.insert(tiff.end(), entry.begin(), entry.end());
  std::vector<uint8_t> segment = {
      0xff, 0xe1, 0, static_cast<uint8_t>(8 + tiff.size()), 'E', 'x', 'i', 'f', 0, 0};
  segment.insert(segment.end(), tiff.begin(), tiff.end());
  Bytes all = part(jpeg, 2);
  for (const auto byte : segment) all.push_back(static_cast<std::byte>(byte));
  all.insert(all.end(), jpeg.begin() + 2, jpeg.end());
  return all;
}

TEST(Picture, ExifOrientationStandsThePictureUpright) {
  // Dark but for a bright corner at the top left, wider than high.
  auto image = *make_image(PixelFormat::gray, 48, 32);
  for (int y = 0; y < 16; ++y) std::memset(image.row(y), 240, 16);
  const auto jpeg = *encode_jpeg(image.frame(), 95);
  struct Corner {
    bool right, bottom;
  };
  // Where the stored top left belongs, by orientation 1 to 8 (EXIF 2.32, section 4.6.4).
  constexpr Corner corners[] = {{false, false}, {true, false}, {true, true}, {false, true},
                                {false, false}, {true, false}, {true, true}, {false, true}};
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool big : {false, true}) {
      const auto frame = decode_picture(with_orientation(jpeg, orientation, big));
      ASSERT_TRUE(frame) << frame.error().text;
      const bool turned = orientation >= 5;
      EXPECT_EQ(frame->width, turned ? 32 : 48) << orientation;
      const auto [right, bottom] = corners[orientation - 1];
      for (const bool x : {false, true})
        for (const bool y : {false, true}) {
          const auto value = pixel(*frame, x ? frame->width - 4 : 3, y ? frame->height - 4 : 3)[0];
          EXPECT_EQ(value > 128, x == right && y == bottom) << orientation << x << y;
        }
    }
}

TEST(Picture, DamagedExifIsIgnored) {
  const std::vector<uint8_t> looping = {'E', 'x', 'i',  'f',  0,    0,    'M',  'M',
                                        0,   42,  0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  EXPECT_EQ(exif_orientation(looping), 1);
  EXPECT_EQ(exif_orientation({}), 1);
}

TEST(Picture, OtherKindsAreNamed) {
  const std::string text = "GIF89a....";
  const auto frame = decode_picture(std::as_bytes(std::span(text)));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::unsupported);
  EXPECT_EQ(decode_picture({}).error().code, Code::invalid);
  EXPECT_EQ(read_picture("/nonexistent/a.png").error().code, Code::missing);
}

TEST(Picture, AFileGivesItsNameToTheFrameAndToTheMessage) {
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "part 1.png";
  ASSERT_TRUE(write_png(path, gradient(PixelFormat::rgb, 9, 9).frame()));
  EXPECT_EQ(read_picture(path)->file, "part 1.png");
  ASSERT_TRUE(write_file(path, part(*read_bytes(path), 60)));
  const auto frame = read_picture(path);
  ASSERT_FALSE(frame);
  EXPECT_TRUE(frame.error().text.starts_with(path.string() + ": damaged PNG: "));
}

TEST(Picture, QualityOutsideItsRangeIsRefused) {
  const auto frame = gradient(PixelFormat::rgb, 8, 8).frame();
  EXPECT_EQ(encode_jpeg(frame, 0).error().text, "JPEG quality 0 is outside 1..100");
  EXPECT_FALSE(encode_jpeg(Frame{}, 90));
}

TEST(Picture, TheRecordingsBrokenLastFrameIsRefused) {
  const auto path = data_folder() / "turntable/truncated.png";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no data folder";
  const auto frame = read_picture(path);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::invalid);
  EXPECT_TRUE(frame.error().text.starts_with(path.string() + ": damaged ")) << frame.error().text;
}

TEST(Picture, EveryRealPhotoIsRead) {
  const auto files = list_files(data_folder() / "photos");
  if (!files) GTEST_SKIP() << "no data folder";
  for (const auto& file : *files) {
    const auto frame = read_picture(file);
    EXPECT_TRUE(frame) << frame.error().text;
  }
}

}  // namespace
}  // namespace turnstone
