// From frames to scenes with one model: preprocess, run, decode.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "media/frame.h"
#include "station/runtime.h"
#include "tensor/tensor.h"
#include "vision/decoder.h"
#include "vision/preprocess.h"

namespace turnstone {

// One thread at a time.
class Engine {
 public:
  // Opens the package and all it needs to judge pictures. Errors: as open_runtime; invalid: no
  // model.json, not exactly one input, an input that is no picture; unsupported: no decoder.
  static Result<Engine> open(const std::filesystem::path& package, int threads,
                             OwnCode own_code = OwnCode::no);

  const Model& model() const { return *runtime_.package.model; }
  const Runtime& runtime() const { return runtime_; }

  // Pictures that one run takes.
  int batch() const { return preprocessor_.batch(); }

  // Judges 1 to batch() frames; the places of missing ones are filled with the last, whose result
  // is not used. One result a frame, in order; of a piece its places are those of the whole
  // picture. Errors: invalid, the run itself failed.
  Result<std::vector<Result<Scene>>> run(std::span<const Frame> frames);

  // What the model's code took in the last run, without preparing and decoding.
  std::chrono::nanoseconds last_run() const { return last_run_; }

 private:
  Engine(Runtime runtime, Preprocessor preprocessor, std::unique_ptr<Decoder> decoder);
  std::vector<OutputView> outputs(std::vector<std::vector<int64_t>>& shapes) const;
  Result<Scene> scene_of(const Frame& frame, std::span<const OutputView> outputs, int index,
                         const Geometry& geometry) const;

  Runtime runtime_;
  Preprocessor preprocessor_;
  std::unique_ptr<Decoder> decoder_;
  Tensor input_;
  std::chrono::nanoseconds last_run_{0};
};

}  // namespace turnstone
