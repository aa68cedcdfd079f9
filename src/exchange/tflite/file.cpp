#include "exchange/tflite/file.h"

#include <algorithm>

#include "base/text.h"

namespace turnstone::tflite {
namespace {

constexpr uint32_t format_version = 3;
constexpr flatbuffers::uoffset_t most_depth = 16;
constexpr flatbuffers::uoffset_t most_tables = 1 << 20;

template <class T>
std::span<const T> span_of(const flatbuffers::Vector<T>* list) {
  if (!list) return {};
  return {list->data(), list->size()};
}

std::string_view view_of(const flatbuffers::String* text) {
  return text ? text->string_view() : std::string_view();
}

std::string place_of(std::string_view kind, size_t index, std::string_view name) {
  return fmt::format("{} {} '{}'", kind, index, printable(name, 80));
}

class Parser {
 public:
  Parser(std::string_view bytes, const fbs::Model& model) : bytes_(bytes), model_(model) {}

  Result<File> run() {
    if (model_.version() != format_version)
      return fail(Code::unsupported, "format version {} is not supported, supported: {}",
                  model_.version(), format_version);
    const auto* graphs = model_.subgraphs();
    if (!graphs || graphs->size() == 0) return fail(Code::invalid, "the file has no subgraph");
    const auto& graph = *graphs->Get(0);
    file_.size_bytes = bytes_.size();
    file_.description = view_of(model_.description());
    TRY(tensors(graph));
    TRY(operators(graph));
    file_.inputs = span_of(graph.inputs());
    file_.outputs = span_of(graph.outputs());
    TRY(indices(file_.inputs, 0), "inputs");
    TRY(indices(file_.outputs, 0), "outputs");
    TRY(metadata());
    return std::move(file_);
  }

 private:
  // Buffer 0 is always empty.
  Result<std::span<const std::byte>> buffer(uint64_t index) const {
    if (index == 0) return {};
    const auto* buffers = model_.buffers();
    const auto size = buffers ? buffers->size() : 0;
    if (index >= size)
      return fail(Code::invalid, "buffer {} does not exist, the file has {}", index, size);
    const auto& buffer = *buffers->Get(static_cast<flatbuffers::uoffset_t>(index));
    if (buffer.offset() > 1) {
      if (buffer.offset() > bytes_.size() || buffer.size() > bytes_.size() - buffer.offset())
        return fail(Code::invalid, "buffer {} with {} bytes at {} leaves the file of {} bytes",
                    index, buffer.size(), buffer.offset(), bytes_.size());
      const auto part = bytes_.substr(buffer.offset(), buffer.size());
      return std::as_bytes(std::span(part.data(), part.size()));
    }
    return std::as_bytes(span_of(buffer.data()));
  }

  Result<TensorInfo> tensor(const fbs::Tensor& table) const {
    TensorInfo info;
    info.name = view_of(table.name());
    info.type = table.type();
    info.is_variable = table.is_variable();
    info.sparsity = table.sparsity();
    for (const auto* list : {table.shape(), table.shape_signature()})
      if (list && list->size() > most_rank)
        return fail(Code::unsupported, "the shape has {} extents, most {}", list->size(),
                    most_rank);
    for (const auto extent : span_of(table.shape())) info.shape.push_back(extent);
    for (const auto extent : span_of(table.shape_signature())) info.signature.push_back(extent);
    if (!info.signature.empty() && info.signature.size() != info.shape.size())
      return fail(Code::invalid, "shape {} and its signature {} have different ranks",
                  print(info.shape), print(info.signature));
    TRY(checked_count(info.shape));
    if (const auto* q = table.quantization()) {
      info.scales = span_of(q->scale());
      info.zeros = span_of(q->zero_point());
      info.axis = q->quantized_dimension();
    }
    if (!info.zeros.empty() && info.zeros.size() != info.scales.size())
      return fail(Code::invalid, "{} scales and {} zero points are given", info.scales.size(),
                  info.zeros.size());
    info.bytes = TRY(buffer(table.buffer()));
    return info;
  }

  Result<> tensors(const fbs::SubGraph& graph) {
    const auto* list = graph.tensors();
    for (uint32_t i = 0; list && i < list->size(); ++i) {
      const auto& table = *list->Get(i);
      file_.tensors.push_back(TRY(tensor(table), place_of("tensor", i, view_of(table.name()))));
    }
    return {};
  }

  // Every one names a tensor; `least` is -1 where one may be left out.
  Result<> indices(std::span<const int32_t> list, int32_t least) const {
    for (const auto index : list)
      if (index < least || index >= static_cast<int64_t>(file_.tensors.size()))
        return fail(Code::invalid, "tensor {} does not exist, the file has {}", index,
                    file_.tensors.size());
    return {};
  }

  Result<OperatorInfo> op(const fbs::Operator& table) const {
    const auto* codes = model_.operator_codes();
    const auto size = codes ? codes->size() : 0;
    if (table.opcode_index() >= size)
      return fail(Code::invalid, "operator code {} does not exist, the file has {}",
                  table.opcode_index(), size);
    const auto& code = *codes->Get(table.opcode_index());
    OperatorInfo info;
    info.code = static_cast<fbs::BuiltinOperator>(
        std::max<int32_t>(code.builtin_code(), code.deprecated_builtin_code()));
    info.custom = view_of(code.custom_code());
    info.in = span_of(table.inputs());
    info.out = span_of(table.outputs());
    info.table = &table;
    TRY(indices(info.in, -1), "operands");
    TRY(indices(info.out, 0), "results");
    return info;
  }

  Result<> operators(const fbs::SubGraph& graph) {
    const auto* list = graph.operators();
    for (uint32_t i = 0; list && i < list->size(); ++i)
      file_.operators.push_back(TRY(op(*list->Get(i)), fmt::format("operator {}", i)));
    return {};
  }

  Result<> metadata() {
    const auto* list = model_.metadata();
    for (uint32_t i = 0; list && i < list->size(); ++i) {
      const auto& entry = *list->Get(i);
      const auto name = view_of(entry.name());
      file_.metadata.emplace_back(name, TRY(buffer(entry.buffer()), place_of("metadata", i, name)));
    }
    return {};
  }

  std::string_view bytes_;
  const fbs::Model& model_;
  File file_;
};

}  // namespace

Result<File> parse_file(std::string_view bytes) {
  CHECK(reinterpret_cast<uintptr_t>(bytes.data()) % 16 == 0);
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (bytes.size() < 8 || !fbs::ModelBufferHasIdentifier(data))
    return fail(Code::invalid, "the file is not TFLite: the mark 'TFL3' is missing");
  flatbuffers::Verifier verifier(data, bytes.size(), most_depth, most_tables);
  if (!fbs::VerifyModelBuffer(verifier))
    return fail(Code::invalid, "the file is damaged: a table, list or text leaves its {} bytes",
                bytes.size());
  return Parser(bytes, *fbs::GetModel(data)).run();
}

std::string name_of(const OperatorInfo& op) {
  if (op.code == fbs::BuiltinOperator_CUSTOM)
    return fmt::format("CUSTOM {}", printable(op.custom, 80));
  const std::string name = fbs::EnumNameBuiltinOperator(op.code);
  return name.empty() ? fmt::format("operator code {}", static_cast<int>(op.code)) : name;
}

std::string name_of(fbs::TensorType type) {
  const std::string name = fbs::EnumNameTensorType(type);
  return name.empty() ? fmt::format("type {}", static_cast<int>(type)) : name;
}

Result<DType> dtype_of(fbs::TensorType type) {
  switch (type) {
    case fbs::TensorType_FLOAT32:
      return DType::f32;
    case fbs::TensorType_FLOAT16:
      return DType::f16;
    case fbs::TensorType_BFLOAT16:
      return DType::bf16;
    case fbs::TensorType_FLOAT64:
      return DType::f64;
    case fbs::TensorType_INT8:
      return DType::i8;
    case fbs::TensorType_UINT8:
      return DType::u8;
    case fbs::TensorType_INT16:
      return DType::i16;
    case fbs::TensorType_INT32:
      return DType::i32;
    case fbs::TensorType_INT64:
      return DType::i64;
    case fbs::TensorType_BOOL:
      return DType::boolean;
    default:
      return fail(Code::unsupported, "elements of {} are not supported", name_of(type));
  }
}

Result<Tensor> constant_of(const TensorInfo& info) {
  if (info.sparsity) return densified(info);
  const auto type = TRY(dtype_of(info.type));
  const auto needed = count(info.shape) * size_of(type);
  if (static_cast<int64_t>(info.bytes.size()) != needed)
    return fail(Code::invalid, "the constant has {} bytes, shape {} of {} needs {}",
                info.bytes.size(), print(info.shape), print(type), needed);
  Tensor tensor(type, info.shape);
  const bool truth = tensor.dtype() == DType::boolean;  // any byte but 0 is true
  std::ranges::transform(info.bytes, tensor.mutable_bytes(), [&](std::byte byte) {
    return truth ? std::byte{byte != std::byte{}} : byte;
  });
  return tensor;
}

}  // namespace turnstone::tflite
