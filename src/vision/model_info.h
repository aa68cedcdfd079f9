// model.json, version 1: what the station, the trainer and the hub know of a compiled model beside
// its code.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/dtype.h"
#include "tensor/quantisation.h"
#include "vision/decoder_settings.h"

namespace turnstone {

enum class Fit { stretch, letterbox, crop };
enum class Resize { bilinear, area };
enum class ColorOrder { rgb, bgr, gray };
enum class Task {
  none,
  classification,
  detection,
  segmentation,
  keypoints,
  anomaly,
  embedding,
  regression
};

// From a picture to the numbers of an input: cut, fit, resize, then (pixel - mean) * scale with
// pixels 0..255. `mean` and `scale` have one entry, or one a channel in the order of `color`.
struct Preprocess {
  int width = 0;  // "size": [width, height]; 0: the input's own
  int height = 0;
  Fit fit = Fit::stretch;
  std::optional<std::array<int, 4>> crop;  // left, top, width, height in source pixels; cut first
  Resize resize = Resize::bilinear;
  ColorOrder color = ColorOrder::rgb;
  std::vector<double> mean = {0};
  std::vector<double> scale = {1};
  double fill = 114;  // 0..255, around a letterboxed picture
  bool operator==(const Preprocess&) const = default;
};

// From a window of samples to the numbers of an input: (sample - mean) * scale. `mean` and `scale`
// have one entry, or one a channel.
struct Windowing {
  bool steps_first = false;  // "order": "steps", all channels of a step together; else "channels"
  std::vector<double> mean = {0};
  std::vector<double> scale = {1};
  bool operator==(const Windowing&) const = default;
};

struct ModelInput {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;  // as compiled, batch included
  Layout layout = Layout::none;
  std::optional<Quantisation> quantisation;
  std::optional<Preprocess> preprocess;  // absent for inputs that are no pictures
  std::optional<Windowing> window = {};  // of samples; absent: as Windowing{}, or for pictures
  bool operator==(const ModelInput&) const = default;
};

struct ModelOutput {
  std::string name;
  std::string role;  // class_scores (0..1), class_logits, boxes, ...; "" when nobody said
  bool operator==(const ModelOutput&) const = default;
};

struct Model {
  std::string name;
  std::vector<ModelInput> inputs;
  std::vector<ModelOutput> outputs;
  Task task = Task::none;
  std::optional<DecoderSettings> decoder;
  std::vector<std::string> labels;
  std::optional<int> background;             // index into labels that means "nothing"
  std::map<std::string, double> thresholds;  // by label; before DecoderSettings::score
  std::string provenance = "{}";             // a JSON object, kept as it came
  bool operator==(const Model&) const = default;
};

// Reads model.json. Errors: invalid with the path of the key, such as "inputs[0].preprocess.fit:
// 'pad' is wrong, legal are stretch, letterbox, crop"; unknown keys are errors that suggest the
// nearest; unsupported for another version than 1.
Result<Model> parse_model(std::string_view text);
Result<Model> read_model(const std::filesystem::path& path);

// The same as text, one key a line where it matters; parse_model(print_model(m)) == m.
std::string print_model(const Model& model);

// How many values a result of this shape has for each picture: the extents behind the batch.
int64_t values_per_picture(std::span<const int64_t> shape);

// "NCHW" and "NHWC"; none for any other text.
Layout parse_layout(std::string_view text);

// Extents of an input that takes pictures, in pixels.
struct PictureShape {
  int batch = 0, channels = 0, height = 0, width = 0;
};

// Errors: invalid when the layout is none, the rank is not 4 or there are not 1 or 3 channels.
Result<PictureShape> picture_shape(const ModelInput& input);

// One label a line; blanks at the ends and a byte order mark are dropped, empty lines at the end
// too. Errors: missing, invalid (not UTF-8, an empty line in the middle, no label).
Result<std::vector<std::string>> read_labels(const std::filesystem::path& path);

// "imagenet", "unit", "signed", "raw", then key=value pairs, comma-separated, with the keys of
// model.json; lists are written with `:` between the numbers ("mean=127.5:127.5:127.5"). Keys that
// are not named keep their value in `before`.
Result<Preprocess> parse_preprocess_spec(std::string_view text, const Preprocess& before = {});

// "kind=blazeface,anchors=front,score=0.75,iou=0.3,suppress=weighted"; a bare word is a kind.
// Keys within anchors are written anchors.variances=0.1:0.1:0.2:0.2.
Result<DecoderSettings> parse_decoder_spec(std::string_view text,
                                           const DecoderSettings& before = {});

}  // namespace turnstone
