#include "codegen/tuning.h"

#include "base/files.h"
#include "base/json.h"

namespace turnstone {

const Choice* Tuning::find(std::string_view target, std::string_view key) const {
  const auto layers = layers_.find(target);
  if (layers == layers_.end()) return nullptr;
  const auto found = layers->second.find(key);
  return found == layers->second.end() ? nullptr : &found->second;
}

void Tuning::set(std::string_view target, std::string key, Choice choice) {
  layers_[std::string(target)][std::move(key)] = choice;
}

size_t Tuning::size() const {
  size_t n = 0;
  for (const auto& [target, layers] : layers_) n += layers.size();
  return n;
}

namespace {

constexpr int format = 1;

// A number of at least `least` and at most `most`.
Result<int> parse_number(const Json& layer, std::string_view key, int64_t least, int64_t most) {
  const auto value = TRY(json_get<int64_t>(layer, key));
  if (value < least || value > most)
    return fail(Code::invalid, "{} {} is outside [{}, {}]", key, value, least, most);
  return static_cast<int>(value);
}

Result<Choice> parse_choice(const Json& layer) {
  Choice choice;
  choice.outputs = TRY(parse_number(layer, "outputs", 0, 4));
  choice.rows = TRY(parse_number(layer, "rows", 1, 16));
  choice.columns = TRY(parse_number(layer, "columns", 1, 64));
  choice.vectors = TRY(parse_number(layer, "vectors", 1, 16));
  choice.microseconds = TRY(json_get_or(layer, "us", 0.0));
  return choice;
}

}  // namespace

Result<Tuning> parse_tuning(std::string_view text) {
  const auto json = TRY(parse_json(text));
  const auto found = TRY(json_get<int64_t>(json, "format"));
  if (found != format) return fail(Code::invalid, "format {} is not {}", found, format);
  const auto layers = TRY(json_get<Json>(json, "layers"));
  if (!layers.is_array()) return fail(Code::invalid, "layers is no list");
  Tuning tuning;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto where = fmt::format("layer {}", i);
    const auto choice = TRY(parse_choice(layers[i]), where);
    const auto target = TRY(json_get<std::string>(layers[i], "target"), where);
    tuning.set(target, TRY(json_get<std::string>(layers[i], "layer"), where), choice);
  }
  return tuning;
}

Result<Tuning> read_tuning(const std::filesystem::path& path) {
  return TRY(parse_tuning(TRY(read_text(path))), path.string());
}

std::string print_tuning(const Tuning& tuning) {
  Json layers = Json::array();
  for (const auto& [target, entries] : tuning.layers_)
    for (const auto& [key, choice] : entries)
      layers.push_back({{"target", target},
                        {"layer", key},
                        {"outputs", choice.outputs},
                        {"rows", choice.rows},
                        {"columns", choice.columns},
                        {"vectors", choice.vectors},
                        {"us", choice.microseconds}});
  return print_json_pretty({{"format", format}, {"layers", layers}}) + "\n";
}

Result<> write_tuning(const Tuning& tuning, const std::filesystem::path& path) {
  return write_file(path, print_tuning(tuning));
}

}  // namespace turnstone
