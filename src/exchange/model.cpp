#include "exchange/model.h"

#include "base/files.h"
#include "exchange/onnx/import.h"
#if __has_include("exchange/tflite/import.h")
#include "exchange/tflite/import.h"
#define TURNSTONE_TFLITE 1
#endif

namespace turnstone {
namespace {

constexpr size_t most_bytes = (size_t{1} << 31) - 1;  // protobuf's and flatbuffers' own limit

bool is_tflite(std::string_view bytes) { return bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3"; }

}  // namespace

Result<ImportedModel> import_model_bytes(std::string_view bytes, std::string_view name,
                                         const ImportOptions& options) {
  if (bytes.empty()) return fail(Code::invalid, "{}: the file is empty", name);
#ifdef TURNSTONE_TFLITE
  auto model =
      TRY(is_tflite(bytes) ? import_tflite(bytes, options) : import_onnx(bytes, options), name);
#else
  if (is_tflite(bytes)) return fail(Code::unsupported, "{}: TFLite files are not read", name);
  auto model = TRY(import_onnx(bytes, options), name);
#endif
  model.name = std::filesystem::path(name).stem().string();
  return model;
}

Result<ImportedModel> import_model(const std::filesystem::path& path,
                                   const ImportOptions& options) {
  const auto bytes = TRY(read_text(path, most_bytes));
  return import_model_bytes(bytes, path.string(), options);
}

std::string picture_layout(const Shape& shape, std::string_view otherwise) {
  if (shape.size() != 4) return {};
  const bool first = shape[1] <= 4;
  const bool last = shape[3] <= 4;
  if (first == last) return std::string(otherwise);
  return first ? "NCHW" : "NHWC";
}

}  // namespace turnstone
