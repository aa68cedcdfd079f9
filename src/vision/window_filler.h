// From a window of samples to a model's input.
#pragma once

#include "base/result.h"
#include "media/frame.h"
#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Fills tensors from windows. One thread at a time.
class WindowFiller {
 public:
  // For an input [batch, channels, steps], [batch, steps, channels] with `steps_first`, or
  // [batch, values], whose values are as many steps as there are of the window's channels; further
  // extents of 1 do not count. Errors: invalid for other shapes, unsupported for types other than
  // f32, u8 and i8.
  static Result<WindowFiller> make(const ModelInput& input);

  // Writes the newest steps of `window` as item `batch_index` of `tensor`, which is the whole input
  // in its own type. Errors: invalid for pictures, for other channels, for fewer steps than the
  // input has, and for values that are no numbers; what is there of the item is then undefined.
  Result<Geometry> run(const Frame& window, int batch_index, void* tensor) const;

  // How many windows the input holds.
  int batch() const { return batch_; }

 private:
  struct Extent {
    int channels, steps;
  };
  explicit WindowFiller(const ModelInput& input) : input_(input) {}
  Result<> read_shape();
  Result<Extent> extent_of(const Frame& window) const;

  ModelInput input_;
  int batch_ = 0;
  int channels_ = 0;    // 0: as the window has
  int64_t values_ = 0;  // of an item
};

}  // namespace turnstone
