// The content of a .tflite file, checked: whatever is reached through these types lies inside the
// file, and every index is that of an existing thing.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"
#include "tflite_generated.h"

namespace turnstone::tflite {

// Names and spans point into the file's bytes.
struct TensorInfo {
  std::string_view name;
  fbs::TensorType type = fbs::TensorType_FLOAT32;
  Shape shape;
  Shape signature;  // the same with -1 where an extent is open; empty when none is
  bool is_variable = false;
  std::span<const std::byte> bytes;  // of a constant; empty for others
  std::span<const float> scales;     // none, one, or one for each index of `axis`
  std::span<const int64_t> zeros;
  int64_t axis = 0;
  const fbs::SparsityParameters* sparsity = nullptr;

  bool is_constant() const { return !bytes.empty(); }
  bool is_empty() const { return count(shape) == 0; }  // a constant too where nothing computes it
};

// Operands and results are indices of tensors; an operand of -1 is left out.
struct OperatorInfo {
  fbs::BuiltinOperator code = fbs::BuiltinOperator_ADD;
  std::string_view custom;  // name of a CUSTOM one
  std::span<const int32_t> in;
  std::span<const int32_t> out;
  const fbs::Operator* table = nullptr;
};

// The first subgraph of a model. The bytes that it was parsed from must outlive it.
struct File {
  std::string_view description;
  std::vector<TensorInfo> tensors;
  std::vector<OperatorInfo> operators;  // in the order in which they run
  std::span<const int32_t> inputs;
  std::span<const int32_t> outputs;
  std::vector<std::pair<std::string_view, std::span<const std::byte>>> metadata;
  size_t size_bytes = 0;
};

// Checks `bytes` completely, which must be aligned to 16. Errors: invalid, naming the place;
// unsupported for another version of the format.
Result<File> parse_file(std::string_view bytes);

// "CONV_2D", "CUSTOM Foo", "operator code 300".
std::string name_of(const OperatorInfo& op);

// "FLOAT32".
std::string name_of(fbs::TensorType type);

// The type that holds such elements. Errors: unsupported.
Result<DType> dtype_of(fbs::TensorType type);

// The elements of a constant; sparse ones are made dense. Errors: invalid when bytes and shape
// disagree, unsupported for types that we lack.
Result<Tensor> constant_of(const TensorInfo& info);

// The elements of a sparse constant of `info`, all of them. Errors: invalid when the description
// leaves its arrays or the shape.
Result<Tensor> densified(const TensorInfo& info);

}  // namespace turnstone::tflite
