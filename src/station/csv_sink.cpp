#include "base/number.h"
#include "station/finding.h"
#include "station/kinds.h"
#include "station/line_file.h"

namespace turnstone {
namespace {

// A table of results as spreadsheets read it.
struct CsvSinkConfig {
  std::string path = {};        // of the file
  bool append = true;           // keep what the file has
  std::string separator = ",";  // between columns
};

const Field<CsvSinkConfig> csv_fields[] = {
    {"path", &CsvSinkConfig::path, "path", "file that rows are added to", {.required = true}},
    {"append", &CsvSinkConfig::append, "", "keep what the file has when the station starts"},
    {"separator", &CsvSinkConfig::separator, "", "between columns", {.choices = {",", ";", "\t"}}},
};

constexpr const char* columns[] = {"time", "source", "model",  "frame", "picture",
                                   "part", "label",  "class",  "score", "left",
                                   "top",  "right",  "bottom", "id"};

// RFC 4180: within quotes where it must be, quotes doubled. A text that spreadsheets would take for
// a formula gets an apostrophe before it.
std::string cell(const std::string& text, const std::string& separator) {
  std::string safe = text;
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos)
    safe.insert(0, "'");
  if (safe.find_first_of("\"\r\n" + separator) == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char letter : safe) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + "\"";
}

class CsvSink final : public Sink {
 public:
  CsvSink(LineFile file, std::string separator)
      : file_(std::move(file)), separator_(std::move(separator)) {}

  // A row for each finding, all in one message, so that an outcome arrives whole.
  std::vector<Message> messages_of(const Outcome& outcome) const override {
    std::string rows;
    for (const auto& found : findings_of(outcome)) rows += row(outcome, found);
    if (rows.empty()) return {};
    return {{.body = std::move(rows)}};
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    return file_.write(messages, sent, stop);
  }

 private:
  std::string row(const Outcome& outcome, const Finding& found) const {
    const auto& scene = outcome.scene;
    const auto number = [](double value) { return fmt::format("{}", value); };
    const auto& box = found.box;
    const std::string cells[] = {
        print_time(scene.wall),
        cell(scene.source, separator_),
        cell(scene.model, separator_),
        scene.sequence < 0 ? "" : number(static_cast<double>(scene.sequence)),
        cell(picture_name(scene), separator_),
        outcome.verdict ? number(static_cast<double>(outcome.verdict->part)) : "",
        cell(found.word, separator_),
        number(found.label),
        number(rounded(found.score)),
        number(rounded(box.left)),
        number(rounded(box.top)),
        number(rounded(box.right)),
        number(rounded(box.bottom)),
        outcome.id};
    std::string line;
    for (const auto& text : cells) line += (line.empty() ? "" : separator_) + text;
    return line + "\r\n";
  }

  LineFile file_;
  std::string separator_;
};

// Errors: unavailable (the file cannot be opened).
Result<std::unique_ptr<Sink>> open_csv_sink(const CsvSinkConfig& config) {
  std::string header;
  for (const auto* name : columns) header += (header.empty() ? "" : config.separator) + name;
  auto file = TRY(LineFile::open(config.path, config.append, header + "\r\n"));
  return std::make_unique<CsvSink>(std::move(file), config.separator);
}

}  // namespace

const Kind<Sink> csv_sink =
    kind_of<Sink, CsvSinkConfig, csv_fields, open_csv_sink>("csv", "rows of a table in a file");

}  // namespace turnstone
