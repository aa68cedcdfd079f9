#include "codegen/emitter.h"

#include <algorithm>

#include "kernels/kernels.h"
#include "ops/fixed_point.h"

namespace turnstone {

std::string Emitter::address(Value value, bool writable) {
  const auto type =
      fmt::format("{}{} *", writable ? "" : "const ", c_type(graph.type(value).dtype));
  const auto& place = plan.places.at(value);
  switch (place.kind) {
    case Place::Kind::input:
      return fmt::format("({})f->inputs[{}]", type, place.at);
    case Place::Kind::output:
      return fmt::format("({})f->outputs[{}]", type, place.at);
    case Place::Kind::arena:
      return fmt::format("({})(f->scratch + {})", type, place.at);
    case Place::Kind::constant: {
      // A view of a constant has its elements.
      const auto* constant = graph.constant_of(value);
      while (!constant) {
        value = graph.made_by(value)->in[0];
        constant = graph.constant_of(value);
      }
      return fmt::format("({})(ts_weights + {})", type, weights.add(value, *constant));
    }
  }
  __builtin_unreachable();
}

std::string Emitter::scratch_address(std::string_view type, int64_t offset) {
  return fmt::format("({} *)(f->scratch + {})", type, offset);
}

std::string Emitter::weights_address(std::string_view type, int64_t offset) {
  return fmt::format("(const {} *)(ts_weights + {})", type, offset);
}

Epilogue::Epilogue(Emitter& e, const Group& group)
    : e_(e),
      group_(group),
      calls_(group.epilogue),
      shape_(group.anchor->call.out[0].shape),
      integers_(group.anchor->call.out[0].dtype == DType::i32) {
  // The sum before the bias must not be read by anything else.
  const auto reads_sum = [&](const Made* made) {
    return std::count(made->in.begin(), made->in.end(), group.anchor->out[0]) > 0;
  };
  if (!calls_.empty() && calls_.front()->op() == "add" &&
      std::count_if(calls_.begin(), calls_.end(), reads_sum) == 1) {
    const auto& in = calls_.front()->in;
    const auto other = in[0] == group.anchor->out[0] ? in[1] : in[0];
    const auto* constant = e.graph.constant_of(other);
    if (constant && in[0] != in[1] && beside(constant->shape(), shape_) == Beside::channel) {
      bias_ = constant;
      calls_.erase(calls_.begin());
    }
  }
  std::vector<Value> made = {group.anchor->out[0]};
  for (const auto* call : group.epilogue) made.push_back(call->out[0]);
  for (const auto* call : calls_)
    for (const auto value : call->in)
      if (std::find(made.begin(), made.end(), value) == made.end() &&
          std::find(operands_.begin(), operands_.end(), value) == operands_.end())
        operands_.push_back(value);
}

std::string Epilogue::load(Value value) const {
  const auto k = std::find(operands_.begin(), operands_.end(), value) - operands_.begin();
  const auto v = integers_ ? "vi" : "vf";
  switch (beside(e_.graph.shape(value), shape_)) {
    case Beside::whole:
      return fmt::format("{}_load_n(e{} + pixel * {} + channel, n)", v, k, shape_.back());
    case Beside::channel:
      return fmt::format("{}_load_n(e{} + channel, n)", v, k);
    case Beside::pixel:
      return fmt::format("{}_set(e{}[pixel])", v, k);
    default:
      return fmt::format("{}_set(e{}[0])", v, k);
  }
}

std::string Epilogue::store_floats() {
  std::map<Value, std::string> names = {{group_.anchor->out[0], "x"}};
  if (bias_) names[group_.epilogue.front()->out[0]] = "x";
  for (size_t i = 0; i < operands_.size(); ++i) names[operands_[i]] = fmt::format("o{}", i);
  for (size_t i = 0; i < calls_.size(); ++i) {
    std::vector<std::string> x;
    for (const auto value : calls_[i]->in) x.push_back(names.at(value));
    const auto& forms = *calls_[i]->call.op->elementwise;
    e_.c.need(forms.math);
    e_.c.line("const vf t{} = {};", i, forms.vector(calls_[i]->call, x));
    names[calls_[i]->out[0]] = fmt::format("t{}", i);
  }
  return names.at(group_.result());
}

void Epilogue::store_integers() {
  const auto at = fmt::format("y + pixel * {} + channel", shape_.back());
  if (calls_.empty()) return e_.c.line("vi_store_n({}, x, n);", at);
  const auto& call = calls_.front()->call;
  CHECK(calls_.size() == 1 && call.op->name == "requantize");
  e_.c.need("requantize");
  e_.c.line("const vi moved = {}(x, o0, {}) + {};", requantize_function(call.text("rounding")),
            operands_.size() > 1 ? "o1" : "o0", c_integer(call.i("zero")));
  const auto type = call.out[0].dtype;
  e_.c.line("vi_store{}_n({}, vi_clamp(moved, {}, {}), n);",
            type == DType::i32 ? "" : fmt::format("_{}", print(type)), at, c_integer(call.i("low")),
            c_integer(call.i("high")));
}

void Epilogue::write_store(const std::string& name) {
  auto& c = e_.c;
  c.block(fmt::format("V_INLINE void {}_store(long pixel, long channel, int n, {} x{})", name,
                      integers_ ? "vi" : "vf", parameters()),
          [&] {
            for (size_t i = 0; i < operands_.size(); ++i)
              c.line("const {} o{} = {};", integers_ ? "vi" : "vf", i, load(operands_[i]));
            if (integers_)
              store_integers();
            else
              c.line("vf_store_n(y + pixel * {} + channel, {}, n);", shape_.back(), store_floats());
          });
}

// Stores of narrow integers take C's own character types.
std::string Epilogue::output_type() const {
  switch (e_.graph.type(group_.result()).dtype) {
    case DType::i8:
      return "signed char";
    case DType::u8:
      return "unsigned char";
    case DType::i16:
      return "short";
    case DType::i32:
      return "int";
    default:
      return "float";
  }
}

std::string Epilogue::parameters() const {
  std::string text = fmt::format(", {} *y", output_type());
  for (size_t i = 0; i < operands_.size(); ++i)
    text += fmt::format(", const {} *e{}", integers_ ? "int" : "float", i);
  return text;
}

std::string Epilogue::arguments() const {
  std::string text = ", y";
  for (size_t i = 0; i < operands_.size(); ++i) text += fmt::format(", e{}", i);
  return text;
}

void Epilogue::write_pointers() const {
  e_.c.line("{} *y = {};", output_type(), e_.address(group_.result(), true));
  for (size_t i = 0; i < operands_.size(); ++i)
    e_.c.line("const {} *e{} = {};", integers_ ? "int" : "float", i, e_.address(operands_[i]));
}

void paste_kernel(CWriter& c, std::string_view kernel,
                  const std::vector<std::pair<std::string, std::string>>& parameters) {
  for (const auto& [name, value] : parameters) c.line("#define {} {}", name, value);
  const auto text = kernel_text(kernel);
  CHECK(!text.empty());
  c.paste(text);
}

}  // namespace turnstone
