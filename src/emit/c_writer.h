// Writes C text: lines, braces, indentation, literals. Knows nothing of operators. Only our own
// identifiers and numbers may go through it: no text of a foreign model.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "tensor/dtype.h"

namespace turnstone {

// "float", "int8_t", ...; f16 and bf16 are uint16_t, their bits; bool is uint8_t.
std::string_view c_type(DType type);

// Literals that give exactly this value, NaN and infinities included.
std::string c_float(float value);
std::string c_integer(int64_t value);

// Writes C text and owns its syntax: braces, indentation and what was needed.
class CWriter {
 public:
  // One line, formatted as fmt does, at the depth of the blocks around it.
  template <class... Parts>
  void line(fmt::format_string<Parts...> text, Parts&&... parts) {
    put(fmt::format(text, std::forward<Parts>(parts)...));
  }

  // for (long i = 0; i < n; ++i) { body }
  template <class Body>
  void loop(std::string_view i, int64_t n, Body body) {
    loop(i, 0, n, 1, body);
  }

  // for (long i = from; i < to; i += step) { body }
  template <class Body>
  void loop(std::string_view i, int64_t from, int64_t to, int64_t step, Body body) {
    block(fmt::format("for (long {} = {}; {} < {}; {} += {})", i, from, i, to, i, step), body);
  }

  // head { body }
  template <class Body>
  void block(std::string_view head, Body body) {
    put(head.empty() ? "{" : fmt::format("{} {{", head));
    ++depth_;
    body();
    --depth_;
    put("}");
  }

  // Adds text as it is, without indentation.
  void paste(std::string_view text);

  // Asks that the template `name` of kernels/ stands before this text, such as "math/exp".
  void need(std::string_view name) {
    if (!name.empty()) needed_.emplace(name);
  }

  // A name that this writer gives once: prefix0, prefix1, ...
  std::string fresh(std::string_view prefix) { return fmt::format("{}{}", prefix, fresh_++); }

  const std::string& text() const { return text_; }
  const std::set<std::string, std::less<>>& needed() const { return needed_; }

 private:
  void put(std::string_view text);

  std::string text_;
  int depth_ = 0;
  int fresh_ = 0;
  std::set<std::string, std::less<>> needed_;
};

}  // namespace turnstone
