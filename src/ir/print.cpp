#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "base/json.h"
#include "ir/text.h"

namespace turnstone {
namespace {

std::string element(const Tensor& tensor, int64_t i) {
  if (tensor.dtype() == DType::u64) return fmt::format("{}", tensor.as<uint64_t>()[size_t(i)]);
  if (!is_float(tensor.dtype())) return fmt::format("{}", tensor.integer_at(i));
  const double value = tensor.real_at(i);
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (tensor.dtype() == DType::f64) return fmt::format("{}", value);
  return fmt::format("{}", static_cast<float>(value));
}

bool is_identifier(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  return true;
}

// "graph" opens the text, and the names of element types begin literals.
bool is_free_name(std::string_view name) {
  return is_identifier(name) && name != "graph" && !parse_dtype(name);
}

std::string in_quotes(std::string_view name) { return print_json(Json(std::string(name))); }

class Printer {
 public:
  Printer(const Graph& graph, int64_t most) : graph_(graph), most_(most) {}

  std::string run() {
    std::string head;
    for (const auto& port : graph_.inputs()) {
      const auto name = is_free_name(port.name) ? port.name : in_quotes(port.name);
      names_.emplace(port.value, name);
      taken_.insert(port.name);
      head += (head.empty() ? "" : ", ") + name + ": " + print(graph_.type(port.value)) +
              quantisation(port);
    }
    text_ = "graph(" + head + ") {\n";
    for (const auto* made : graph_.live_calls()) call(*made);
    std::string tail;
    for (const auto& port : graph_.outputs())
      tail += fmt::format("{}{}: {}{}", tail.empty() ? "" : ", ",
                          is_free_name(port.name) ? port.name : in_quotes(port.name),
                          operand(port.value), quantisation(port));
    return text_ + "  " + tail + "\n}\n";
  }

 private:
  static std::string quantisation(const Port& port) {
    if (port.quantisation.scale == 0) return {};
    return fmt::format(" scale={} zero={}", print(port.quantisation.scale), port.quantisation.zero);
  }

  // "v12": the next that no input is called.
  std::string fresh(char letter, int& next) const {
    auto name = fmt::format("{}{}", letter, next++);
    while (taken_.contains(name)) name = fmt::format("{}{}", letter, next++);
    return name;
  }

  std::string operand(Value value) {
    const auto found = names_.find(value);
    if (found != names_.end()) return found->second;
    const auto* constant = graph_.constant_of(value);
    CHECK(constant != nullptr);
    if (constant->size() <= 8) return print(*constant, most_);
    const auto name = fresh('c', constants_);
    text_ += fmt::format("  {} = {}\n", name, print(*constant, most_));
    names_.emplace(value, name);
    return name;
  }

  void call(const Made& made) {
    std::string arguments;
    for (const auto value : made.in) arguments += (arguments.empty() ? "" : ", ") + operand(value);
    for (const auto& def : made.call.op->attrs) {
      const auto& value = made.call.attrs.find(def.name)->second;
      if (value == def.otherwise) continue;
      arguments += fmt::format("{}{}={}", arguments.empty() ? "" : ", ", def.name, print(value));
    }
    std::string results;
    for (const auto value : made.out) {
      const auto name = fresh('v', next_);
      names_.emplace(value, name);
      results += (results.empty() ? "" : ", ") + name;
    }
    text_ += fmt::format("  {} = {}({})  # {}\n", results, made.op(), arguments,
                         print(graph_.type(made.out.front())));
  }

  const Graph& graph_;
  int64_t most_;
  std::map<Value, std::string> names_;
  std::set<std::string> taken_;
  std::string text_;
  int next_ = 0;
  int constants_ = 0;
};

}  // namespace

std::string print(const Tensor& tensor, int64_t most) {
  auto text = print(Type{tensor.dtype(), tensor.shape()});
  if (tensor.size() > most) return text + " {...}";
  text += " [";
  for (int64_t i = 0; i < tensor.size(); ++i) text += (i ? " " : "") + element(tensor, i);
  return text + "]";
}

std::string print(const Graph& graph, int64_t most) { return Printer(graph, most).run(); }

}  // namespace turnstone
