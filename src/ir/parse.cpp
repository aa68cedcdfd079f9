#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "ir/text.h"

namespace turnstone {
namespace {

constexpr int deepest = 64;
constexpr int64_t most_elements = int64_t{1} << 28;

// Cuts a text into the pieces that the grammar knows. Line ends part statements, except inside
// brackets.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Skips blanks and comments; line ends too unless a statement may end here.
  void skip(bool over_lines = true) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && over_lines)) {
        ++at_;
      } else {
        return;
      }
    }
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  // The next byte on this line, '\n' at its end.
  char peek_on_line() {
    skip(false);
    return at_ < text_.size() ? text_[at_] : '\n';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  Result<> expect(char c) {
    if (take(c)) return {};
    return fail(Code::invalid, "expected '{}' before '{}'", c, rest());
  }
  bool done() { return peek() == '\0'; }
  std::string rest() {
    skip();
    return at_ < text_.size() ? printable(text_.substr(at_, 12)) : "the end";
  }
  std::string_view word() {
    skip();
    const auto from = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    return text_.substr(from, at_ - from);
  }
  // A number, inf or nan, as text.
  std::string_view number() {
    skip();
    const auto from = at_;
    const auto part = [&](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '+';
    };
    while (at_ < text_.size() && part(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  Result<std::string> quoted() {
    skip();
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return fail(Code::invalid, "a quoted name does not end");
    const auto json = TRY(parse_json(text_.substr(at_, end + 1 - at_)));
    at_ = end + 1;
    return json.get<std::string>();
  }
  size_t at() const { return at_; }
  void back_to(size_t at) { at_ = at; }
  size_t line() const {
    return 1 + static_cast<size_t>(std::count(
                   text_.begin(), text_.begin() + static_cast<long>(std::min(at_, text_.size())),
                   '\n'));
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

Result<int64_t> integer(std::string_view text) {
  const auto value = find_number<int64_t>(text);
  if (!value) return fail(Code::invalid, "'{}' is not a whole number", printable(text));
  return *value;
}

Result<double> real(std::string_view text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  const auto value = find_number<double>(text);
  if (!value) return fail(Code::invalid, "'{}' is not a number", printable(text));
  return *value;
}

bool looks_real(std::string_view text) {
  return text.find_first_of(".enai") != text.npos;  // 1.5, 1e3, nan, inf
}

Result<Type> parse_type(Reader& in) {
  const auto name = in.word();
  const auto dtype = parse_dtype(name);
  if (!dtype) return fail(Code::invalid, "'{}' is not an element type", printable(name));
  Type type{*dtype, {}};
  TRY(in.expect('['));
  while (!in.take(']')) {
    if (!type.shape.empty()) TRY(in.expect(','));
    if (in.take('<')) {
      TRY(in.expect('='));
      type.bounded |= 1u << type.shape.size();
    }
    if (type.shape.size() == most_rank) return fail(Code::invalid, "rank is over {}", most_rank);
    type.shape.push_back(TRY(integer(in.number())));
  }
  TRY(checked_count(type.shape, most_elements));
  return type;
}

Result<> set_element(Tensor& tensor, int64_t i, std::string_view text) {
  if (is_float(tensor.dtype())) {
    tensor.set_real(i, TRY(real(text)));
    return {};
  }
  if (tensor.dtype() == DType::u64) {
    const auto value = find_number<uint64_t>(text);
    if (!value) return fail(Code::invalid, "'{}' is not a u64", printable(text));
    tensor.mutable_as<uint64_t>()[static_cast<size_t>(i)] = *value;
    return {};
  }
  const auto value = TRY(integer(text));
  tensor.set_integer(i, value);
  if (tensor.integer_at(i) != value)
    return fail(Code::invalid, "{} is outside {}", value, print(tensor.dtype()));
  return {};
}

// Elements in brackets, when there are any.
Result<bool> parse_elements(Reader& in, Tensor& tensor) {
  const auto before = in.at();
  if (in.peek_on_line() != '[') {
    in.back_to(before);
    return false;
  }
  TRY(in.expect('['));
  int64_t i = 0;
  while (!in.take(']')) {
    if (i > 0) in.take(',');
    const auto text = in.number();
    if (text.empty()) return fail(Code::invalid, "expected a number before '{}'", in.rest());
    if (i >= tensor.size())
      return fail(Code::invalid, "more than {} elements given", tensor.size());
    TRY(set_element(tensor, i++, text));
  }
  if (i != tensor.size())
    return fail(Code::invalid, "{} elements given, {} wanted", i, tensor.size());
  return true;
}

Result<Attribute> parse_attribute(Reader& in) {
  if (in.peek() == '"') return Attribute(TRY(in.quoted()));
  if (!in.take('[')) {
    const auto text = in.number();
    if (looks_real(text)) return Attribute(TRY(real(text)));
    return Attribute(TRY(integer(text)));
  }
  std::vector<std::string_view> parts;
  bool reals = false;
  while (!in.take(']')) {
    if (!parts.empty()) TRY(in.expect(','));
    parts.push_back(in.number());
    reals |= looks_real(parts.back());
    if (parts.size() > 1'000'000) return fail(Code::invalid, "a list is too long");
  }
  std::vector<int64_t> whole;
  std::vector<double> broken;
  for (const auto part : parts) {
    if (reals)
      broken.push_back(TRY(real(part)));
    else
      whole.push_back(TRY(integer(part)));
  }
  return reals ? Attribute(std::move(broken)) : Attribute(std::move(whole));
}

class GraphParser {
 public:
  GraphParser(std::string_view text, OpTable ops) : in_(text), graph_(ops) {}

  Result<Graph> run() {
    auto done = whole();
    if (!done)
      return std::unexpected(std::move(done).error().in(fmt::format("line {}", in_.line())));
    return std::move(graph_);
  }

 private:
  Result<> whole() {
    if (in_.word() != "graph") return fail(Code::invalid, "expected 'graph'");
    TRY(in_.expect('('));
    while (!in_.take(')')) {
      if (!graph_.inputs().empty()) TRY(in_.expect(','));
      TRY(input());
    }
    TRY(in_.expect('{'));
    while (!in_.take('}')) TRY(statement());
    if (!in_.done()) return fail(Code::invalid, "'{}' stands behind the graph", in_.rest());
    return verify(graph_);
  }

  Result<std::string> name() {
    if (in_.peek() == '"') return in_.quoted();
    const auto word = in_.word();
    if (word.empty()) return fail(Code::invalid, "expected a name before '{}'", in_.rest());
    return std::string(word);
  }

  Result<Quantisation> quantisation() {
    Quantisation result = not_quantised;
    const auto before = in_.at();
    if (in_.word() != "scale") {
      in_.back_to(before);
      return result;
    }
    TRY(in_.expect('='));
    result.scale = TRY(real(in_.number()));
    if (in_.word() != "zero") return fail(Code::invalid, "expected 'zero' behind 'scale'");
    TRY(in_.expect('='));
    result.zero = TRY(integer(in_.number()));
    return result;
  }

  Result<> input() {
    auto given = TRY(name());
    TRY(in_.expect(':'));
    auto type = TRY(parse_type(in_));
    const auto quantised = TRY(quantisation());
    if (!names_.emplace(given, Value{static_cast<int32_t>(graph_.value_count())}).second)
      return fail(Code::invalid, "'{}' is defined twice", printable(given));
    graph_.input(given, std::move(type), quantised);
    return {};
  }

  // Names before '=', or none when the statement is a list of outputs.
  Result<std::vector<std::string>> targets() {
    const auto before = in_.at();
    std::vector<std::string> found;
    do {
      const auto word = in_.word();
      if (word.empty()) break;
      found.emplace_back(word);
    } while (in_.take(','));
    if (!found.empty() && in_.take('=')) return found;
    in_.back_to(before);
    return std::vector<std::string>{};
  }

  Result<> statement() {
    in_.take(',');
    const auto found = TRY(targets());
    if (found.empty()) return outputs();
    const auto values = TRY(expression(0));
    if (values.size() != found.size())
      return fail(Code::invalid, "{} names for {} results", found.size(), values.size());
    for (size_t i = 0; i < found.size(); ++i)
      if (!names_.emplace(found[i], values[i]).second)
        return fail(Code::invalid, "'{}' is defined twice", found[i]);
    return {};
  }

  // The name of an output, or "" when there is only an expression.
  Result<std::string> output_name() {
    const auto before = in_.at();
    auto found = in_.peek() == '"' ? in_.quoted() : Result<std::string>(std::string(in_.word()));
    if (found && !found->empty() && in_.take(':')) return *found;
    in_.back_to(before);
    return std::string();
  }

  Result<> outputs() {
    do {
      auto given = TRY(output_name());
      const auto before = in_.at();
      const auto plain = std::string(in_.word());
      in_.back_to(before);
      for (const auto value : TRY(expression(0))) {
        if (given.empty()) given = names_.contains(plain) ? plain : "out";
        graph_.output(std::exchange(given, {}), value, TRY(quantisation()));
      }
    } while (in_.take(','));
    return {};
  }

  Result<std::vector<Value>> expression(int depth) {
    if (depth > deepest) return fail(Code::invalid, "nested deeper than {} calls", deepest);
    if (in_.peek() == '"') return known(TRY(in_.quoted()));
    const auto before = in_.at();
    const auto word = in_.word();
    if (parse_dtype(word) && in_.peek_on_line() == '[') {
      in_.back_to(before);
      return literal();
    }
    if (in_.peek_on_line() == '(') return call(word, depth);
    return known(std::string(word));
  }

  Result<std::vector<Value>> known(const std::string& name) {
    const auto found = names_.find(name);
    if (found == names_.end())
      return fail(Code::invalid, "'{}' is not a value",
                  printable(name.empty() ? in_.rest() : name));
    return std::vector{found->second};
  }

  Result<std::vector<Value>> literal() {
    const auto type = TRY(parse_type(in_));
    elements_ += count(type.shape);
    if (elements_ > most_elements) return fail(Code::invalid, "constants are too large");
    Tensor tensor(type.dtype, type.shape);
    if (!TRY(parse_elements(in_, tensor)))
      return fail(Code::invalid, "a constant needs its elements in brackets");
    return std::vector{graph_.constant(std::move(tensor))};
  }

  Result<std::vector<Value>> call(std::string_view op, int depth) {
    TRY(in_.expect('('));
    std::vector<Value> in;
    Attributes attrs;
    for (bool first = true; !in_.take(')'); first = false) {
      if (!first) TRY(in_.expect(','));
      const auto before = in_.at();
      const auto key = std::string(in_.word());
      if (!key.empty() && in_.take('=')) {
        if (!attrs.emplace(key, TRY(parse_attribute(in_))).second)
          return fail(Code::invalid, "attribute '{}' is given twice", key);
        continue;
      }
      in_.back_to(before);
      for (const auto value : TRY(expression(depth + 1))) in.push_back(value);
    }
    auto out = graph_.call_all(op, std::move(in), std::move(attrs));
    TRY(graph_.status());
    return out;
  }

  Reader in_;
  Graph graph_;
  std::map<std::string, Value, std::less<>> names_;
  int64_t elements_ = 0;
};

}  // namespace

Result<Graph> parse_graph(std::string_view text, OpTable ops) {
  return GraphParser(text, ops).run();
}

Result<Tensor> parse_tensor(std::string_view text) {
  Reader in(text);
  const auto type = TRY(parse_type(in));
  Tensor tensor(type.dtype, type.shape);
  TRY(parse_elements(in, tensor));
  if (!in.done()) return fail(Code::invalid, "'{}' stands behind the tensor", in.rest());
  return tensor;
}

Result<LiteralCall> parse_literal_call(std::string_view text, OpTable ops) {
  Reader in(text);
  const auto name = in.word();
  LiteralCall call;
  call.op = find_op(ops, name);
  if (!call.op) return fail(Code::unsupported, "'{}' is not an operator", printable(name));
  TRY(in.expect('('));
  for (bool first = true; !in.take(')'); first = false) {
    if (!first) TRY(in.expect(','));
    const auto before = in.at();
    const auto key = std::string(in.word());
    if (in.take('=')) {
      if (!call.attrs.emplace(key, TRY(parse_attribute(in))).second)
        return fail(Code::invalid, "{} is given twice", key);
      continue;
    }
    in.back_to(before);
    const auto type = TRY(parse_type(in));
    Tensor tensor(type.dtype, type.shape);
    call.has_elements.push_back(TRY(parse_elements(in, tensor)));
    call.in.push_back(std::move(tensor));
  }
  if (!in.done()) return fail(Code::invalid, "'{}' stands behind the call", in.rest());
  return call;
}

}  // namespace turnstone
