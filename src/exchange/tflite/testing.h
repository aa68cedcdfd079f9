// Small TFLite files for tests, made in memory.
#pragma once

#include <string>
#include <vector>

#include "tflite_generated.h"

namespace turnstone::tflite {

// Adds tensors and operators, then gives the file. One thread at a time.
class FileMaker {
 public:
  struct Made {
    fbs::TensorType type = fbs::TensorType_FLOAT32;
    std::vector<int32_t> shape = {};
    std::vector<float> scales = {};
    std::vector<int64_t> zeros = {};
    int32_t axis = 0;
    std::vector<int32_t> signature = {};
    bool is_variable = false;
  };

  // A tensor without content; its number.
  int32_t tensor(const std::string& name, const Made& made, uint32_t buffer = 0) {
    const auto q = made.scales.empty() ? 0
                                       : fbs::CreateQuantizationParameters(
                                             b_, b_.CreateVector(made.scales),
                                             b_.CreateVector(made.zeros), 0, made.axis);
    tensors_.push_back(fbs::CreateTensor(
        b_, b_.CreateVector(made.shape), made.type, buffer, b_.CreateString(name), q,
        made.is_variable, 0, made.signature.empty() ? 0 : b_.CreateVector(made.signature)));
    return static_cast<int32_t>(tensors_.size() - 1);
  }

  // A constant with the elements `values`, stored as T.
  template <class T>
  int32_t constant(const std::string& name, const Made& made, const std::vector<T>& values) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    b_.ForceVectorAlignment(values.size() * sizeof(T), 1, 16);
    const auto data = b_.CreateVector(bytes, values.size() * sizeof(T));
    buffers_.push_back(fbs::CreateBuffer(b_, data));
    return tensor(name, made, static_cast<uint32_t>(buffers_.size()));
  }

  // `options` is made with builder(), of kind `kind`; those of a custom one are bytes.
  void op(fbs::BuiltinOperator code, const std::vector<int32_t>& in,
          const std::vector<int32_t>& out, fbs::BuiltinOptions kind = fbs::BuiltinOptions_NONE,
          flatbuffers::Offset<void> options = 0, const std::string& custom = {},
          const std::vector<uint8_t>& custom_options = {}) {
    const auto old = static_cast<int8_t>(code < 127 ? code : 127);
    codes_.push_back(
        fbs::CreateOperatorCode(b_, old, custom.empty() ? 0 : b_.CreateString(custom), 1, code));
    operators_.push_back(fbs::CreateOperator(b_, static_cast<uint32_t>(codes_.size() - 1),
                                             b_.CreateVector(in), b_.CreateVector(out), kind,
                                             options, b_.CreateVector(custom_options)));
  }

  std::string finish(const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs,
                     uint32_t version = 3) {
    buffers_.insert(buffers_.begin(), fbs::CreateBuffer(b_));
    const auto graph = fbs::CreateSubGraph(b_, b_.CreateVector(tensors_), b_.CreateVector(inputs),
                                           b_.CreateVector(outputs), b_.CreateVector(operators_));
    const auto model =
        fbs::CreateModel(b_, version, b_.CreateVector(codes_), b_.CreateVector(std::vector{graph}),
                         0, b_.CreateVector(buffers_));
    b_.Finish(model, fbs::ModelIdentifier());
    return {reinterpret_cast<const char*>(b_.GetBufferPointer()), b_.GetSize()};
  }

  flatbuffers::FlatBufferBuilder& builder() { return b_; }

 private:
  flatbuffers::FlatBufferBuilder b_;
  std::vector<flatbuffers::Offset<fbs::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<fbs::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<fbs::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<fbs::Operator>> operators_;
};

}  // namespace turnstone::tflite
