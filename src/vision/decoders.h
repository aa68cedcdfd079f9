// The decoders that make_decoder chooses from; one file each, one row each.
#pragma once

#include <memory>

#include "base/result.h"
#include "vision/decoder.h"
#include "vision/model_info.h"

namespace turnstone {

// Scores of classes of the whole picture: of the output with role class_scores or class_logits, of
// the only output, or of the only one with as many values as there are labels. `softmax` makes
// scores of logits, divided by the temperature: of class_logits always, of class_scores never, of
// an output without a role unless its values already are scores (a quantised type that spans no
// more than 0..1, or numbers in 0..1 whose sum is 1). `identity` changes nothing.
Result<std::unique_ptr<Decoder>> make_class_decoder(const Model& model, const DecoderSettings&);

// Labels that a picture has at once, from outputs found as those of softmax: a sigmoid for each,
// but of class_scores and of a quantised type that spans no more than 0..1. Those that reach their
// threshold are told.
Result<std::unique_ptr<Decoder>> make_multilabel_decoder(const Model& model,
                                                         const DecoderSettings&);

// SSD: boxes [batch, anchors, 4] as centre x, y, width, height relative to the anchor (variances
// applied, exponential for the extents), scores [batch, anchors, classes]. Scores by role:
// class_logits get a softmax over the classes, box_logits a sigmoid each, all others are taken as
// they are. Model::background is skipped.
Result<std::unique_ptr<Decoder>> make_ssd_decoder(const Model& model, const DecoderSettings&);

// BlazeFace: boxes [batch, anchors, 16] in pixels of the input (centre x, y, width, height relative
// to the anchor's centre, then 6 keypoints), score logits [batch, anchors, 1]; in any order, in one
// piece or one for each map. 896 anchors (front, back: maps of 16x16x2 and 8x8x6) or 2304 (full:
// 48x48x1).
Result<std::unique_ptr<Decoder>> make_blazeface_decoder(const Model& model, const DecoderSettings&);

// YOLO, by DecoderSettings::form, coordinates in pixels of the input unless `units` says fractions:
// - exponential, squared: maps [batch, anchors * (5 + classes), height, width], or NHWC, or [batch,
//   anchors, height, width, 5 + classes], of logits; anchors by layer or of the preset. Centres by
//   sigmoid; extents by exp, or by the square of the doubled sigmoid.
// - distribution: maps [batch, 4 * bins + classes, height, width], or the two parts apart: each
// side
//   lies as far from the middle of its cell as the mean of a distribution says.
// - offsets: [batch, cells, 5 + classes] of strides 8, 16, 32 (and 64): centre from the cell,
//   logarithms of the extents in cells, objectness and class scores.
// - rows: [batch, places, 5 + classes ...]: centre x, y, width, height, objectness, class scores.
// - columns: [batch, 4 + classes ..., places], or the two exchanged: no objectness.
// - final: [batch, detections, 6 ...]: left, top, right, bottom, score, label; these are not
//   suppressed.
//
// Behind the classes (or the label) stand `keypoints` as x, y and perhaps a score, and as many
// coefficients as the output with four extents has prototypes of masks. A place has one label.
Result<std::unique_ptr<Decoder>> make_yolo_decoder(const Model& model, const DecoderSettings&);

// The forms that end in maps; make_yolo_decoder chooses.
Result<std::unique_ptr<Decoder>> make_yolo_map_decoder(const Model& model, const DecoderSettings&);

// Segmentation: the output with role mask, class_logits or class_scores, or the only one of three
// or four extents. [batch, classes, height, width] or NHWC: the label of the largest number, none
// where all are no numbers; one class: label 1 where the sigmoid (of class_scores the number
// itself) reaches its threshold, else 0. Integers that are not quantised are labels already:
// [batch, height, width], with or without an extent 1 for the class. The layout is told by the
// extent that counts the labels, else by the settings or the input.
Result<std::unique_ptr<Decoder>> make_mask_decoder(const Model& model, const DecoderSettings&);

// The operator TFLite_Detection_PostProcess: boxes [batch, n, 4] as top, left, bottom, right in
// fractions of the input, labels and scores [batch, n], count [batch]; by role (boxes, labels,
// box_scores, count) or in this order. Nothing is suppressed.
Result<std::unique_ptr<Decoder>> make_tflite_detection_decoder(const Model& model,
                                                               const DecoderSettings&);

// GluonCV's SSD, YOLO and CenterNet as they are exported: labels [batch, n, 1], -1 for none, scores
// [batch, n, 1], boxes [batch, n, 4] as left, top, right, bottom in pixels of the input; by role
// (labels, box_scores, boxes) or in this order. Nothing is suppressed.
Result<std::unique_ptr<Decoder>> make_gluoncv_decoder(const Model& model, const DecoderSettings&);

// MoveNet: [batch, people, points, 3] as y, x in fractions of the input, and score; a detection a
// person, whose score is the mean of its points'.
Result<std::unique_ptr<Decoder>> make_movenet_decoder(const Model& model, const DecoderSettings&);

// One person's keypoints, a heat map [batch, points, height, width] (or NHWC) for each: the largest
// cell, a quarter of a cell towards its higher neighbours, as HRNet and SimpleBaseline do. The
// score is the cell's value.
Result<std::unique_ptr<Decoder>> make_heatmaps_decoder(const Model& model, const DecoderSettings&);

// Anomaly detection: a map [batch, 1, height, width], with or without the 1, or [height, width], a
// score [batch] or [batch, 1], or both; by role (anomaly_map, anomaly_score) or so told apart.
// Without a score the map's percentile is it. `range` says which values become 0 and 1; then values
// are scaled so that 0.5 is the threshold. Classes: the normal one is the background, or label 0.
// Errors: also invalid for values that are no numbers.
Result<std::unique_ptr<Decoder>> make_anomaly_decoder(const Model& model, const DecoderSettings&);

// Embeddings: the output with role embedding or features, or the only one, at length 1. With a
// gallery each label's score is the cosine to its nearest vector, 0..1; where the best does not
// reach its threshold, class -1 (unknown) stands first with that score.
Result<std::unique_ptr<Decoder>> make_embedding_decoder(const Model& model, const DecoderSettings&);

// Numbers named by the labels: all values of the outputs with role value, or of all outputs.
// Errors: also invalid for values that are not finite.
Result<std::unique_ptr<Decoder>> make_regression_decoder(const Model& model,
                                                         const DecoderSettings&);

// NanoDet: [batch, cells, classes + 4 * bins], class scores (logits with role box_logits), then the
// sides' distances as distributions; strides 8, 16, 32 from the middle of a cell (NanoDet) or 8,
// 16, 32, 64 from its corner (NanoDet-Plus).
Result<std::unique_ptr<Decoder>> make_nanodet_decoder(const Model& model, const DecoderSettings&);

// CenterNet: a heat map of scores (logits with role box_logits) [batch, classes, height, width],
// extents and offsets [batch, 2, height, width] as x, y in cells; by role (extents, offsets) or in
// this order, or NHWC. Cells that no neighbour exceeds are centres; nothing is suppressed.
Result<std::unique_ptr<Decoder>> make_centernet_decoder(const Model& model, const DecoderSettings&);

// RetinaNet: as SSD without variances; scores without a role are logits for a sigmoid each.
// Anchors: anchors.boxes, or those of torchvision's retinanet_resnet50_fpn for the input.
Result<std::unique_ptr<Decoder>> make_retinanet_decoder(const Model& model, const DecoderSettings&);

// What there is to know of a kind of decoder.
struct DecoderRow {
  DecoderKind kind;
  const char* name;   // in model.json
  Task task;          // what a model with it is for
  double score;       // that it begins with
  const char* label;  // of a model without labels, or ""
  const char* doc;    // one line
  Result<std::unique_ptr<Decoder>> (*make)(const Model&, const DecoderSettings&);
};

// In the order of DecoderKind.
inline constexpr DecoderRow decoder_rows[] = {
    {DecoderKind::softmax, "softmax", Task::classification, 0.5, "",
     "one class a picture, of logits or scores (temperature)", make_class_decoder},
    {DecoderKind::identity, "identity", Task::classification, 0.5, "",
     "one class a picture, values as they are", make_class_decoder},
    {DecoderKind::multilabel, "multilabel", Task::classification, 0.5, "",
     "every class whose sigmoid reaches its threshold", make_multilabel_decoder},
    {DecoderKind::ssd, "ssd", Task::detection, 0.5, "",
     "boxes relative to anchors (anchors.layers, anchors.boxes, anchors.variances)",
     make_ssd_decoder},
    {DecoderKind::blazeface, "blazeface", Task::detection, 0.75, "face",
     "faces with six keypoints (anchors: front, back, full)", make_blazeface_decoder},
    {DecoderKind::yolo, "yolo", Task::detection, 0.25, "",
     "YOLO v3 to v11, YOLOX (form: exponential, squared, distribution, offsets, rows, columns, "
     "final)",
     make_yolo_decoder},
    {DecoderKind::mask, "mask", Task::segmentation, 0.5, "",
     "a label for every cell, of numbers for each class or of labels (layout)", make_mask_decoder},
    {DecoderKind::tflite_detection, "tflite_detection", Task::detection, 0.5, "",
     "the four outputs of TFLite_Detection_PostProcess", make_tflite_detection_decoder},
    {DecoderKind::gluoncv, "gluoncv", Task::detection, 0.5, "",
     "labels, scores and boxes in pixels, already suppressed (units)", make_gluoncv_decoder},
    {DecoderKind::movenet, "movenet", Task::keypoints, 0.2, "person", "keypoints as y, x, score",
     make_movenet_decoder},
    {DecoderKind::heatmaps, "heatmaps", Task::keypoints, 0.2, "person",
     "keypoints, a heat map for each (layout)", make_heatmaps_decoder},
    {DecoderKind::anomaly, "anomaly", Task::anomaly, 0.5, "",
     "normal or not, by a map or a score (percentile, range)", make_anomaly_decoder},
    {DecoderKind::embedding, "embedding", Task::embedding, 0.5, "",
     "the nearest of known vectors, or unknown (gallery)", make_embedding_decoder},
    {DecoderKind::regression, "regression", Task::regression, 0.5, "",
     "numbers named by the labels", make_regression_decoder},
    {DecoderKind::nanodet, "nanodet", Task::detection, 0.4, "", "NanoDet and NanoDet-Plus",
     make_nanodet_decoder},
    {DecoderKind::centernet, "centernet", Task::detection, 0.3, "",
     "heat map of centres, extents, offsets (layout)", make_centernet_decoder},
    {DecoderKind::retinanet, "retinanet", Task::detection, 0.5, "",
     "RetinaNet with torchvision's anchors (anchors.boxes)", make_retinanet_decoder},
};

// The row of a kind.
const DecoderRow& row_of(DecoderKind kind);

// "softmax, identity, ...", for messages.
std::string decoder_names();

// One line for each kind: its name and what it is for.
std::string decoder_help();

}  // namespace turnstone
