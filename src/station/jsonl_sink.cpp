#include "station/kinds.h"
#include "station/line_file.h"

namespace turnstone {
namespace {

// JSON lines in a file or on standard output.
struct JsonlSinkConfig {
  std::string path = "-";  // "-" is standard output
  bool append = true;      // keep what the file has
};

const Field<JsonlSinkConfig> jsonl_fields[] = {
    {"path", &JsonlSinkConfig::path, "path",
     "file that lines are added to, \"-\": standard output"},
    {"append", &JsonlSinkConfig::append, "", "keep what the file has when the station starts"},
};

class JsonlSink final : public Sink {
 public:
  explicit JsonlSink(LineFile file) : file_(std::move(file)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    return {{.body = print_outcome(outcome) + "\n"}};
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    return file_.write(messages, sent, stop);
  }

 private:
  LineFile file_;
};

// Errors: unavailable (the file cannot be opened).
Result<std::unique_ptr<Sink>> open_jsonl_sink(const JsonlSinkConfig& config) {
  return std::make_unique<JsonlSink>(TRY(LineFile::open(config.path, config.append)));
}

}  // namespace

const Kind<Sink> jsonl_sink =
    kind_of<Sink, JsonlSinkConfig, jsonl_fields, open_jsonl_sink>("jsonl", "JSON lines in a file");

}  // namespace turnstone
