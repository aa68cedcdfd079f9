// How a model's raw outputs become a Scene, as model.json says it ("decoder").
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace turnstone {

// Order of the extents of a tensor with four of them.
enum class Layout { none, nchw, nhwc };
inline constexpr const char* layout_names[] = {"", "NCHW", "NHWC"};

// One map of a detector: a grid of cells with the same boxes around each centre.
struct AnchorLayer {
  int columns = 0;
  int rows = 0;
  std::vector<std::array<double, 2>> boxes;  // width, height in fractions of the input
  bool operator==(const AnchorLayer&) const = default;
};

// Most boxes that a detector may refer to.
inline constexpr size_t most_anchors = 1'000'000;

// Reference boxes of a detector. Order: layer, row, column, box.
struct Anchors {
  std::string preset;               // blazeface: front, back, full, or "" to tell by the outputs;
                                    // yolo: yolov3 (also of v5), yolov4 (also of v7)
  std::vector<AnchorLayer> layers;  // by rule; of yolo one for each map
  std::vector<std::array<double, 4>> boxes;  // ssd, one by one: centre x, y, width, height
  std::array<double, 4> variances = {0.1, 0.1, 0.2, 0.2};  // ssd: x, y, width, height
  bool operator==(const Anchors&) const = default;
};

// Which decoder reads the outputs; decoder_rows says what each is.
enum class DecoderKind {
  softmax,
  identity,
  multilabel,
  ssd,
  blazeface,
  yolo,
  mask,
  tflite_detection,
  gluoncv,
  movenet,
  heatmaps,
  anomaly,
  embedding,
  regression,
  nanodet,
  centernet,
  retinanet
};

// What the head of a YOLO gives.
enum class HeadForm {
  none,
  exponential,   // maps with anchors, extents by exp: v3, v4
  squared,       // maps with anchors, extents by a squared sigmoid: v5, v7
  distribution,  // maps without anchors, sides as distributions: raw v8, v9, v11
  offsets,       // one row a cell, offsets from it, with objectness: YOLOX
  rows,          // one decoded row a place, with objectness: v5, v6, v7
  columns,       // one decoded column a place, without objectness: v8, v9, v11
  final          // left, top, right, bottom, score, label, one row a detection: v10
};

// What coordinates of decoded boxes count.
enum class Units { pixels, fractions };

// What becomes of detections that overlap a better one: kept, dropped, or averaged into it.
enum class Suppression { none, hard, weighted };

// A vector that is known to show `label`.
struct GalleryEntry {
  std::string label;
  std::vector<float> vector;
  bool operator==(const GalleryEntry&) const = default;
};

// How raw outputs become a Scene.
struct DecoderSettings {
  DecoderKind kind = DecoderKind::softmax;
  Anchors anchors = {};
  double score = 0.5;  // what scores less is dropped; default_score says which a kind begins with
  double iou = 0.45;   // overlap from which the lower detection is suppressed
  Suppression suppress = Suppression::hard;
  int most = 100;                      // detections, or classes listed
  bool agnostic = false;               // detections of other labels suppress each other too
  HeadForm form = {};                  // yolo: must be said
  Layout layout = {};                  // of outputs with four extents; none: told by their extents
  Units units = {};                    // of decoded boxes: pixels of the input, or fractions of it
  double temperature = 1;              // softmax: divides the logits
  int keypoints = 0;                   // yolo: of each detection
  std::vector<double> scale_xy = {1};  // yolo, exponential: how far centres may leave their cell
                                       // (v4); one number, or one for each map, most cells first
  double percentile = 100;  // anomaly: of the map, where no score is given; 100: its maximum
  std::array<double, 2> range = {0, 1};    // anomaly: what becomes 0 and 1
  std::string gallery_file = {};           // embedding: of the package, instead of entries here
  std::vector<GalleryEntry> gallery = {};  // embedding
  bool operator==(const DecoderSettings&) const = default;
};

// Score that a decoder begins with: 0.75 for blazeface, else 0.5 or less.
double default_score(DecoderKind kind);

}  // namespace turnstone
