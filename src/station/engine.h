// From frames to scenes with one model: preprocess, run, decode. Frames are pictures, or windows of
// samples for a model that takes numbers.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "media/frame.h"
#include "station/runtime.h"
#include "tensor/tensor.h"
#include "vision/decoder.h"
#include "vision/preprocess.h"
#include "vision/window_filler.h"

namespace turnstone {

// What the parts of a run have taken.
struct EngineTimes {
  std::chrono::nanoseconds preprocess{0};
  std::chrono::nanoseconds model{0};  // its code
  std::chrono::nanoseconds decode{0};
};

// Whether windows of samples fill the input, and not pictures.
bool takes_samples(const ModelInput& input);

// One thread at a time.
class Engine {
 public:
  // Opens the package and all it needs to judge frames. Errors: as open_runtime; invalid: no
  // model.json, not exactly one input, an input that nothing can be made for; unsupported: no
  // decoder.
  static Result<Engine> open(const std::filesystem::path& package, int threads,
                             OwnCode own_code = OwnCode::no);

  const Model& model() const { return *runtime_.package.model; }
  const Runtime& runtime() const { return runtime_; }

  // Frames that one run takes.
  int batch() const {
    return std::visit([](const auto& filler) { return filler.batch(); }, filler_);
  }

  // Judges 1 to batch() frames; the places of missing ones are filled with the last, whose result
  // is not used. One result a frame, in order; of a piece its places are those of the whole
  // picture. Errors: invalid, the run itself failed.
  Result<std::vector<Result<Scene>>> run(std::span<const Frame> frames);

  // Of the last run.
  const EngineTimes& times() const { return times_; }

 private:
  using Filler = std::variant<Preprocessor, WindowFiller>;
  static Result<Filler> filler_of(const Runtime& runtime);
  Engine(Runtime runtime, Filler filler, std::unique_ptr<Decoder> decoder);
  std::vector<OutputView> outputs(std::vector<std::vector<int64_t>>& shapes) const;
  Result<Scene> scene_of(const Frame& frame, std::span<const OutputView> outputs, int index,
                         const Geometry& geometry) const;

  Runtime runtime_;
  Filler filler_;
  std::unique_ptr<Decoder> decoder_;
  Tensor input_;
  EngineTimes times_;
};

}  // namespace turnstone
