#include "quantize/leaves.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "media/draw.h"
#include "vision/preprocess.h"

namespace turnstone::int8 {
namespace {

// Of std's distributions no two libraries draw alike; of its engines all do.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_()) / std::mt19937::max();
  }

 private:
  std::mt19937 engine_;
};

// Mostly gray: channels of photographs are alike.
Color random_color(Random& random) {
  const auto gray = random.between(0, 255);
  const auto level = [&] {
    return static_cast<uint8_t>(std::clamp(gray + random.between(-55, 55), 0.0, 255.0));
  };
  const auto red = level(), green = level();
  return {red, green, level()};
}

}  // namespace

Result<Image> draw_leaves(int width, int height, uint32_t seed) {
  auto image = TRY(make_image(PixelFormat::rgb, width, height));
  Random random(seed);
  fill_rectangle(image, 0, 0, width, height, random_color(random));
  const auto longest = std::max(width, height);
  const double least = std::max(longest / 75.0, 1.0), most = longest / 2.2;
  for (int leaf = 0; leaf < 1500; ++leaf) {
    // As many of each radius as its inverse cube.
    const auto share = random.between(0, 1);
    const auto radius = 1 / std::sqrt(share / (least * least) + (1 - share) / (most * most));
    const auto x = random.between(-radius, width + radius);
    const auto y = random.between(-radius, height + radius);
    draw_dot(image, static_cast<int>(std::lround(x)), static_cast<int>(std::lround(y)),
             static_cast<int>(std::lround(radius)), random_color(random));
  }
  return image;
}

Result<std::vector<Tensor>> inputs_of_leaves(const ModelInput& input, int count) {
  const auto shape = TRY(picture_shape(input));
  auto pictured = input;
  if (!pictured.preprocess) {
    pictured.preprocess = TRY(parse_preprocess_spec("signed"));
    if (shape.channels == 1) pictured.preprocess->color = ColorOrder::gray;
  }
  auto preprocessor = TRY(make_preprocessor(pictured));
  std::vector<Tensor> inputs;
  uint32_t seed = 1;
  for (int i = 0; i < count; ++i) {
    Tensor tensor(input.dtype, input.shape);
    for (int k = 0; k < shape.batch; ++k) {
      const auto leaves = TRY(draw_leaves(shape.width, shape.height, seed++));
      TRY(preprocessor.run(leaves.frame(), k, tensor.mutable_bytes()));
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

}  // namespace turnstone::int8
