#include "station/config.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "station/config_fields.h"

namespace turnstone {
namespace {

constexpr size_t most_config_bytes = size_t{1} << 20;

// Calls read(value, table, T&) for each table of the list of tables `key`.
template <class T>
std::vector<T> read_list(Reading& reading, const TomlTable& root, std::string_view key,
                         void (*read)(Reading&, const TomlValue&, const TomlTable&, T&)) {
  std::vector<T> made;
  const auto* value = root.find(key);
  if (!value) return made;
  const auto* items = std::get_if<TomlArray>(&value->content);
  if (!items) {
    reading.problem(*value, "'{}' is {}, write [[{}]]", key, kind_of(*value), key);
    return made;
  }
  for (const auto& item : *items) {
    auto& into = made.emplace_back();
    if (const auto* table = std::get_if<TomlTable>(&item.content))
      read(reading, item, *table, into);
    else
      reading.problem(item, "'{}' holds {}, write [[{}]]", key, kind_of(item), key);
  }
  return made;
}

template <class T>
std::optional<T> read_one(Reading& reading, const TomlTable& root, std::string_view key,
                          void (*read)(Reading&, const TomlValue&, const TomlTable&, T&)) {
  const auto* value = root.find(key);
  if (!value) return {};
  const auto* table = std::get_if<TomlTable>(&value->content);
  if (!table) {
    reading.problem(*value, "'{}' is {}, write [{}]", key, kind_of(*value), key);
    return {};
  }
  T made;
  read(reading, *value, *table, made);
  return made;
}

// The value at `key` of item `i` of a list of tables, for messages that concern it. The sink behind
// the last of its list is [feedback].
const TomlValue& place_of(const TomlTable& root, std::string_view list, size_t i,
                          std::string_view key) {
  const auto* value = root.find(list);
  const auto* items = value ? std::get_if<TomlArray>(&value->content) : nullptr;
  const auto& item = items && i < items->size() ? (*items)[i] : *root.find("feedback");
  const auto* table = std::get_if<TomlTable>(&item.content);
  const auto* found = table ? table->find(key) : nullptr;
  return found ? *found : item;
}

template <class T>
std::vector<std::string> names_of(const std::vector<T>& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

void check_unique(Reading& reading, const TomlTable& root, std::string_view list,
                  const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i)
    if (!names[i].empty() && std::find(names.begin(), names.begin() + i, names[i]) !=
                                 names.begin() + static_cast<std::ptrdiff_t>(i))
      reading.problem(place_of(root, list, i, "name"), "{} '{}' stands twice", list, names[i]);
}

// Says nothing where one of `there` has no name: that was said, and it may be the one.
void check_known(Reading& reading, const TomlValue& at, std::string_view where,
                 std::string_view what, const std::vector<std::string>& wanted,
                 const std::vector<std::string>& there) {
  if (std::ranges::count(there, "") > 0) return;
  for (const auto& name : wanted) {
    if (std::find(there.begin(), there.end(), name) != there.end()) continue;
    const auto near = nearest(name, there);
    reading.problem(
        at, "{}: there is no {} '{}', {}", where, what, printable(name),
        near.empty() ? "there are " + join(there, ", ") : fmt::format("did you mean '{}'", near));
  }
}

// Names are unique, and what is named exists.
void check_references(Reading& reading, const TomlTable& root, const StationConfig& config) {
  const auto sources = names_of(config.sources);
  const auto models = names_of(config.models);
  check_unique(reading, root, "source", sources);
  check_unique(reading, root, "model", models);
  check_unique(reading, root, "sink", names_of(config.sinks));
  for (size_t i = 0; i < config.models.size(); ++i)
    check_known(reading, place_of(root, "model", i, "sources"),
                named("model", config.models[i].name), "source", config.models[i].sources, sources);
  for (size_t i = 0; i < config.models.size(); ++i)
    if (!config.models[i].message_topic.empty() && !config.mqtt)
      reading.problem(place_of(root, "model", i, "message_topic"),
                      "model '{}': 'message_topic' needs a section [mqtt]", config.models[i].name);
  for (size_t i = 0; i < config.sinks.size(); ++i) {
    const auto where = named("sink", config.sinks[i].name);
    check_known(reading, place_of(root, "sink", i, "from"), where, "model", config.sinks[i].from,
                models);
    check_known(reading, place_of(root, "sink", i, "sources"), where, "source",
                config.sinks[i].sources, sources);
  }
}

const ModelConfig* find_model(const StationConfig& config, std::string_view name) {
  for (const auto& model : config.models)
    if (!name.empty() && model.name == name) return &model;
  return nullptr;
}

// Whether the chain of `after` comes back to where it began.
bool is_after_itself(const StationConfig& config, const ModelConfig& model) {
  const auto* before = find_model(config, model.after);
  for (size_t steps = 0; before && steps < config.models.size(); ++steps) {
    if (before == &model) return true;
    before = find_model(config, before->after);
  }
  return false;
}

// Models that judge what others find: chains of them end at one that sees frames.
void check_after(Reading& reading, const TomlTable& root, const StationConfig& config) {
  for (size_t i = 0; i < config.models.size(); ++i) {
    const auto& model = config.models[i];
    const auto where = named("model", model.name);
    const auto wrong = [&](std::string_view key, std::string_view why) {
      reading.problem(place_of(root, "model", i, key), "{}: {}", where, why);
    };
    if (model.after.empty()) {
      if (!model.of.empty()) wrong("of", "'of' needs 'after', the model that finds these");
      continue;
    }
    check_known(reading, place_of(root, "model", i, "after"), where, "model", {model.after},
                names_of(config.models));
    if (is_after_itself(config, model))
      wrong("after", fmt::format("'after' leads from '{}' back to it", model.after));
    if (!model.sources.empty()) wrong("sources", "'sources' and 'after' exclude each other");
    if (model.frames == "latest")
      wrong("frames", "'frames' is latest, with 'after' everything that is found is judged");
    if (model.track || !model.zones.empty() || !model.gates.empty())
      wrong("track", fmt::format("things are tracked by the model that finds them in whole frames, "
                                 "not after '{}'",
                                 model.after));
  }
}

// Fills in the only source and the only model where the cycle names none.
void resolve_cycle(Reading& reading, const TomlTable& root, StationConfig& config) {
  if (!config.cycle) return;
  auto& cycle = *config.cycle;
  const auto& at = *root.find("cycle");
  const auto choose = [&](std::string& name, std::string_view what,
                          const std::vector<std::string>& names) {
    if (name.empty() && names.size() == 1) name = names[0];
    if (name.empty())
      reading.problem(at, "cycle: '{}' is missing, there are {}", what,
                      names.empty() ? "none" : join(names, ", "));
    else
      check_known(reading, at, "cycle", what, {name}, names);
  };
  choose(cycle.source, "source", names_of(config.sources));
  choose(cycle.model, "model", names_of(config.models));
  const auto* model = find_model(config, cycle.model);
  if (model && !model->after.empty())
    reading.problem(at,
                    "cycle: model '{}' judges what '{}' finds, wanted: one that sees whole frames",
                    cycle.model, model->after);
  if (model && !admits(model->sources, cycle.source))
    reading.problem(at, "cycle: model '{}' does not see source '{}'", cycle.model, cycle.source);
}

// Of the sections that have a name, and of those that there is one of.
std::map<std::string, std::string> places_of(const Reading& reading, const TomlTable& root,
                                             const StationConfig& config) {
  std::map<std::string, std::string> places;
  const auto add = [&](const char* list, const auto& items) {
    for (size_t i = 0; i < items.size(); ++i)
      places[named(list, items[i].name)] = reading.place(place_of(root, list, i, ""));
  };
  add("source", config.sources);
  add("model", config.models);
  add("sink", config.sinks);
  for (const auto* one : {"cycle", "spool", "mqtt", "page"})
    if (const auto* value = root.find(one)) places[one] = reading.place(*value);
  return places;
}

Error error_of(const Reading& reading) {
  std::vector<std::string> lines;
  for (const auto& [line, text] : reading.problems) lines.push_back(text);
  return {Code::invalid, join(lines, "\n")};
}

// The table of list `items` that `step` names by its number or its name.
TomlTable* choose(TomlArray& items, std::string_view step) {
  for (size_t i = 0; i < items.size(); ++i) {
    auto* table = std::get_if<TomlTable>(&items[i].content);
    if (!table) continue;
    const auto* name = table->find("name");
    const auto* text = name ? std::get_if<std::string>(&name->content) : nullptr;
    if (step == std::to_string(i) || (text && *text == step)) return table;
  }
  return nullptr;
}

// Sets one KEY=VALUE in the tree; the tables of the configuration check key and value later.
void apply(Reading& reading, TomlTable& root, const std::string& text) {
  const TomlValue nowhere{.content = false, .line = 0, .text = text};
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return reading.problem(nowhere, "'{}' is not KEY=VALUE", printable(text));
  const auto steps = split(std::string_view(text).substr(0, equals), '.');
  TomlTable* table = &root;
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    auto* next = table->find(steps[i]);
    if (!next && table == &root)
      next = &table->set(steps[i], {.content = TomlTable{}, .line = 0, .text = text});
    if (auto* inner = next ? std::get_if<TomlTable>(&next->content) : nullptr) {
      table = inner;
      continue;
    }
    auto* items = next ? std::get_if<TomlArray>(&next->content) : nullptr;
    auto* chosen = items && i + 2 < steps.size() ? choose(*items, steps[i + 1]) : nullptr;
    if (!chosen)
      return reading.problem(nowhere,
                             "'{}': there is no such part of the configuration, legal are "
                             "keys such as page.port, source.0.path, source.NAME.path",
                             printable(text.substr(0, equals)));
    table = chosen;
    ++i;
  }
  table->set(steps.back(), parse_toml_value(std::string_view(text).substr(equals + 1)));
}

}  // namespace

std::string named(std::string_view what, const std::string& name) {
  return name.empty() ? std::string(what) : fmt::format("{} '{}'", what, printable(name));
}

Result<StationConfig> parse_config(std::string_view text, std::string_view file,
                                   const std::filesystem::path& folder,
                                   std::span<const std::string> overrides) {
  auto root = TRY(parse_toml(text, file));
  Reading reading{.file = std::string(file), .folder = folder};
  for (const auto& override_text : overrides) apply(reading, root, override_text);
  StationConfig config;
  config.sources = read_list<SourceConfig>(reading, root, "source", read_source);
  config.models = read_list<ModelConfig>(reading, root, "model", read_model);
  config.sinks = read_list<SinkConfig>(reading, root, "sink", read_sink);
  if (auto feedback = read_one<SinkConfig>(reading, root, "feedback", read_feedback))
    config.sinks.push_back(std::move(*feedback));
  config.cycle = read_one<CycleConfig>(reading, root, "cycle", read_cycle);
  config.spool = read_one<SpoolConfig>(reading, root, "spool", read_spool);
  config.mqtt = read_one<MqttConnection>(reading, root, "mqtt", read_mqtt);
  config.page = read_one<PageConfig>(reading, root, "page", read_page);
  const std::vector<std::string> known = {"source", "model", "sink", "feedback",
                                          "cycle",  "spool", "mqtt", "page"};
  check_keys(reading, "station", root, known);
  if (reading.problems.empty() && config.sources.empty())
    return fail(Code::invalid, "{}: there is no [[source]]", file);
  check_references(reading, root, config);
  check_after(reading, root, config);
  resolve_cycle(reading, root, config);
  if (!reading.problems.empty()) return std::unexpected(error_of(reading));
  config.places = places_of(reading, root, config);
  return config;
}

Result<StationConfig> load_config(const std::filesystem::path& path,
                                  std::span<const std::string> overrides) {
  const auto text = TRY(read_text(path, most_config_bytes));
  return parse_config(text, path.string(), path.parent_path(), overrides);
}

}  // namespace turnstone
