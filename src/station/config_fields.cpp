#include "station/config_fields.h"

#include <algorithm>

#include "base/text.h"
#include "station/action.h"
#include "station/kinds.h"
#include "station/motion_meter.h"
#include "station/tracking.h"
#include "wire/http_rules.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

const Field<SourceConfig> source_fields[] = {
    {"name", &SourceConfig::name, "", "letters, digits, - and _", {.required = true}},
    {"kind", &SourceConfig::kind, "", "what it is", {.required = true}},
};

const Field<ModelConfig> model_fields[] = {
    {"name", &ModelConfig::name, "", "letters, digits, - and _", {.required = true}},
    {"package",
     &ModelConfig::package,
     "path",
     "compiled model: folder, .tar.gz, or .so with a .json of its name beside it",
     {.required = true}},
    {"sources", &ModelConfig::sources, "",
     "names of sources, []: all whose frames are of its kind, pictures or samples"},
    {"after", &ModelConfig::after, "",
     "name of a model: each thing that it finds is judged, cut out of the picture"},
    {"of", &ModelConfig::of, "", "with after: labels of the things, []: any"},
    {"padding",
     &ModelConfig::padding,
     "",
     "with after: added on each side of a thing, in its widths and heights",
     {.least = 0, .most = 10}},
    {"most",
     &ModelConfig::most,
     "",
     "with after: things of a picture that are judged, the surest first",
     {.least = 1, .most = 1000}},
    {"frames",
     &ModelConfig::frames,
     "",
     "every frame, or always the latest; auto: the latest of cameras, every one of files",
     {.choices = {"auto", "every", "latest"}}},
    {"interval_ms",
     &ModelConfig::interval,
     "ms",
     "least time from one judged frame to the next",
     {.least = 0, .most = 86'400'000}},
    {"every",
     &ModelConfig::every,
     "",
     "the first of so many frames is judged",
     {.least = 1, .most = 1'000'000}},
    {"motion", &ModelConfig::motion, "", "only frames in which something moves"},
    {"still_s",
     &ModelConfig::still_seconds,
     "s",
     "one frame each time the picture has stood still for so long after it moved, 0: off",
     {.least = 0, .most = 3600}},
    {"motion_region",
     &ModelConfig::motion_region,
     "",
     "where motion and still_s look: corners \"0.1,0.2 0.5,0.9\" of a box, or a polygon of more, "
     "in fractions; \"\": everywhere",
     {.why_not = why_not<parse_region>}},
    {"motion_share",
     &ModelConfig::motion_share,
     "",
     "of the region that must change from one frame to the next to be motion",
     {.least = 1e-6, .most = 1}},
    {"motion_level",
     &ModelConfig::motion_level,
     "",
     "of 255, by which brightness must differ to have changed",
     {.least = 0, .most = 254}},
    {"message_topic",
     &ModelConfig::message_topic,
     "",
     "one frame for each message to this topic of the broker in [mqtt], + and # as there",
     {.why_not = why_not<check_mqtt_filter>}},
    {"threads",
     &ModelConfig::threads,
     "",
     "that compute one run, 0: as many as there are CPUs",
     {.least = 0, .most = 256}},
    {"top", &ModelConfig::top, "", "classes in a result", {.least = 1, .most = 1000}},
    {"watch", &ModelConfig::watch, "", "take a package whose files change into service"},
    {"track", &ModelConfig::track, "", "number things over frames, so that one keeps its number"},
    {"track_by_class", &ModelConfig::track_by_class, "", "a numbered thing keeps its label"},
    {"lost_frames",
     &ModelConfig::lost_frames,
     "",
     "frames for which a thing that is not seen keeps its number",
     {.least = 0, .most = 10'000}},
    {"zones",
     &ModelConfig::zones,
     "",
     "areas such as \"door=0.1,0.2 0.5,0.2 0.5,0.9\" in fractions of the picture, in which tracks "
     "are counted and timed",
     {.why_not = why_not<parse_zone>}},
    {"gates",
     &ModelConfig::gates,
     "",
     "lines such as \"exit=0.5,0 0.5,1\", whose crossings are counted",
     {.why_not = why_not<parse_gate>}},
    {"challenger", &ModelConfig::challenger, "path",
     "package that judges the same frames, only to count where it differs"},
};

const Field<SinkConfig> sink_fields[] = {
    {"name", &SinkConfig::name, "", "letters, digits, - and _", {.required = true}},
    {"kind", &SinkConfig::kind, "", "what it is", {.required = true}},
    {"from", &SinkConfig::from, "", "names of models, []: all"},
    {"queue",
     &SinkConfig::queue,
     "",
     "results that wait; then the oldest is dropped and counted",
     {.least = 1, .most = 1'000'000}},
    {"drain_ms",
     &SinkConfig::drain,
     "ms",
     "time to deliver what waits when the station stops",
     {.least = 0, .most = 600'000}},
};

// Of a sink of pictures.
const Field<SinkConfig> viewer_fields[] = {
    {"name", &SinkConfig::name, "", "letters, digits, - and _", {.required = true}},
    {"kind", &SinkConfig::kind, "", "what it is", {.required = true}},
    {"sources", &SinkConfig::sources, "", "names of sources whose pictures are shown, []: all"},
    {"from", &SinkConfig::from, "", "names of models whose scenes are drawn or noticed, []: all"},
};

const Field<CycleConfig> cycle_fields[] = {
    {"source", &CycleConfig::source, "", "name of the source, \"\": the only one"},
    {"model", &CycleConfig::model, "", "name of the model that judges, \"\": the only one"},
    {"stops", &CycleConfig::stops, "path",
     "frame numbers at which a recording begins to stand and to move; \"\": live, with the table"},
    {"vote",
     &CycleConfig::vote,
     "",
     "mean of the scores of a part's frames, its last frame, or the last of its last four",
     {.choices = {"mean", "last", "batch"}}},
    {"settle_s",
     &CycleConfig::settle_seconds,
     "s",
     "live: from the end of motion to the first frame that counts",
     {.least = 0, .most = 3600}},
    {"judge_s",
     &CycleConfig::judge_seconds,
     "s",
     "live: time that frames of a part are judged",
     {.least = 0, .most = 3600}},
    {"judge_frames",
     &CycleConfig::judge_frames,
     "",
     "live: judged frames that end a part earlier, 0: no limit",
     {.least = 0, .most = 1'000'000}},
    {"timeout_s",
     &CycleConfig::timeout_seconds,
     "s",
     "live: of each phase that has none of its own",
     {.least = 0.001, .most = 3600}},
    {"move_timeout_s",
     &CycleConfig::move_timeout_seconds,
     "s",
     "live: that a move may take, 0: timeout_s",
     {.least = 0, .most = 3600}},
    {"settle_timeout_s",
     &CycleConfig::settle_timeout_seconds,
     "s",
     "live: until a table that moves again by itself stands still for settle_s, 0: timeout_s",
     {.least = 0, .most = 3600}},
    {"judge_timeout_s",
     &CycleConfig::judge_timeout_seconds,
     "s",
     "live: that a part's first frame, or the model's answer, is waited for, 0: timeout_s",
     {.least = 0, .most = 3600}},
    {"sort_timeout_s",
     &CycleConfig::sort_timeout_seconds,
     "s",
     "live: from an action to its acknowledgement, 0: timeout_s",
     {.least = 0, .most = 3600}},
    {"unsorted",
     &CycleConfig::unsorted,
     "",
     "live: whether a part that was not sorted is a fault, or counted and left behind",
     {.choices = {"fault", "count"}}},
    {"reinspections",
     &CycleConfig::reinspections,
     "",
     "live: times that an undecided or doubtful part is judged again",
     {.least = 0, .most = 100}},
    {"reinspect_below",
     &CycleConfig::reinspect_below,
     "",
     "live: score below which a part is doubtful",
     {.least = 0, .most = 1}},
    {"stop_after_fails",
     &CycleConfig::stop_after_fails,
     "",
     "live: parts in a row with one of stop_labels that stop the line, 0: none do",
     {.least = 0, .most = 1'000'000}},
    {"stop_labels", &CycleConfig::stop_labels, "", "live: labels that stop_after_fails counts"},
    {"stop_after_faults",
     &CycleConfig::stop_after_faults,
     "",
     "live: faults, also those that end by themselves, that stop the line for good, 0: none do",
     {.least = 0, .most = 1'000'000}},
};

const Field<SorterConfig> sorter_fields[] = {
    {"driver",
     &SorterConfig::driver,
     "",
     "none: parts are not sorted; mqtt: what is to be done is sent to the broker in [mqtt]",
     {.choices = {"none", "simulated", "mqtt"}}},
    {"actions",
     &SorterConfig::actions,
     "",
     "that labels call for, such as \"Pass=keep\"",
     {.why_not = why_not<parse_action>}},
    {"otherwise", &SorterConfig::otherwise, "", "action for other labels and undecided parts"},
    {"answer_s",
     &SorterConfig::answer_seconds,
     "s",
     "simulated: from an action to its acknowledgement",
     {.least = 0, .most = 3600}},
    {"late_every",
     &SorterConfig::late_every,
     "",
     "simulated: one in so many acknowledgements is late, 0: none",
     {.least = 0, .most = 1'000'000}},
    {"late_s",
     &SorterConfig::late_seconds,
     "s",
     "simulated: by which it is late",
     {.least = 0, .most = 3600}},
    {"refuse_every",
     &SorterConfig::refuse_every,
     "",
     "simulated: one in so many actions is refused, 0: none",
     {.least = 0, .most = 1'000'000}},
    {"topic", &SorterConfig::topic, "", "mqtt: of actions", {.why_not = why_not<check_mqtt_topic>}},
    {"answer_topic",
     &SorterConfig::answer_topic,
     "",
     "mqtt: of acknowledgements",
     {.why_not = why_not<check_mqtt_filter>}},
};

const Field<TurntableConfig> table_fields[] = {
    {"driver",
     &TurntableConfig::driver,
     "",
     "simulated, a controller that speaks G-code over a serial line, or one of Phidgets",
     {.choices = {"simulated", "grbl", "marlin", "phidget"}}},
    {"device", &TurntableConfig::device, "path", "grbl, marlin: the serial line"},
    {"baud",
     &TurntableConfig::baud,
     "",
     "grbl, marlin: of the serial line",
     {.least = 1200, .most = 921'600}},
    {"axis",
     &TurntableConfig::axis,
     "",
     "grbl, marlin: that turns the table",
     {.choices = {"X", "Y", "Z"}}},
    {"ticks_per_unit",
     &TurntableConfig::ticks_per_unit,
     "ticks",
     "grbl, marlin: of the controller's millimetre or degree",
     {.least = 1e-6, .most = 1e9}},
    {"ticks_per_turn",
     &TurntableConfig::ticks_per_turn,
     "ticks",
     "of the motor",
     {.least = 1, .most = 1e12}},
    {"sections",
     &TurntableConfig::sections,
     "",
     "parts that stand on the table, at equal angles",
     {.least = 1, .most = 100'000}},
    {"velocity", &TurntableConfig::velocity, "ticks/s", "at most", {.least = 1e-3, .most = 1e9}},
    {"acceleration",
     &TurntableConfig::acceleration,
     "ticks/s^2",
     "also when it slows down",
     {.least = 1e-3, .most = 1e12}},
    {"library", &TurntableConfig::library, "", "phidget: Phidget22, a name or a path"},
    {"serial_number",
     &TurntableConfig::serial_number,
     "",
     "phidget: of the controller, -1: any",
     {.least = -1, .most = 2'147'483'647}},
    {"hub_port",
     &TurntableConfig::hub_port,
     "",
     "phidget: where it is plugged into a hub, -1: any",
     {.least = -1, .most = 255}},
    {"channel",
     &TurntableConfig::channel,
     "",
     "phidget: of the controller, -1: any",
     {.least = -1, .most = 255}},
    {"rescale_factor",
     &TurntableConfig::rescale_factor,
     "",
     "phidget: ticks of one step of the controller",
     {.least = 1e-9, .most = 1e9}},
    {"current_limit_a",
     &TurntableConfig::current_limit,
     "A",
     "phidget: through the motor",
     {.least = 0.001, .most = 100}},
};

constexpr double most_mb = 1 << 30, most_days = 100'000;

const Field<SpoolConfig> spool_fields[] = {
    {"path", &SpoolConfig::path, "path", "a folder of this station's own", {.required = true}},
    {"results_mb", &SpoolConfig::results_mb, "MB", "that may wait", {.least = 1, .most = most_mb}},
    {"pictures_mb",
     &SpoolConfig::pictures_mb,
     "MB",
     "that may wait",
     {.least = 1, .most = most_mb}},
    {"videos_mb", &SpoolConfig::videos_mb, "MB", "that may wait", {.least = 1, .most = most_mb}},
    {"results_days",
     &SpoolConfig::results_days,
     "",
     "that one waits",
     {.least = 1, .most = most_days}},
    {"pictures_days",
     &SpoolConfig::pictures_days,
     "",
     "that one waits",
     {.least = 1, .most = most_days}},
    {"videos_days",
     &SpoolConfig::videos_days,
     "",
     "that one waits",
     {.least = 1, .most = most_days}},
};

const auto mqtt_fields = mqtt_connection_fields<MqttConnection>();

const Field<PageConfig> page_fields[] = {
    {"address", &PageConfig::address, "",
     "where it listens; another than of the loopback wants the three files"},
    {"port", &PageConfig::port, "", "0: any free one", {.least = 0, .most = 65535}},
    {"token_file", &PageConfig::token_file, "path", "one line, the token that lets in"},
    {"certificate_file", &PageConfig::certificate_file, "path",
     "PEM, of the server and its issuers"},
    {"key_file", &PageConfig::key_file, "path", "PEM, of the certificate"},
    {"fps",
     &PageConfig::fps,
     "Hz",
     "pictures a second and viewer, at most",
     {.least = 0.1, .most = 60}},
    {"quality", &PageConfig::quality, "", "of the JPEG pictures", {.least = 1, .most = 100}},
    {"metrics", &PageConfig::metrics, "", "numbers for Prometheus at /metrics"},
};

bool is_name(std::string_view name) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), legal);
}

// A wrong name is cleared, so that it counts as none from here on.
void check_name(Reading& reading, std::string_view what, const TomlValue& at,
                const TomlTable& table, std::string& name) {
  if (name.empty() || is_name(name)) return;
  const auto* value = table.find("name");
  reading.problem(value ? *value : at,
                  "{}: name '{}' is wrong, legal are 1 to 64 letters, digits, "
                  "- and _",
                  what, printable(name));
  name.clear();
}

std::string text_of(const TomlTable& table, std::string_view key) {
  const auto* value = table.find(key);
  const auto* text = value ? std::get_if<std::string>(&value->content) : nullptr;
  return text ? *text : "";
}

template <class Made>
std::vector<std::string> names_of(std::span<const Kind<Made>* const> kinds) {
  std::vector<std::string> names;
  for (const auto* kind : kinds) names.emplace_back(kind->name);
  return names;
}

// Reads the fields that every kind has, then those of the kind that the table names, if it is one
// of `kinds`. `all` are the names of all kinds that the section may have.
template <class Section, class Made, size_t common_count>
void read_section(Reading& reading, std::string_view what, const TomlValue& at,
                  const TomlTable& table, const Field<Section> (&common)[common_count],
                  std::span<const Kind<Made>* const> kinds, Opener<Made> Section::* open,
                  const std::vector<std::string>& all, Section& into) {
  const auto where = named(what, text_of(table, "name"));
  TomlTable shared;
  std::vector<std::string> common_names;
  for (const auto& field : common) {
    common_names.emplace_back(field.name);
    if (const auto* value = table.find(field.name)) shared.set(field.name, *value);
  }
  read_fields(reading, where, at, shared, common, into);
  check_name(reading, what, at, table, into.name);
  for (const auto* kind : kinds) {
    if (kind->name != into.kind) continue;
    into.*open = kind->read(reading, where, at, table, std::move(common_names), into.name);
    return;
  }
  if (into.kind.empty()) return;
  const auto near = nearest(into.kind, all);
  reading.problem(*table.find("kind"), "{}: kind '{}' is unknown, legal are {}{}", where,
                  printable(into.kind), join(all, ", "),
                  near.empty() ? "" : fmt::format("; did you mean '{}'", near));
}

template <class Made>
std::string print_kinds(std::string_view section, std::span<const Kind<Made>* const> kinds) {
  std::string text;
  for (const auto* kind : kinds)
    text += fmt::format("# [[{}]] of kind \"{}\": {}\n{}\n", section, kind->name, kind->doc,
                        kind->print());
  return text;
}

}  // namespace

void read_source(Reading& reading, const TomlValue& at, const TomlTable& table,
                 SourceConfig& into) {
  read_section(reading, "source", at, table, source_fields, source_kinds(), &SourceConfig::open,
               names_of(source_kinds()), into);
}

void read_model(Reading& reading, const TomlValue& at, const TomlTable& table, ModelConfig& into) {
  read_fields(reading, named("model", text_of(table, "name")), at, table, model_fields, into);
  check_name(reading, "model", at, table, into.name);
}

void read_sink(Reading& reading, const TomlValue& at, const TomlTable& table, SinkConfig& into) {
  auto all = names_of(sink_kinds());
  const auto viewers = names_of(viewer_kinds());
  all.insert(all.end(), viewers.begin(), viewers.end());
  if (std::ranges::count(viewers, text_of(table, "kind")) > 0)
    read_section(reading, "sink", at, table, viewer_fields, viewer_kinds(),
                 &SinkConfig::open_viewer, all, into);
  else
    read_section(reading, "sink", at, table, sink_fields, sink_kinds(), &SinkConfig::open, all,
                 into);
}

void read_feedback(Reading& reading, const TomlValue& at, const TomlTable& table,
                   SinkConfig& into) {
  auto named = table;
  for (const auto* key : {"name", "kind"})
    if (!table.find(key)) named.set(key, {.content = "feedback", .line = at.line, .text = ""});
  read_sink(reading, at, named, into);
}

namespace {

// Reads the table `key` inside of the cycle, where it is there.
template <class T, size_t n>
void read_inner(Reading& reading, const TomlTable& cycle, const std::string& key,
                const Field<T> (&fields)[n], T& into) {
  const auto* value = cycle.find(key);
  if (!value) return;
  if (const auto* inner = std::get_if<TomlTable>(&value->content))
    read_fields(reading, "cycle." + key, *value, *inner, fields, into);
  else
    reading.problem(*value, "cycle: '{}' is {}, write [cycle.{}]", key, kind_of(*value), key);
}

}  // namespace

void read_cycle(Reading& reading, const TomlValue& at, const TomlTable& table, CycleConfig& into) {
  read_fields(reading, "cycle", at, table, cycle_fields, into, {"table", "sorter"});
  read_inner(reading, table, "table", table_fields, into.table);
  read_inner(reading, table, "sorter", sorter_fields, into.sorter);
}

void read_spool(Reading& reading, const TomlValue& at, const TomlTable& table, SpoolConfig& into) {
  read_fields(reading, "spool", at, table, spool_fields, into);
}

void read_mqtt(Reading& reading, const TomlValue& at, const TomlTable& table,
               MqttConnection& into) {
  read_fields(reading, "mqtt", at, table, mqtt_fields, into);
}

void read_page(Reading& reading, const TomlValue& at, const TomlTable& table, PageConfig& into) {
  read_fields(reading, "page", at, table, page_fields, into);
  const auto* address = table.find("address");
  if (!is_address(into.address))
    return reading.problem(address ? *address : at, "page: address '{}' is no IP address",
                           printable(into.address));
  const std::pair<const char*, const std::string*> files[] = {
      {"token_file", &into.token_file},
      {"certificate_file", &into.certificate_file},
      {"key_file", &into.key_file}};
  const bool open = !is_loopback_address(into.address);
  if (!open && std::ranges::all_of(files, [](auto& file) { return file.second->empty(); })) return;
  for (const auto& [key, path] : files)
    if (path->empty() && open)
      reading.problem(address ? *address : at,
                      "page: address '{}' is seen by other machines, which wants a login over TLS: "
                      "key '{}' is missing",
                      into.address, key);
    else if (path->empty())
      reading.problem(at, "page: key '{}' is missing, a login is over TLS", key);
}

std::string print_config_reference() {
  return fmt::format(
      "# Every key of a station's configuration with its default.\n\n"
      "# [[source]]: where frames come from\n{}\n{}"
      "# [[model]]: a compiled model and what it sees: frames of sources, or what another model "
      "finds\n{}\n"
      "# [[sink]]: where results go\n{}\n{}"
      "# [[sink]]: where pictures go\n{}\n{}"
      "# [feedback]: a sink of kind \"feedback\" and of that name\n\n"
      "# [cycle]: parts come to stand one by one, each gets one verdict; without it: every "
      "frame\n{}\n"
      "# [cycle.table]: live, the table that brings the parts\n{}\n"
      "# [cycle.sorter]: live, what takes each part where it belongs\n{}\n"
      "# [spool]: results wait on disk until they have arrived; without it: in memory\n{}\n"
      "# [mqtt]: a broker over which others send messages to the station\n{}\n"
      "# [page]: the live page\n{}",
      print_fields(source_fields), print_kinds("source", source_kinds()),
      print_fields(model_fields), print_fields(sink_fields), print_kinds("sink", sink_kinds()),
      print_fields(viewer_fields), print_kinds("sink", viewer_kinds()), print_fields(cycle_fields),
      print_fields(table_fields), print_fields(sorter_fields), print_fields(spool_fields),
      print_fields(mqtt_fields), print_fields(page_fields));
}

}  // namespace turnstone
