// Reads any text as a template, and what stands behind a zero byte as the label, the file's name
// and the word of an outcome. A finding is a crash, a hang, or a text within quotes that is no
// JSON.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "station/payload.h"
#include "station/template.h"

namespace turnstone {
namespace {

Outcome outcome_of(std::string_view text) {
  auto model = std::make_shared<Model>();
  model->task = Task::classification;
  model->labels = {std::string(text), "b"};
  Outcome outcome{.id = "0", .model = model, .scene = {}, .verdict = {}};
  outcome.scene.source = "camera";
  outcome.scene.model = "inspection";
  outcome.scene.file = text;
  outcome.scene.classes = {{0, 0.75F}, {1, 0.25F}};
  return outcome;
}

// Each shape says what JSON can hold of any label.
void check_shapes(const Outcome& outcome, const std::vector<std::string>& words) {
  for (const auto& shape : payload_shapes()) {
    if (shape.name == "template") continue;
    const auto payload =
        Payload::make({.shape = std::string(shape.name), .words = words, .key = words[0]});
    if (!payload) continue;
    const auto text = payload->print(outcome);
    CHECK(!text || parse_json(*text));
  }
}

}  // namespace
}  // namespace turnstone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto end = std::min(input.find('\0'), input.size());
  const auto text = input.substr(0, end);
  const auto outcome = outcome_of(input.substr(std::min(end + 1, input.size())));
  check_shapes(outcome, {std::string(text)});
  const auto made = Template::parse(text);
  if (!made) return CHECK(!made.error().text.empty()), 0;
  made->print(values_of(outcome));
  const auto quoted = "\"" + made->print(values_of(outcome), Quoting::json) + "\"";
  const bool is_plain = is_utf8(text) && text.find_first_of("\"\\{}") == text.npos;
  for (const char letter : text)
    if (static_cast<unsigned char>(letter) < ' ') return 0;
  CHECK(!is_plain || parse_json(quoted));
  return 0;
}
