#include "passes/unsigned_bytes.h"

#include <algorithm>
#include <set>

#include "passes/rebuild.h"

namespace turnstone {
namespace {

constexpr int64_t shift = 128;

// What follows when the bytes that an operator reads or makes are larger by 128.
struct Rule {
  std::string_view op;
  // Of operands: the attribute that moves along with each, or "" for none; further operands cannot
  // be moved.
  std::vector<std::string_view> zeros = {};
  bool makes = false;  // whether the result can be moved: by these attributes
  std::vector<std::string_view> of_result = {};
  bool is_one_type = false;  // result and operands of bytes are moved all or not at all
};

// Those who give on what they read, or choose among it.
constexpr std::string_view passing[] = {"broadcast", "concat", "gather", "gather_nd",  "max",
                                        "max_pool",  "min",    "pad",    "reduce_max", "reduce_min",
                                        "reshape",   "resize", "slice",  "transpose"};

const Rule* rule_of(const Call& call) {
  static const std::vector<std::string_view> limited = {"zero", "low", "high"};
  static const Rule pass = {
      .op = "", .zeros = {"", ""}, .makes = true, .of_result = {}, .is_one_type = true};
  static const Rule rules[] = {
      {.op = "argmax", .zeros = {""}},
      {.op = "cast", .zeros = {""}},
      {.op = "conv", .zeros = {"x_zero"}},
      {.op = "dequantize", .zeros = {""}},
      {.op = "lookup", .zeros = {""}, .makes = true},
      {.op = "quantize", .makes = true, .of_result = {"zero"}},
      {.op = "quantized_add",
       .zeros = {"a_zero", "b_zero"},
       .makes = true,
       .of_result = limited,
       .is_one_type = true},
      {.op = "quantized_mean",
       .zeros = {"x_zero"},
       .makes = true,
       .of_result = {"zero"},
       .is_one_type = true},
      {.op = "quantized_softmax", .zeros = {""}},
      {.op = "requantize", .makes = true, .of_result = limited},
      {.op = "rescale", .makes = true, .of_result = limited},
      {.op = "rescaled_add", .zeros = {"a_zero", "b_zero"}, .makes = true, .of_result = limited},
      {.op = "rescaled_mul", .zeros = {"a_zero", "b_zero"}, .makes = true, .of_result = limited},
  };
  // Means of bytes with a sign round another way than those without.
  if (call.op->name == "resize" && call.text("mode") != "nearest") return nullptr;
  // What is taken off behind must fit.
  if (call.op->name == "cast" && size_of(call.out[0].dtype) < 4) return nullptr;
  if (std::ranges::count(passing, call.op->name)) return &pass;
  const auto* found = std::ranges::find(rules, call.op->name, &Rule::op);
  return found == std::end(rules) ? nullptr : found;
}

bool takes(const Rule* rule, size_t operand) {
  if (!rule) return false;
  return operand < rule->zeros.size() || rule->is_one_type;
}

class Mover {
 public:
  explicit Mover(const Graph& graph) : graph_(graph), calls_(graph.live_calls()) {
    for (const auto* made : calls_)
      for (const auto value : made->out)
        if (is_signed_byte(value)) moved_.insert(value);
    for (const auto& port : graph.outputs()) moved_.erase(port.value);
    for (size_t before = moved_.size() + 1; before != moved_.size();) {
      before = moved_.size();
      for (const auto* made : calls_) restrict_by(*made);
    }
  }

  Result<Graph> run() {
    auto result = rebuild<Graph>(graph_, [&](Graph& g, const Made& made, std::vector<Value> in) {
      return call(g, made, std::move(in));
    });
    TRY(result.status());
    TRY(verify(result));
    return result;
  }

 private:
  bool is_signed_byte(Value value) const { return graph_.type(value).dtype == DType::i8; }

  // Constants follow where they have to.
  bool may_move(Value value) const { return moved_.contains(value) || graph_.constant_of(value); }

  // Takes out what the call cannot read or make moved.
  void restrict_by(const Made& made) {
    const auto* rule = rule_of(made.call);
    const bool is_computed_table = made.op() == "lookup" && !graph_.constant_of(made.in[1]);
    if (!rule || !rule->makes || is_computed_table)
      for (const auto value : made.out) moved_.erase(value);
    for (size_t k = 0; k < made.in.size(); ++k)
      if (!takes(rule, k)) moved_.erase(made.in[k]);
    if (!rule || !rule->is_one_type || !is_signed_byte(made.out[0])) return;
    const bool all = moved_.contains(made.out[0]) && std::ranges::all_of(made.in, [&](Value value) {
                       return !is_signed_byte(value) || may_move(value);
                     });
    if (all) return;
    moved_.erase(made.out[0]);
    for (const auto value : made.in) moved_.erase(value);
  }

  std::vector<Value> call(Graph& g, const Made& made, std::vector<Value> in) {
    auto attrs = made.call.attrs;
    const auto move_by = [&](std::string_view name) {
      if (!name.empty()) std::get<int64_t>(attrs.find(name)->second) += shift;
    };
    const auto* rule = rule_of(made.call);
    const bool makes = moved_.contains(made.out[0]);
    const bool moves_all = makes && rule->is_one_type;
    bool reads = false;
    for (size_t k = 0; k < in.size(); ++k) {
      const bool follows =
          moves_all && is_signed_byte(made.in[k]) && graph_.constant_of(made.in[k]);
      if (follows) in[k] = g.constant(moved(*graph_.constant_of(made.in[k]), DType::u8));
      if (!follows && !moved_.contains(made.in[k])) continue;
      reads = true;
      if (k < rule->zeros.size()) move_by(rule->zeros[k]);
    }
    if (makes) {
      for (const auto name : rule->of_result) move_by(name);
      if (attrs.contains("to")) attrs.find("to")->second = std::string("u8");
      if (made.op() == "lookup")
        in[1] = g.constant(moved(*graph_.constant_of(made.in[1]), DType::u8));
      if (made.op() == "pad" && made.call.text("mode") == "constant")
        std::get<double>(attrs.find("value")->second) += shift;
    }
    if (reads && made.op() == "dequantize") in[2] = zeros_of(g, made.in[2], in[2]);
    if (makes && made.op() == "lookup" && keeps(g, in)) return {in[0]};
    auto out = g.call_all(made.op(), std::move(in), attrs);
    if (reads && made.op() == "cast") out[0] = less_shift(g, out[0]);
    return out;
  }

  // Whether a table gives every byte as it is: what took a sign off is often all that it did.
  static bool keeps(const Graph& g, const std::vector<Value>& in) {
    const auto* table = g.constant_of(in[1]);
    if (!table || table->dtype() != DType::u8 || g.type(in[0]).dtype != DType::u8) return false;
    for (int64_t i = 0; i < table->size(); ++i)
      if (table->integer_at(i) != i) return false;
    return true;
  }

  static Tensor moved(const Tensor& integers, DType type) {
    Tensor result(type, integers.shape());
    for (int64_t i = 0; i < integers.size(); ++i)
      result.set_integer(i, integers.integer_at(i) + shift);
    return result;
  }

  static Value number(Graph& g, DType type) {
    return g.constant(Tensor::filled(type, {}, static_cast<double>(shift)));
  }

  static Value less_shift(Graph& g, Value value) {
    return g.call("sub", {value, number(g, g.type(value).dtype)});
  }

  Value zeros_of(Graph& g, Value before, Value now) const {
    const auto* zeros = graph_.constant_of(before);
    if (!zeros) return g.call("add", {now, number(g, DType::i32)});
    return g.constant(moved(*zeros, DType::i32));
  }

  const Graph& graph_;
  std::vector<const Made*> calls_;
  std::set<Value> moved_;
};

}  // namespace

Result<Graph> with_unsigned_bytes(const Graph& graph) { return Mover(graph).run(); }

}  // namespace turnstone
