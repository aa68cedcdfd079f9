#include "exchange/onnx/proto.h"

#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#include <google/protobuf/unknown_field_set.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/text.h"

namespace turnstone {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Metadata of the format's later versions: descriptive only, so it may be passed over.
bool is_descriptive(std::string_view message, int number) {
  struct Field {
    std::string_view message;
    int number;
  };
  static constexpr Field fields[] = {{"NodeProto", 9},
                                     {"ValueInfoProto", 4},
                                     {"GraphProto", 16},
                                     {"TensorProto", 16},
                                     {"NodeProto", 8}};
  return std::ranges::any_of(
      fields, [&](const Field& f) { return f.message == message && f.number == number; });
}

// NodeProto.overload chooses among functions of the same name; empty it says nothing.
bool is_empty_text(const google::protobuf::UnknownField& field) {
  return field.type() == field.TYPE_LENGTH_DELIMITED && field.length_delimited().empty();
}

Result<> refuse_unknown_fields(const Message& message) {
  const auto* reflection = message.GetReflection();
  const auto& unknown = reflection->GetUnknownFields(message);
  const auto& kind = message.GetDescriptor()->name();
  for (int i = 0; i < unknown.field_count(); ++i) {
    const auto& field = unknown.field(i);
    const bool overload = kind == "NodeProto" && field.number() == 8;
    if (overload ? is_empty_text(field) : is_descriptive(kind, field.number())) continue;
    return fail(Code::unsupported,
                "field {} of {} is unknown: the file is newer than ONNX IR version 8, or damaged",
                field.number(), kind);
  }
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      TRY(refuse_unknown_fields(reflection->GetMessage(message, field)));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      TRY(refuse_unknown_fields(reflection->GetRepeatedMessage(message, field, i)));
  }
  return {};
}

struct TypePair {
  int onnx;
  DType ours;
};
constexpr TypePair types[] = {
    {onnx::TensorProto::FLOAT, DType::f32},     {onnx::TensorProto::UINT8, DType::u8},
    {onnx::TensorProto::INT8, DType::i8},       {onnx::TensorProto::UINT16, DType::u16},
    {onnx::TensorProto::INT16, DType::i16},     {onnx::TensorProto::INT32, DType::i32},
    {onnx::TensorProto::INT64, DType::i64},     {onnx::TensorProto::BOOL, DType::boolean},
    {onnx::TensorProto::FLOAT16, DType::f16},   {onnx::TensorProto::DOUBLE, DType::f64},
    {onnx::TensorProto::UINT32, DType::u32},    {onnx::TensorProto::UINT64, DType::u64},
    {onnx::TensorProto::BFLOAT16, DType::bf16},
};

Result<DType> dtype_of(int onnx_type) {
  for (const auto& pair : types)
    if (pair.onnx == onnx_type) return pair.ours;
  const auto name = onnx::TensorProto::DataType_IsValid(onnx_type)
                        ? onnx::TensorProto::DataType_Name(onnx::TensorProto::DataType(onnx_type))
                        : fmt::format("number {}", onnx_type);
  return fail(Code::unsupported, "element type {} is not supported", name);
}

int onnx_type_of(DType type) {
  for (const auto& pair : types)
    if (pair.ours == type) return pair.onnx;
  __builtin_unreachable();
}

// Elements stored as numbers of type From in a repeated field.
template <class From>
Result<Tensor> typed_elements(DType type, const Shape& shape, int64_t wanted, const From& from) {
  if (from.size() != wanted)
    return fail(Code::invalid, "{} elements are stored, shape {} wants {}", from.size(),
                print(shape), wanted);
  Tensor tensor(type, shape);
  for (int i = 0; i < from.size(); ++i) {
    if (type == DType::f16 || type == DType::bf16)
      tensor.mutable_as<uint16_t>()[size_t(i)] = static_cast<uint16_t>(from[i]);
    else if (type == DType::f32 || type == DType::f64)
      tensor.set_real(i, static_cast<double>(from[i]));
    else
      tensor.set_integer(i, static_cast<int64_t>(from[i]));
  }
  return tensor;
}

Result<Tensor> raw_elements(DType type, const Shape& shape, int64_t wanted,
                            const std::string& raw) {
  if (static_cast<int64_t>(raw.size()) != wanted * size_of(type))
    return fail(Code::invalid, "{} bytes are stored, {} of shape {} wants {}", raw.size(),
                print(type), print(shape), wanted * size_of(type));
  Tensor tensor(type, shape);
  std::memcpy(tensor.mutable_bytes(), raw.data(), raw.size());
  if (type == DType::boolean)
    for (auto& byte : std::span(reinterpret_cast<uint8_t*>(tensor.mutable_bytes()), raw.size()))
      byte = byte != 0;
  return tensor;
}

Result<Tensor> tensor_of(const onnx::TensorProto& from) {
  if (from.data_location() == onnx::TensorProto::EXTERNAL || from.external_data_size() > 0)
    return fail(Code::unsupported, "the data lie in another file, which is not read");
  if (from.has_segment()) return fail(Code::unsupported, "the data are a segment of a tensor");
  const Shape shape(from.dims().begin(), from.dims().end());
  const auto wanted = TRY(checked_count(shape));
  const auto type = TRY(dtype_of(from.data_type()));
  if (from.has_raw_data()) return raw_elements(type, shape, wanted, from.raw_data());
  switch (type) {
    case DType::f32:
      return typed_elements(type, shape, wanted, from.float_data());
    case DType::f64:
      return typed_elements(type, shape, wanted, from.double_data());
    case DType::i64:
      return typed_elements(type, shape, wanted, from.int64_data());
    case DType::u32:
    case DType::u64:
      return typed_elements(type, shape, wanted, from.uint64_data());
    default:
      return typed_elements(type, shape, wanted, from.int32_data());
  }
}

template <class To, class From>
std::vector<To> list_of(const From& from) {
  return {from.begin(), from.end()};
}

Result<OnnxAttribute> attribute_of(const onnx::AttributeProto& from) {
  using Proto = onnx::AttributeProto;
  if (!from.ref_attr_name().empty())
    return fail(Code::unsupported, "attribute '{}' refers to a function's attribute",
                printable(from.name()));
  switch (from.type()) {
    case Proto::INT:
      return OnnxAttribute(from.i());
    case Proto::FLOAT:
      return OnnxAttribute(static_cast<double>(from.f()));
    case Proto::STRING:
      return OnnxAttribute(from.s());
    case Proto::INTS:
      return OnnxAttribute(list_of<int64_t>(from.ints()));
    case Proto::FLOATS:
      return OnnxAttribute(list_of<double>(from.floats()));
    case Proto::STRINGS:
      return OnnxAttribute(list_of<std::string>(from.strings()));
    case Proto::TENSOR:
      return OnnxAttribute(
          TRY(tensor_of(from.t()), fmt::format("attribute '{}'", printable(from.name()))));
    case Proto::UNDEFINED:
      return fail(Code::invalid, "attribute '{}' has no type", printable(from.name()));
    default:
      return OnnxAttribute(OnnxOpaque{lower(Proto::AttributeType_Name(from.type()))});
  }
}

Result<OnnxNode> node_of(const onnx::NodeProto& from) {
  OnnxNode node{.op = from.op_type(),
                .in = list_of<std::string>(from.input()),
                .out = list_of<std::string>(from.output()),
                .name = from.name(),
                .domain = from.domain() == "ai.onnx" ? "" : from.domain()};
  for (const auto& attribute : from.attribute())
    if (!node.attributes.emplace(attribute.name(), TRY(attribute_of(attribute))).second)
      return fail(Code::invalid, "attribute '{}' is given twice", printable(attribute.name()));
  return node;
}

Result<OnnxPort> port_of(const onnx::ValueInfoProto& from) {
  OnnxPort port{.name = from.name(), .dtype = DType::f32, .shape = {}};
  if (!from.type().has_tensor_type())
    return fail(Code::unsupported,
                "it is not a tensor; sequences, maps and optionals are not read");
  const auto& type = from.type().tensor_type();
  port.dtype = TRY(dtype_of(type.elem_type()));
  if (!type.has_shape()) return port;
  port.shape.emplace();
  for (const auto& extent : type.shape().dim()) {
    if (extent.has_dim_value())
      port.shape->emplace_back(extent.dim_value());
    else
      port.shape->emplace_back(extent.dim_param());
  }
  return port;
}

Result<int64_t> opset_of(const onnx::ModelProto& model) {
  int64_t opset = 0;
  for (const auto& import : model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") {
      if (opset != 0 && opset != import.version())
        return fail(Code::invalid, "two versions of the operators are imported");
      opset = import.version();
    }
  if (opset == 0) return fail(Code::invalid, "the file does not say which opset it uses");
  return opset;
}

Result<> read_tensors(onnx::GraphProto& graph, OnnxModel& model) {
  if (graph.sparse_initializer_size() > 0)
    return fail(Code::unsupported, "sparse tensors are not supported");
  for (auto& tensor : *graph.mutable_initializer()) {
    auto made = TRY(tensor_of(tensor), fmt::format("tensor '{}'", printable(tensor.name())));
    if (!model.initialisers.emplace(tensor.name(), std::move(made)).second)
      return fail(Code::invalid, "tensor '{}' is defined twice", printable(tensor.name()));
    tensor.clear_raw_data();
  }
  return {};
}

Result<> read_graph(onnx::GraphProto& graph, OnnxModel& model) {
  model.name = graph.name();
  TRY(read_tensors(graph, model));
  for (int i = 0; i < graph.node_size(); ++i)
    model.nodes.push_back(TRY(node_of(graph.node(i)),
                              fmt::format("node {} ({})", i, printable(graph.node(i).op_type()))));
  for (const auto& port : graph.input())
    model.inputs.push_back(TRY(port_of(port), fmt::format("input '{}'", printable(port.name()))));
  for (const auto& port : graph.output())
    model.outputs.push_back(TRY(port_of(port), fmt::format("output '{}'", printable(port.name()))));
  return {};
}

Result<OnnxModel> model_of(onnx::ModelProto& proto) {
  TRY(refuse_unknown_fields(proto));
  if (!proto.has_graph()) return fail(Code::invalid, "the file holds no graph; is it ONNX");
  if (proto.functions_size() > 0)
    return fail(Code::unsupported, "functions of the model's own are not supported");
  OnnxModel model;
  model.opset = TRY(opset_of(proto));
  for (const auto& entry : proto.metadata_props())
    model.metadata.emplace(entry.key(), entry.value());
  TRY(read_graph(*proto.mutable_graph(), model));
  return model;
}

}  // namespace

Result<OnnxModel> parse_onnx(std::string_view bytes) {
  onnx::ModelProto proto;
  if (bytes.size() > INT32_MAX) return fail(Code::unsupported, "the file is larger than 2 GiB");
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(Code::invalid, "neither ONNX nor TFLite, or cut short");
  return model_of(proto);
}

namespace {

void write_tensor(const Tensor& tensor, onnx::TensorProto& to) {
  to.set_data_type(onnx_type_of(tensor.dtype()));
  for (const auto extent : tensor.shape()) to.add_dims(extent);
  to.set_raw_data(tensor.bytes(), static_cast<size_t>(tensor.size_bytes()));
}

struct AttributeWriter {
  onnx::AttributeProto& to;
  using Proto = onnx::AttributeProto;

  void operator()(int64_t value) const { to.set_type(Proto::INT), to.set_i(value); }
  void operator()(double value) const {
    to.set_type(Proto::FLOAT), to.set_f(static_cast<float>(value));
  }
  void operator()(const std::string& value) const { to.set_type(Proto::STRING), to.set_s(value); }
  void operator()(const std::vector<int64_t>& list) const {
    to.set_type(Proto::INTS);
    for (const auto value : list) to.add_ints(value);
  }
  void operator()(const std::vector<double>& list) const {
    to.set_type(Proto::FLOATS);
    for (const auto value : list) to.add_floats(static_cast<float>(value));
  }
  void operator()(const std::vector<std::string>& list) const {
    to.set_type(Proto::STRINGS);
    for (const auto& value : list) to.add_strings(value);
  }
  void operator()(const Tensor& tensor) const {
    to.set_type(Proto::TENSOR), write_tensor(tensor, *to.mutable_t());
  }
  void operator()(const OnnxOpaque&) const {}
};

void write_node(const OnnxNode& node, onnx::NodeProto& to) {
  to.set_op_type(node.op);
  to.set_name(node.name);
  if (!node.domain.empty()) to.set_domain(node.domain);
  for (const auto& name : node.in) to.add_input(name);
  for (const auto& name : node.out) to.add_output(name);
  for (const auto& [name, value] : node.attributes) {
    auto& attribute = *to.add_attribute();
    attribute.set_name(name);
    std::visit(AttributeWriter{attribute}, value);
  }
}

void write_port(const OnnxPort& port, onnx::ValueInfoProto& to) {
  to.set_name(port.name);
  auto& type = *to.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_type_of(port.dtype));
  if (!port.shape) return;
  type.mutable_shape();
  for (const auto& extent : *port.shape) {
    auto& dim = *type.mutable_shape()->add_dim();
    if (const auto* number = std::get_if<int64_t>(&extent))
      dim.set_dim_value(*number);
    else
      dim.set_dim_param(std::get<std::string>(extent));
  }
}

}  // namespace

Result<std::string> print_onnx(const OnnxModel& model) {
  onnx::ModelProto proto;
  proto.set_ir_version(7);
  proto.set_producer_name("turnstone");
  std::set<std::string> domains = {""};
  for (const auto& node : model.nodes) domains.insert(node.domain);
  for (const auto& domain : domains) {
    auto& import = *proto.add_opset_import();
    import.set_domain(domain);
    import.set_version(domain.empty() ? model.opset : 1);
  }
  for (const auto& [key, value] : model.metadata) {
    auto& entry = *proto.add_metadata_props();
    entry.set_key(key), entry.set_value(value);
  }
  auto& graph = *proto.mutable_graph();
  graph.set_name(model.name);
  for (const auto& node : model.nodes) write_node(node, *graph.add_node());
  for (const auto& [name, tensor] : model.initialisers) {
    auto& to = *graph.add_initializer();
    to.set_name(name);
    write_tensor(tensor, to);
  }
  for (const auto& port : model.inputs) write_port(port, *graph.add_input());
  for (const auto& port : model.outputs) write_port(port, *graph.add_output());
  std::string bytes;
  if (proto.ByteSizeLong() > INT32_MAX || !proto.SerializeToString(&bytes))
    return fail(Code::invalid, "the model is larger than 2 GiB");
  return bytes;
}

}  // namespace turnstone
