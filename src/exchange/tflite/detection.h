// Detectors of TFLite's zoo end in the operator TFLite_Detection_PostProcess
// (tensorflow/lite/kernels/detection_postprocess.cc), which does what the decoder `ssd` does: its
// operands become the model's outputs, and its settings those of the decoder.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "exchange/tflite/file.h"

namespace turnstone::tflite {

struct DetectionEnd {
  // Tensors: boxes [batch, anchors, 4] as centre y, x, height, width relative to the anchors, and
  // scores [batch, anchors, classes].
  std::array<int32_t, 2> outputs = {};
  std::string model_json;  // of a model that gives them, boxes as centre x, y, width, height
};

// The operator's operands, where every output of the file is its result. Errors: invalid and
// unsupported, beginning with the operator.
Result<std::optional<DetectionEnd>> find_detection_end(const File& file);

}  // namespace turnstone::tflite
