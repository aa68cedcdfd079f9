// What the functions that write one operator each share: names of values and nodes.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exchange/onnx/onnx_model.h"
#include "ir/graph.h"

namespace turnstone {

using OnnxAttributes = std::map<std::string, OnnxAttribute, std::less<>>;

// A value of rank 4 may be known under two names: as the graph has it, and with the last dimension
// moved to place 1. Either is made from the other by a Transpose when it is first asked for, so
// that transposes stand only where channels-first and other nodes meet.
class Exporter {
 public:
  Exporter(const Graph& graph, OnnxModel& model);

  const Graph& graph() const { return graph_; }

  // The name of a value as the graph has it.
  std::string plain(Value value);

  // The name of a value of rank 4 with channels first.
  std::string channels_first(Value value);

  // The same for an operand that is repeated to rank 4. It must be a constant or have rank 4.
  std::string spread_channels_first(Value value);

  // True when the value is at hand with channels first only.
  bool prefers_channels_first(Value value) const;

  // Adds a node with one result, which is that of `made`, in either form.
  void result(const Made& made, std::string_view op, std::vector<std::string> in,
              OnnxAttributes attributes = {});
  void result_channels_first(const Made& made, std::string_view op, std::vector<std::string> in,
                             OnnxAttributes attributes = {});

  // Adds a node with one result between values, and gives its name.
  std::string node(std::string_view op, std::vector<std::string> in,
                   OnnxAttributes attributes = {});

  // An initialiser.
  std::string tensor(Tensor tensor);
  std::string real(double value);
  std::string integers(const std::vector<int64_t>& values);

  // The result of `made` is known already under these names; empty ones are not.
  void alias(const Made& made, std::string plain, std::string channels_first);
  bool has_plain(Value value) const;
  bool has_channels_first(Value value) const;

  // Adds an operand to the node that made `value` with channels first, and lets `made` have its
  // result. False when `value` has other readers, its node is not an `op` of two operands, or the
  // operand is made behind that node.
  bool absorb(const Made& made, Value value, std::string_view op, std::string operand);

  // Gives every output its name.
  void finish();

 private:
  struct Names {
    std::string plain;
    std::string first;
  };
  bool is_made_before(size_t node, std::string_view operand) const;
  void add(std::string_view op, std::vector<std::string> in, OnnxAttributes attributes,
           std::string out);
  std::string fresh();
  std::string plain_name_for(Value value);

  const Graph& graph_;
  OnnxModel& model_;
  std::unordered_map<int32_t, Names> names_;
  std::unordered_map<int32_t, std::string> wanted_;  // names of outputs
  std::unordered_map<int32_t, size_t> maker_;        // nodes whose result is channels first
  std::set<std::string, std::less<>> taken_;
  std::vector<int> uses_;
  int64_t next_ = 0;
};

// Writes the calls of one operator. Errors: unsupported.
using OnnxWrite = Result<> (*)(const Made&, Exporter&);

// A row: the core operator and the function that writes it.
struct OnnxExport {
  std::string_view op;
  OnnxWrite write;
};

// Rows of all operators that ONNX has an equal for, in families.
std::span<const OnnxExport> exported_arithmetic();
std::span<const OnnxExport> exported_pictures();
std::span<const OnnxExport> exported_quantised();
std::span<const OnnxExport> exported_shapes();

// Null when there is no row.
const OnnxExport* find_export(std::string_view op);

// The place with channels first of dimension `axis` of [batch, row, column, channel].
int64_t axis_channels_first(int64_t axis);

// `tensor` turned by `axes` (and reshaped), by the operators' own meaning.
Tensor transposed(const Tensor& tensor, std::vector<int64_t> axes);

}  // namespace turnstone
