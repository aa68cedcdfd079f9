// From a frame to a model's input, in one pass over the picture.
#pragma once

#include <memory>

#include "base/result.h"
#include "media/frame.h"
#include "media/rows/rows.h"
#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Where the whole of an input of `width` x `height` lies in a picture of `picture_width` x
// `picture_height`. Errors: invalid when the crop does not lie within the picture.
Result<Geometry> geometry_of(const Preprocess& preprocess, int width, int height, int picture_width,
                             int picture_height);

// Fills tensors from frames. Keeps tables for the last picture size; one thread at a time.
class Preprocessor {
 public:
  Preprocessor(Preprocessor&&) noexcept;
  Preprocessor& operator=(Preprocessor&&) noexcept;
  ~Preprocessor();

  // Writes picture `batch_index` of `tensor`, which is the whole input [batch, ...] in its
  // own layout and type. Allocates only when the size or format of the frames changes. Errors:
  // invalid for an empty frame and a crop outside the picture, unsupported for samples; the tensor
  // is then untouched.
  Result<Geometry> run(const Frame& frame, int batch_index, void* tensor);

  // How many pictures the input holds.
  int batch() const;

  // Bytes of the whole input.
  int64_t size_bytes() const;

 private:
  friend Result<Preprocessor> make_preprocessor(const ModelInput&, const RowFunctions&);
  struct State;
  explicit Preprocessor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Errors: invalid when the input is no picture, `preprocess` is absent or does not fit the shape;
// unsupported for types other than f32, u8 and i8. Pixels are computed to a twentieth of a level,
// whichever functions do it.
Result<Preprocessor> make_preprocessor(const ModelInput& input,
                                       const RowFunctions& functions = *row_functions().front());

}  // namespace turnstone
