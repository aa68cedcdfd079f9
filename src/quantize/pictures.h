// The pictures that a model is calibrated with, as tensors of its input.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "ir/type.h"
#include "vision/preprocess.h"

namespace turnstone::int8 {

// Files only: each picture is read when it is asked for. One thread at a time.
class Pictures {
 public:
  // Of each folder, and of those inside, its pictures and .npy files, and each file that is named
  // itself. Errors: missing; invalid (a folder without pictures); what make_preprocessor says,
  // where there are pictures.
  static Result<Pictures> open(const std::vector<std::filesystem::path>& paths,
                               const ModelInput& input);

  size_t count() const { return files_.size(); }
  const std::filesystem::path& file(size_t i) const { return files_[i]; }

  // Picture `i` as the input, with those behind it where the input takes several, from the first
  // again behind the last; or the tensor of the .npy file, which must have its type and shape.
  // Errors: as read_picture and read_npy; invalid, with the path.
  Result<Tensor> read(size_t i);

 private:
  explicit Pictures(const ModelInput& input) : type_{input.dtype, input.shape} {}

  Type type_;
  std::vector<std::filesystem::path> files_;
  std::optional<Preprocessor> preprocessor_;  // none where all files are tensors
};

}  // namespace turnstone::int8
