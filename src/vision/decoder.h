// From a model's raw outputs to a Scene. Nobody else knows what the numbers mean.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "vision/model_info.h"
#include "vision/preprocess.h"
#include "vision/scene.h"

namespace turnstone {

// One output after a run; owns nothing.
struct OutputView {
  std::string_view name;
  DType dtype = DType::f32;
  std::span<const int64_t> shape;  // batch first
  const void* data = nullptr;
  std::optional<Quantisation> quantisation;
};

// Any thread; calls do not disturb each other.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // What picture `batch_index` of the batch shows. `outputs` are all of the model's, in any order.
  // Fills classes or detections and leaves the other fields of the scene alone. Errors: invalid
  // when no output has the shape that the decoder needs, with the shapes that there are; missing
  // when model.json does not say which of several outputs it is.
  virtual Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                               const Geometry& geometry) const = 0;
};

// The decoder that model.decoder names; softmax for a classification without one. Errors: invalid
// when the settings contradict each other; missing when model.json lacks some; unsupported when the
// model says neither decoder nor a task that has one.
Result<std::unique_ptr<Decoder>> make_decoder(const Model& model);

// Label `index` of the model, or the number as text where the model has no such label.
std::string label_of(const Model& model, int index);

}  // namespace turnstone
