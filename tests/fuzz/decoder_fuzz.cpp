// Reads bytes as a decoder's settings, the labels, and outputs of any shapes and numbers. A finding
// is a crash, a hang, a large memory, or a scene that says what no scene may say.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "vision/decoders.h"
#include "vision/overlay.h"

namespace turnstone {
namespace {

// Takes numbers from the bytes until there are none: then zeros.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t one() { return at_ < size_ ? data_[at_++] : 0; }
  int within(int count) { return one() % count; }

  // Any float, from four bytes; often a small one.
  float number() {
    if (within(2) == 0) return static_cast<float>(one()) / 32 - 2;
    uint32_t bits = 0;
    for (int i = 0; i < 4; ++i) bits = bits << 8 | one();
    return std::bit_cast<float>(bits);
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

DecoderSettings settings_of(Bytes& bytes) {
  DecoderSettings settings;
  settings.kind = static_cast<DecoderKind>(bytes.within(std::size(decoder_rows)));
  settings.score = bytes.within(5) / 4.0;
  settings.iou = bytes.within(5) / 4.0;
  settings.suppress = static_cast<Suppression>(bytes.within(3));
  settings.most = 1 + bytes.within(200);
  settings.agnostic = bytes.within(2) == 1;
  settings.form = static_cast<HeadForm>(bytes.within(8));
  settings.layout = static_cast<Layout>(bytes.within(3));
  settings.units = static_cast<Units>(bytes.within(2));
  settings.keypoints = bytes.within(4);
  settings.percentile = bytes.within(101);
  settings.scale_xy.assign(1 + bytes.within(4), 1 + bytes.within(4));
  if (bytes.within(2) == 1)
    settings.anchors.layers = {{1 + bytes.within(8), 1 + bytes.within(8), {{0.5, 0.5}}}};
  if (bytes.within(4) == 1) settings.anchors.boxes = {{0.5, 0.5, 0.2, 0.2}, {0.1, 0.1, 0.1, 0.3}};
  if (bytes.within(2) == 1) settings.gallery = {{"0", {1, 0}}, {"0", {0, 1}}};
  return settings;
}

Model model_of(Bytes& bytes) {
  Model model;
  model.decoder = settings_of(bytes);
  model.task = row_of(model.decoder->kind).task;
  for (int i = bytes.within(6); i > 0; --i) model.labels.push_back(fmt::format("{}", i - 1));
  if (bytes.within(4) == 1) model.background = bytes.within(3);
  if (bytes.within(4) == 1) model.thresholds["0"] = bytes.within(5) / 4.0;
  const int64_t side = 8 * (1 + bytes.within(12));
  const bool planar = bytes.within(2) == 0;
  model.inputs = {
      {"x",
       DType::f32,
       planar ? std::vector<int64_t>{1, 3, side, 64} : std::vector<int64_t>{1, side, 64, 3},
       planar ? Layout::nchw : Layout::nhwc,
       {},
       Preprocess{}}};
  return model;
}

struct Output {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// Extents that heads like to have, and any others; at most 2^16 numbers.
Output output_of(Bytes& bytes, int index, Model& model) {
  constexpr int64_t likely[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 64, 84, 85, 512, 384, 896};
  constexpr const char* roles[] = {"",           "",        "",       "boxes",      "class_logits",
                                   "box_logits", "extents", "labels", "anomaly_map"};
  Output output{fmt::format("y{}", index), {}, {}};
  if (bytes.within(8) > 0) output.shape.push_back(1);
  int64_t count = 1;
  for (int i = bytes.within(5); i > 0; --i) {
    const auto extent =
        bytes.within(4) == 0 ? int64_t{bytes.one()} : likely[bytes.within(std::size(likely))];
    if (count * extent > 1 << 16) break;
    output.shape.push_back(extent);
    count *= extent;
  }
  std::vector<float> pattern(1 + bytes.within(64));
  for (auto& value : pattern) value = bytes.number();
  for (int64_t i = 0; i < count; ++i) output.values.push_back(pattern[i % pattern.size()]);
  model.outputs.push_back({output.name, roles[bytes.within(std::size(roles))]});
  return output;
}

void check(const Scene& scene, const Model& model) {
  CHECK(scene.detections.size() <= static_cast<size_t>(model.decoder->most));
  for (const auto& one : scene.detections) {
    CHECK(one.box.left >= 0 && one.box.left < one.box.right && one.box.right <= 1);
    CHECK(one.box.top >= 0 && one.box.top < one.box.bottom && one.box.bottom <= 1);
    CHECK(std::isfinite(one.score));
    CHECK(!one.mask || one.mask->cells.size() == size_t(one.mask->width) * one.mask->height);
  }
  for (size_t i = 1; i < scene.classes.size(); ++i)
    CHECK(scene.classes[i - 1].score >= scene.classes[i].score);
  CHECK(!scene.mask || scene.mask->cells.size() == size_t(scene.mask->width) * scene.mask->height);
  auto image = *make_image(PixelFormat::rgb, 32, 32);
  draw_scene(image, scene, model);
}

}  // namespace
}  // namespace turnstone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace turnstone;
  Bytes bytes(data, size);
  auto model = model_of(bytes);
  std::vector<Output> outputs;
  for (int i = 1 + bytes.within(4); i > 0; --i) outputs.push_back(output_of(bytes, i, model));
  const auto decoder = make_decoder(model);
  if (!decoder) return CHECK(!decoder.error().text.empty()), 0;
  std::vector<OutputView> views;
  for (const auto& output : outputs)
    views.push_back({.name = output.name,
                     .shape = output.shape,
                     .data = output.values.data(),
                     .quantisation = {}});
  const auto scene = (*decoder)->decode(views, 0, {});
  if (scene)
    check(*scene, model);
  else
    CHECK(!scene.error().text.empty());
  return 0;
}
