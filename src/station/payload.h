// The shapes of messages that the systems which users come from know, by name.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "station/outcome.h"
#include "station/template.h"

namespace turnstone {

// What a user may choose of a payload.
struct PayloadOptions {
  std::string shape = {};               // a name of payload_shapes(); "": as the outcome is
  std::string text = {};                // of "template"
  std::vector<std::string> words = {};  // such as "Fail=Defective": what labels are called outside
  std::string key = {};                 // of "keyed": what stands before the label
};

// A label and what it is called outside, of "LABEL=WORD". Errors: invalid.
Result<std::pair<std::string, std::string>> parse_word(const std::string& text);

// Says an outcome in the chosen shape. Any thread.
class Payload {
 public:
  // Errors: invalid (a shape that there is not, a wrong template, words that are no pairs).
  static Result<Payload> make(const PayloadOptions& options);

  // The message, or nothing where the shape has none for the outcome.
  std::optional<std::string> print(const Outcome& outcome) const;

 private:
  friend struct Shapes;
  // The label's word as it is called outside.
  std::string word(const std::string& label) const;

  PayloadOptions options_;
  std::map<std::string, std::string> words_;
  std::optional<Template> template_;
  std::optional<std::string> (*shape_)(const Payload&, const Outcome&) = nullptr;
};

// A shape and what it is for.
struct PayloadShape {
  std::string_view name;
  std::string_view doc;
  std::optional<std::string> (*print)(const Payload&, const Outcome&);
};

// All shapes, in the order of their systems.
std::span<const PayloadShape> payload_shapes();

// Their names, for tables of fields; "" first.
std::vector<std::string> payload_names();

}  // namespace turnstone
