#include "quantize/pictures.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "media/picture.h"
#include "tensor/npy.h"

namespace turnstone::int8 {
namespace {

namespace fs = std::filesystem;

bool is_tensor_name(const fs::path& path) { return lower(path.extension().string()) == ".npy"; }

bool is_wanted(const fs::path& path) { return is_picture_name(path) || is_tensor_name(path); }

Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return fail(Code::missing, "{}: is not there", path.string());
  if (!fs::is_directory(path, ignored)) {
    if (!is_wanted(path) || !fs::is_regular_file(path, ignored))
      return fail(Code::invalid, "{}: is no picture, legal are .jpg, .jpeg, .png and .npy",
                  path.string());
    return std::vector{path};
  }
  auto files = TRY(list_files_below(path));
  std::erase_if(files, [](const fs::path& file) { return !is_wanted(file); });
  if (files.empty())
    return fail(Code::invalid, "{}: holds no picture, legal are .jpg, .jpeg, .png and .npy",
                path.string());
  return files;
}

}  // namespace

Result<Pictures> Pictures::open(const std::vector<fs::path>& paths, const ModelInput& input) {
  Pictures pictures(input);
  for (const auto& path : paths) {
    const auto files = TRY(files_of(path));
    pictures.files_.insert(pictures.files_.end(), files.begin(), files.end());
  }
  if (std::ranges::all_of(pictures.files_, is_tensor_name)) return pictures;
  if (!input.preprocess)
    return fail(Code::invalid,
                "nobody said how pictures become input '{}', say it with --preprocess, or give "
                ".npy files",
                printable(input.name, 60));
  pictures.preprocessor_.emplace(TRY(make_preprocessor(input)));
  return pictures;
}

Result<Tensor> Pictures::read(size_t i) {
  const auto& file = files_[i];
  if (is_tensor_name(file)) {
    auto tensor = TRY(read_npy(file));
    const Type type{tensor.dtype(), tensor.shape()};
    if (type != type_)
      return fail(Code::invalid, "{}: is {}, wanted: {}", file.string(), print(type), print(type_));
    return tensor;
  }
  Tensor tensor(type_.dtype, type_.shape);
  for (int k = 0; k < preprocessor_->batch(); ++k) {
    const auto& beside = files_[(i + static_cast<size_t>(k)) % files_.size()];
    const auto frame = TRY(read_picture(is_tensor_name(beside) ? file : beside));
    TRY(preprocessor_->run(frame, k, tensor.mutable_bytes()), beside.string());
  }
  return tensor;
}

}  // namespace turnstone::int8
