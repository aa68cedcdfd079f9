#include <cmath>

#include "vision/anchored.h"
#include "vision/decoders.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// Anchors of one level, as torchvision's AnchorGenerator makes them: for each cell three shapes of
// three sizes around its corner, in whole pixels.
void add_level(int level, const PictureShape& input, std::vector<Anchor>& anchors) {
  const int step = 1 << level;
  const int columns = (input.width + step - 1) / step;
  const int rows = (input.height + step - 1) / step;
  const double size = 4.0 * step;
  std::vector<std::array<double, 2>> shapes;
  for (const double ratio : {0.5, 1.0, 2.0})
    for (const double third : {0.0, 1.0, 2.0}) {
      const double scale = std::trunc(size * std::pow(2, third / 3) + 1e-9);
      const double root = std::sqrt(ratio);
      shapes.push_back(
          {2 * std::nearbyint(scale / root / 2), 2 * std::nearbyint(scale * root / 2)});
    }
  const int across = input.width / columns;  // whole pixels, as there
  const int down = input.height / rows;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      for (const auto& [width, height] : shapes)
        anchors.push_back({double(column) * across / input.width, double(row) * down / input.height,
                           width / input.width, height / input.height});
}

}  // namespace

Result<std::unique_ptr<Decoder>> make_retinanet_decoder(const Model& model,
                                                        const DecoderSettings& settings) {
  const auto input = TRY(input_of(model, "retinanet"));
  if (int64_t{input.width} * input.height > int64_t{4} << 20)
    return fail(Code::unsupported, "retinanet: the input has {} x {} pixels, legal are 4 million",
                input.width, input.height);
  Anchored anchored{.name = "retinanet",
                    .anchors = settings.anchors.boxes,
                    .logits = true,
                    .most_growth = std::log(1000.0 / 16)};
  for (int level = 3; level <= 7 && settings.anchors.boxes.empty(); ++level)
    add_level(level, input, anchored.anchors);
  auto plain = settings;
  plain.anchors.variances = {1, 1, 1, 1};
  return make_anchored_decoder(model, plain, std::move(anchored));
}

}  // namespace turnstone
