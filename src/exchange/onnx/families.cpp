#include "exchange/onnx/families.h"

namespace turnstone {
namespace {

bool is_of_opset(const OnnxImport& row, int64_t opset) {
  return !row.domain.empty() || (row.since <= opset && opset <= row.until);
}

}  // namespace

const OnnxImport* find_import(std::string_view domain, std::string_view name, int64_t opset) {
  using Family = std::span<const OnnxImport> (*)();
  static constexpr Family families[] = {activations, arithmetic, constants,      convolutions,
                                        indexing,    matrices,   normalisations, pools,
                                        quantised,   reductions, resizing,       shapes};
  for (const auto family : families)
    for (const auto& row : family())
      if (row.domain == domain && row.name == name && is_of_opset(row, opset)) return &row;
  return nullptr;
}

}  // namespace turnstone
