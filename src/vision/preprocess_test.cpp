#include "vision/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

#include "base/guarded.h"
#include "media/image.h"
#include "media/pixels.h"

namespace turnstone {
namespace {

Image noise(PixelFormat format, int width, int height, std::mt19937& random) {
  auto image = *make_image(format, width, height);
  for (int plane = 0; plane < plane_count(format); ++plane)
    for (int y = 0; y < row_count(format, plane, height); ++y)
      for (int64_t i = 0; i < row_bytes(format, plane, width); ++i)
        image.row(y, plane)[i] = static_cast<uint8_t>(random());
  return image;
}

ModelInput input_of(int width, int height, int channels, Layout layout, DType dtype) {
  ModelInput input{"input", dtype, {}, layout, {}, Preprocess{}};
  input.shape = layout == Layout::nchw ? std::vector<int64_t>{2, channels, height, width}
                                       : std::vector<int64_t>{2, height, width, channels};
  if (channels == 1) input.preprocess->color = ColorOrder::gray;
  return input;
}

// Noise whose planes end where memory ends, and whose rows lie `gap` bytes apart.
struct GuardedPicture {
  GuardedPicture(PixelFormat format, int width, int height, int gap, std::mt19937& random) {
    frame.format = format;
    frame.yuv = {static_cast<YuvMatrix>(random() % 3), random() % 2 == 0};
    frame.width = width;
    frame.height = height;
    for (int plane = 0; plane < plane_count(format); ++plane) {
      const auto bytes = row_bytes(format, plane, width);
      const auto stride = bytes + gap;
      const auto size = stride * (row_count(format, plane, height) - 1) + bytes;
      planes[plane] = std::make_unique<Guarded<uint8_t>>(static_cast<size_t>(size));
      planes[plane]->fill(random, 0, 255);
      frame.planes[plane] = {planes[plane]->data(), stride};
    }
  }
  std::array<std::unique_ptr<Guarded<uint8_t>>, 3> planes;
  Frame frame;
};

// Red, green and blue of pixel `x` of row `y`: of YUV not rounded, unless that is wanted.
std::array<double, 3> pixel_of(const Frame& frame, int x, int y, bool whole) {
  if (whole || plane_count(frame.format) == 1) {
    const auto pixel = with_row(frame, y, [&](const auto& row) { return row.at(x); });
    return {double(pixel.red), double(pixel.green), double(pixel.blue)};
  }
  const auto byte = [&](int plane, int64_t at, int row) {
    return double(frame.planes[plane].data[row * frame.planes[plane].stride + at]);
  };
  const bool is_nv12 = frame.format == PixelFormat::nv12;
  const double u = is_nv12 ? byte(1, x / 2 * 2, y / 2) : byte(1, x / 2, y / 2);
  const double v = is_nv12 ? byte(1, x / 2 * 2 + 1, y / 2) : byte(2, x / 2, y / 2);
  constexpr double reds[] = {0.299, 0.2126, 0.2627}, blues[] = {0.114, 0.0722, 0.0593};
  const auto matrix = static_cast<size_t>(frame.yuv.matrix);
  const double red = reds[matrix], blue = blues[matrix], green = 1 - red - blue;
  const bool is_full = frame.yuv.is_full;
  const double luma = is_full ? byte(0, x, y) : (byte(0, x, y) - 16) * 255 / 219;
  const double pr = 2 * (1 - red) * (v - 128) * (is_full ? 1 : 255.0 / 224);
  const double pb = 2 * (1 - blue) * (u - 128) * (is_full ? 1 : 255.0 / 224);
  const auto within = [](double value) { return std::clamp(value, 0.0, 255.0); };
  return {within(luma + pr), within(luma - (red * pr + blue * pb) / green), within(luma + pb)};
}

// The definition, in double precision and without tables: which part of the picture, then each
// output pixel on its own.
class Reference {
 public:
  Reference(const Frame& frame, const ModelInput& input)
      : frame_(frame), shape_(*picture_shape(input)), set_(*input.preprocess) {
    left_ = top_ = 0;
    across_ = frame.width;
    down_ = frame.height;
    if (set_.crop) {
      left_ = (*set_.crop)[0];
      top_ = (*set_.crop)[1];
      across_ = (*set_.crop)[2];
      down_ = (*set_.crop)[3];
    }
    to_width_ = shape_.width;
    to_height_ = shape_.height;
    if (set_.fit == Fit::crop) shrink(left_, top_, across_, down_, shape_.width, shape_.height);
    if (set_.fit == Fit::letterbox)
      shrink(to_left_, to_top_, to_width_, to_height_, across_, down_);
  }

  double value(int channel, int y, int x) const {
    const auto mean = set_.mean[channel % set_.mean.size()];
    const auto scale = set_.scale[channel % set_.scale.size()];
    return (pixel(channel, y, x) - mean) * scale;
  }

 private:
  static void shrink(int& left, int& top, int& width, int& height, int like_width,
                     int like_height) {
    const double by_width = double(height) * like_width / like_height;
    const double by_height = double(width) * like_height / like_width;
    if (by_width < width) {
      const int narrow = std::max(1, int(std::lround(by_width)));
      left += (width - narrow) / 2;
      width = narrow;
    } else {
      const int low = std::clamp(int(std::lround(by_height)), 1, height);
      top += (height - low) / 2;
      height = low;
    }
  }

  double pixel(int channel, int y, int x) const {
    if (x < to_left_ || y < to_top_ || x >= to_left_ + to_width_ || y >= to_top_ + to_height_)
      return set_.fill;
    const auto sample = [&](int i) { return resampled(i, y - to_top_, x - to_left_); };
    if (set_.color == ColorOrder::gray)
      return 0.299 * sample(0) + 0.587 * sample(1) + 0.114 * sample(2);
    return sample(set_.color == ColorOrder::bgr ? 2 - channel : channel);
  }

  double source(int i, int y, int x) const {
    return pixel_of(frame_, left_ + std::clamp(x, 0, across_ - 1),
                    top_ + std::clamp(y, 0, down_ - 1),
                    set_.resize == Resize::area)[static_cast<size_t>(i)];
  }

  double resampled(int i, int y, int x) const {
    const double step_x = double(across_) / to_width_;
    const double step_y = double(down_) / to_height_;
    if (set_.resize == Resize::area)
      return average(i, y * step_y, (y + 1) * step_y, x * step_x, (x + 1) * step_x);
    const double at_x = (x + 0.5) * step_x - 0.5;
    const double at_y = (y + 0.5) * step_y - 0.5;
    const int x0 = int(std::floor(at_x));
    const int y0 = int(std::floor(at_y));
    const double u = at_x - x0;
    const double v = at_y - y0;
    return (1 - v) * ((1 - u) * source(i, y0, x0) + u * source(i, y0, x0 + 1)) +
           v * ((1 - u) * source(i, y0 + 1, x0) + u * source(i, y0 + 1, x0 + 1));
  }

  double average(int i, double top, double bottom, double left, double right) const {
    double sum = 0;
    for (int y = int(top); y < std::min<double>(bottom, down_); ++y)
      for (int x = int(left); x < std::min<double>(right, across_); ++x)
        sum += source(i, y, x) *
               std::max(0.0, std::min(bottom, y + 1.0) - std::max(top, double(y))) *
               std::max(0.0, std::min(right, x + 1.0) - std::max(left, double(x)));
    return sum / ((bottom - top) * (right - left));
  }

  const Frame& frame_;
  PictureShape shape_;
  Preprocess set_;
  int left_ = 0, top_ = 0, across_ = 0, down_ = 0;
  int to_left_ = 0, to_top_ = 0, to_width_ = 0, to_height_ = 0;
};

// What an element means in levels of a pixel, times the scale.
template <class Element>
double meaning(Element element, const ModelInput& input) {
  if (!input.quantisation) return element;
  return (element - input.quantisation->zero) * input.quantisation->scale;
}

// A twentieth of a level, and half a step where integers are stored.
double tolerance_of(const ModelInput& input) {
  return 0.05 * input.preprocess->scale[0] +
         (input.quantisation ? 0.501 * input.quantisation->scale : 0);
}

// Fills the second picture of the batch, with memory ending behind it.
template <class Element>
void expect_elements(const Frame& frame, const ModelInput& input, const RowFunctions& functions) {
  auto preprocessor = make_preprocessor(input, functions);
  ASSERT_TRUE(preprocessor) << preprocessor.error().text;
  const auto shape = *picture_shape(input);
  const auto count = size_t(shape.channels) * shape.height * shape.width;
  Guarded<Element> tensor(2 * count);
  std::fill_n(tensor.data(), count, Element(77));
  ASSERT_EQ(preprocessor->size_bytes(), int64_t(2 * count * sizeof(Element)));
  const auto ran = preprocessor->run(frame, 1, tensor.data());
  ASSERT_TRUE(ran) << ran.error().text;
  ASSERT_TRUE(tensor.is_intact());
  for (size_t i = 0; i < count; ++i) ASSERT_EQ(tensor[i], Element(77));
  const Reference reference(frame, input);
  for (int channel = 0; channel < shape.channels; ++channel)
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x) {
        const auto at = input.layout == Layout::nchw
                            ? (size_t(channel) * shape.height + y) * shape.width + x
                            : (size_t(y) * shape.width + x) * shape.channels + channel;
        ASSERT_NEAR(meaning(tensor[count + at], input), reference.value(channel, y, x),
                    tolerance_of(input))
            << functions.name << " " << print(frame.format) << " " << frame.width << "x"
            << frame.height << " to " << print(input.dtype) << " " << shape.width << "x"
            << shape.height << " at " << channel << "," << y << "," << x;
      }
}

// With every set of functions that runs here.
void expect_as_defined(const Frame& frame, const ModelInput& input) {
  for (const auto* functions : row_functions()) {
    if (input.dtype == DType::f32) expect_elements<float>(frame, input, *functions);
    if (input.dtype == DType::u8) expect_elements<uint8_t>(frame, input, *functions);
    if (input.dtype == DType::i8) expect_elements<int8_t>(frame, input, *functions);
  }
}

constexpr PixelFormat formats[] = {PixelFormat::rgb,  PixelFormat::bgr,  PixelFormat::rgbx,
                                   PixelFormat::bgrx, PixelFormat::gray, PixelFormat::i420,
                                   PixelFormat::nv12};

// One of the colours, layouts and types, all of them over forty numbers and more.
ModelInput drawn_input(int number, int width, int height) {
  constexpr DType types[] = {DType::f32, DType::u8, DType::i8};
  const bool is_gray = number % 5 == 0;
  const auto dtype = types[number % 3];
  auto input =
      input_of(width, height, is_gray ? 1 : 3, number % 2 ? Layout::nchw : Layout::nhwc, dtype);
  auto& set = *input.preprocess;
  if (!is_gray && number % 7 == 0) set.color = ColorOrder::bgr;
  set.mean = is_gray ? std::vector<double>{100} : std::vector<double>{10, 127.5, 200};
  set.scale = {1 / 127.5};
  // From the lowest to the highest value of the three means; all 256 steps.
  if (dtype == DType::u8) input.quantisation = Quantisation{4.0 / 255, 128};
  if (dtype == DType::i8) input.quantisation = Quantisation{4.0 / 255, 0};
  return input;
}

TEST(Preprocess, EveryFormatFitLayoutTypeAndSizeAgreesWithTheDefinition) {
  std::mt19937 random(11);
  const std::pair<int, int> sizes[] = {{1, 1}, {2, 1}, {1, 9}, {5, 7}, {16, 16}, {33, 21}, {64, 9}};
  const std::pair<int, int> targets[] = {{1, 1}, {8, 8}, {13, 5}, {40, 24}};
  int number = 0;
  for (const auto& [width, height] : sizes)
    for (const auto& [to_width, to_height] : targets)
      for (const auto format : formats)
        for (const auto fit : {Fit::stretch, Fit::letterbox, Fit::crop})
          for (const auto resize : {Resize::bilinear, Resize::area}) {
            auto input = drawn_input(++number, to_width, to_height);
            input.preprocess->fit = fit;
            input.preprocess->resize = resize;
            const GuardedPicture picture(format, width, height, number % 4, random);
            expect_as_defined(picture.frame, input);
            if (HasFatalFailure()) return;
          }
}

TEST(Preprocess, WidthsAroundTheBlocksOfTheFunctionsAgreeWithTheDefinition) {
  std::mt19937 random(12);
  int number = 0;
  for (const auto format : formats)
    for (const int width : {7, 17, 96, 131, 700})
      for (const int to_width : {31, 32, 33, 70}) {
        const GuardedPicture picture(format, width, 3, 0, random);
        expect_as_defined(picture.frame, drawn_input(++number, to_width, 2));
        if (HasFatalFailure()) return;
      }
}

TEST(Preprocess, ACropIsCutBeforeTheFit) {
  std::mt19937 random(3);
  int number = 0;
  for (const auto fit : {Fit::stretch, Fit::letterbox, Fit::crop})
    for (const auto resize : {Resize::bilinear, Resize::area})
      for (const auto format : formats) {
        auto input = drawn_input(++number, 10, 6);
        input.preprocess->crop = std::array<int, 4>{3, 1, 9, 11};
        input.preprocess->fit = fit;
        input.preprocess->resize = resize;
        const GuardedPicture picture(format, 17, 15, 5, random);
        expect_as_defined(picture.frame, input);
        if (HasFatalFailure()) return;
      }
}

TEST(Preprocess, APictureOfTheInputsSizeIsCopiedExactly) {
  std::mt19937 random(5);
  const auto image = noise(PixelFormat::rgb, 9, 7, random);
  for (const auto resize : {Resize::bilinear, Resize::area}) {
    auto input = input_of(9, 7, 3, Layout::nhwc, DType::u8);
    input.preprocess->resize = resize;
    std::vector<uint8_t> tensor(2 * 9 * 7 * 3);
    ASSERT_TRUE(make_preprocessor(input)->run(image.frame(), 0, tensor.data()));
    for (int y = 0; y < 7; ++y)
      EXPECT_EQ(std::memcmp(&tensor[size_t(y) * 27], image.row(y), 27), 0) << y;
  }
}

// OpenCV's INTER_LINEAR and Pillow's reducing BILINEAR differ: the first has no antialias. Values
// of cv2.resize on float pictures.
TEST(Preprocess, BilinearIsOpenCvsInterLinear) {
  auto image = *make_image(PixelFormat::gray, 4, 1);
  const uint8_t pixels[] = {0, 100, 200, 40};
  std::memcpy(image.row(0), pixels, 4);
  const auto resized = [&](int width) {
    const auto input = input_of(width, 1, 1, Layout::nchw, DType::f32);
    std::vector<float> tensor(2 * size_t(width));
    EXPECT_TRUE(make_preprocessor(input)->run(image.frame(), 0, tensor.data()));
    tensor.resize(size_t(width));
    return tensor;
  };
  const auto near = [](const std::vector<float>& actual, const std::vector<float>& expected) {
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 0.02) << i;
  };
  near(resized(2), {50, 120});
  near(resized(8), {0, 25, 75, 125, 175, 160, 80, 40});
  near(resized(3), {16.66667F, 150, 66.66667F});
}

TEST(Preprocess, QuantisedInputsStoreRoundedAndClampedIntegers) {
  auto image = *make_image(PixelFormat::gray, 4, 1);
  const uint8_t pixels[] = {0, 64, 128, 255};
  std::memcpy(image.row(0), pixels, 4);
  auto input = input_of(4, 1, 1, Layout::nchw, DType::i8);
  input.preprocess->mean = {127.5};
  input.preprocess->scale = {1 / 127.5};
  input.quantisation = Quantisation{1 / 128.0, 0};
  std::vector<int8_t> tensor(8);
  ASSERT_TRUE(make_preprocessor(input)->run(image.frame(), 0, tensor.data()));
  EXPECT_EQ(std::vector<int8_t>(tensor.begin(), tensor.begin() + 4),
            (std::vector<int8_t>{-128, -64, 1, 127}));
  input.quantisation = Quantisation{1 / 255.0, -128};
  input.preprocess->mean = {0};
  input.preprocess->scale = {1 / 255.0};
  ASSERT_TRUE(make_preprocessor(input)->run(image.frame(), 0, tensor.data()));
  EXPECT_EQ(std::vector<int8_t>(tensor.begin(), tensor.begin() + 4),
            (std::vector<int8_t>{-128, -64, 0, 127}));
}

TEST(Preprocess, HalvesRoundAwayFromZero) {
  auto image = *make_image(PixelFormat::gray, 2, 1);
  image.row(0)[0] = 10;
  image.row(0)[1] = 13;
  std::vector<uint8_t> tensor(2);
  const auto input = input_of(1, 1, 1, Layout::nchw, DType::u8);
  ASSERT_TRUE(make_preprocessor(input)->run(image.frame(), 0, tensor.data()));
  EXPECT_EQ(tensor[0], 12);
}

TEST(Preprocess, TheNextFrameMayHaveAnotherSizeAndFormat) {
  std::mt19937 random(9);
  const auto input = input_of(6, 6, 3, Layout::nchw, DType::f32);
  auto kept = *make_preprocessor(input);
  for (const auto& [format, width] : {std::pair{PixelFormat::rgb, 8},
                                      {PixelFormat::nv12, 8},
                                      {PixelFormat::gray, 31},
                                      {PixelFormat::rgb, 8}}) {
    const auto frame = noise(format, width, width, random).frame();
    std::vector<float> reused(216), fresh(216);
    ASSERT_TRUE(kept.run(frame, 0, reused.data()));
    ASSERT_TRUE(make_preprocessor(input)->run(frame, 0, fresh.data()));
    EXPECT_EQ(reused, fresh);
  }
}

TEST(Geometry, LetterboxMapsTheCornersOfThePicture) {
  Preprocess set;
  set.fit = Fit::letterbox;
  // 320 x 240 in 128 x 128 stands at rows 16 to 112.
  const auto geometry = *geometry_of(set, 128, 128, 320, 240);
  EXPECT_NEAR(geometry.to_picture(0, 16.0 / 128).y, 0, 1e-6);
  EXPECT_NEAR(geometry.to_picture(0, 112.0 / 128).y, 1, 1e-6);
  EXPECT_NEAR(geometry.to_picture(0, 0).x, 0, 1e-6);
  EXPECT_NEAR(geometry.to_picture(1, 0).x, 1, 1e-6);
}

TEST(Geometry, CropAndFitCropAddUp) {
  Preprocess set;
  set.fit = Fit::crop;
  set.crop = std::array<int, 4>{100, 50, 200, 100};
  // Of the cut 200 x 100 the centred square is 100 x 100 at 150, 50.
  const auto geometry = *geometry_of(set, 64, 64, 400, 200);
  EXPECT_NEAR(geometry.left, 150.0 / 400, 1e-9);
  EXPECT_NEAR(geometry.top, 50.0 / 200, 1e-9);
  EXPECT_NEAR(geometry.width, 100.0 / 400, 1e-9);
  EXPECT_NEAR(geometry.height, 100.0 / 200, 1e-9);
}

TEST(Geometry, StretchCoversThePicture) {
  const auto geometry = *geometry_of(Preprocess{}, 3, 5, 1000, 7);
  EXPECT_NEAR(geometry.to_picture(1, 1).x, 1, 1e-6);
  EXPECT_NEAR(geometry.to_picture(0.5, 0.5).y, 0.5, 1e-6);
}

TEST(Preprocess, MistakesAreNamed) {
  auto input = input_of(8, 8, 3, Layout::nchw, DType::f32);
  auto preprocessor = *make_preprocessor(input);
  std::vector<float> tensor(2 * 192);
  EXPECT_EQ(preprocessor.run(Frame{}, 0, tensor.data()).error().text, "frame holds no picture");
  input.preprocess->crop = std::array<int, 4>{4, 4, 8, 8};
  EXPECT_EQ(make_preprocessor(input)
                ->run(make_image(PixelFormat::rgb, 10, 20)->frame(), 0, tensor.data())
                .error()
                .text,
            "crop [4, 4, 8, 8] does not lie within a picture of 10 x 20");
  input.preprocess->color = ColorOrder::gray;
  EXPECT_EQ(make_preprocessor(input).error().text,
            "input 'input': preprocess.color does not fit 3 channels, legal is rgb, bgr");
  input.preprocess->color = ColorOrder::rgb;
  input.preprocess->mean = {1, 2};
  EXPECT_EQ(make_preprocessor(input).error().text,
            "input 'input': preprocess.mean has 2 numbers, legal are 1 and 3");
  input.preprocess->mean = {1};
  for (const double scale : {0.0, 1e99, -1e-12}) {
    input.preprocess->scale = {1, scale, 1};
    EXPECT_EQ(
        make_preprocessor(input).error().text,
        fmt::format("input 'input': preprocess.scale is {}, legal are 1e-09 to 1000000000, and "
                    "below zero",
                    scale));
  }
  input.preprocess->scale = {1};
  input.preprocess->width = input.preprocess->height = 9;
  EXPECT_EQ(make_preprocessor(input).error().text,
            "input 'input': preprocess.size [9, 9] is not the input's, legal is [8, 8]");
  input.preprocess->width = 0;
  input.dtype = DType::f16;
  EXPECT_EQ(make_preprocessor(input).error().code, Code::unsupported);
  input.preprocess.reset();
  EXPECT_THAT(make_preprocessor(input).error().text,
              testing::StartsWith("input 'input': nobody said how pictures become it"));
}

}  // namespace
}  // namespace turnstone
