#include <algorithm>
#include <optional>

#include "base/number.h"
#include "base/text.h"
#include "media/samples.h"
#include "station/kinds.h"
#include "station/line_tail.h"
#include "station/sample_text.h"
#include "station/wait.h"
#include "station/window_fields.h"

namespace turnstone {
namespace {

constexpr std::chrono::milliseconds look_every(20);

// A file of rows of numbers to which another program adds.
struct CsvSourceConfig : WindowConfig {
  std::string name = {};                  // of the source
  std::string path = {};                  // of the file
  std::vector<std::string> columns = {};  // by name, or by number from 1; empty: all
  std::string separator = ",";            // between cells
  bool header = true;                     // the first line of a file names the columns
  bool follow = true;                     // go on with rows that are added, until stopped
  bool history = false;                   // following: the rows that are there at the start too
};

const Field<CsvSourceConfig> own_fields[] = {
    {"path",
     &CsvSourceConfig::path,
     "path",
     "CSV file; one that is renamed or cut short is followed",
     {.required = true}},
    {"columns", &CsvSourceConfig::columns, "",
     "channels of the window, by name or by number from 1; empty: all columns"},
    {"separator",
     &CsvSourceConfig::separator,
     "",
     "between cells",
     {.choices = {",", ";", "\t", " "}}},
    {"header", &CsvSourceConfig::header, "", "the first line of a file names the columns"},
    {"follow", &CsvSourceConfig::follow, "", "go on with rows that are added, until stopped"},
    {"history", &CsvSourceConfig::history, "", "following: give the rows that are there, too"},
    {"rate_hz",
     &CsvSourceConfig::rate,
     "Hz",
     "rows a second, 0: nobody knows",
     {.least = 0, .most = 1e9}},
};
const auto csv_fields = join_fields(own_fields, window_fields<CsvSourceConfig>());

// A column's number from 0, where its name is one from 1.
std::optional<size_t> number_in(const std::string& name) {
  const auto number = find_number<size_t>(name);
  if (!number || *number < 1 || *number > 4096) return {};
  return *number - 1;
}

class CsvSource final : public Source {
 public:
  explicit CsvSource(CsvSourceConfig config) : config_(std::move(config)), builder_(config_) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    if (!tail_) TRY(open());
    while (!stop.stop_requested()) {
      auto line = TRY(tail_->next());
      if (!line && !config_.follow) line = tail_->rest();
      if (line)
        TRY(take(*line, deliver, report));
      else if (!config_.follow)
        return end();
      else
        wait_for(look_every, stop);
    }
    return SourceEnd::stopped;
  }

  bool is_endless() const override { return config_.follow; }

 private:
  Result<> open() {
    tail_.emplace(TRY(LineTail::open(config_.path)));
    if (!config_.follow || config_.history) return {};
    // The header counts, wherever reading begins.
    if (config_.header) {
      const auto line = TRY(tail_->next());
      if (!line) return {};
      TRY(read_header(*line));
    }
    return tail_->skip_to_end();
  }

  // Another run starts over.
  Result<SourceEnd> end() {
    tail_.reset();
    builder_.start_over();
    return SourceEnd::ended;
  }

  Result<> take(const TailLine& line, const FrameSink& deliver, const ErrorSink& report) {
    if (config_.header && line.number == 1) return read_header(line);
    if (!line.is_too_long && trim(line.text).empty()) return {};
    const auto step = step_of(line);
    if (!step) {
      ++bad_;
      if (!std::exchange(was_bad_, true))
        report(Error(step.error())
                   .in(fmt::format("{}:{} ({} bad so far)", config_.path, line.number, bad_)));
      return {};
    }
    was_bad_ = false;
    auto window =
        TRY(builder_.add(*step, std::chrono::steady_clock::now(), std::chrono::system_clock::now()),
            config_.path);
    if (!window) return {};
    window->source = config_.name;
    window->sequence = next_++;
    deliver(std::move(*window));
    return {};
  }

  Result<> read_header(const TailLine& line) {
    auto names = TRY(parse_csv_line(without_mark(line.text), config_.separator[0]), config_.path);
    places_.clear();
    width_ = names.size();
    for (const auto& wanted : config_.columns) {
      const auto found = std::ranges::find(names, wanted);
      const auto number = number_in(wanted);
      if (found == names.end() && (!number || *number >= names.size()))
        return fail(Code::invalid, "{}: has no column '{}', it has {}", config_.path,
                    printable(wanted, 60), printable(join(names, ", ")));
      places_.push_back(found == names.end() ? *number
                                             : static_cast<size_t>(found - names.begin()));
    }
    return {};
  }

  // Programs for tables begin a file with the byte order mark of UTF-8.
  static std::string_view without_mark(std::string_view text) {
    return text.substr(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  }

  // The numbers of a row in the columns that are wanted.
  Result<std::vector<float>> step_of(const TailLine& line) {
    if (line.is_too_long)
      return fail(Code::invalid, "is longer than {} bytes", LineTail::most_bytes);
    const auto cells = TRY(parse_csv_line(without_mark(line.text), config_.separator[0]));
    if (width_ == 0) width_ = cells.size();
    if (places_.empty() && config_.columns.empty())
      for (size_t place = 0; place < width_; ++place) places_.push_back(place);
    if (places_.empty())
      for (const auto& wanted : config_.columns) places_.push_back(*number_in(wanted));
    std::vector<float> step;
    for (const auto place : places_) {
      if (place >= cells.size())
        return fail(Code::invalid, "has {} cells, column {} is wanted", cells.size(), place + 1);
      step.push_back(TRY(parse_sample(cells[place]), fmt::format("column {}", place + 1)));
    }
    return step;
  }

  CsvSourceConfig config_;
  std::optional<LineTail> tail_;
  std::vector<size_t> places_;  // columns that are wanted; empty: not known yet
  size_t width_ = 0;            // columns there are; 0: not known yet
  WindowBuilder builder_;
  int64_t next_ = 0;      // number of the next window
  int64_t bad_ = 0;       // lines that were skipped
  bool was_bad_ = false;  // the last one
};

Result<std::unique_ptr<Source>> open_csv_source(const CsvSourceConfig& config) {
  const auto channels = std::max<size_t>(config.columns.size(), 1);
  TRY(check_windows(config, static_cast<int>(std::min<size_t>(channels, 1 << 20))));
  if (!config.header)
    for (const auto& name : config.columns)
      if (!number_in(name))
        return fail(Code::invalid, "columns: '{}' is wrong, without a header legal are 1, 2, ...",
                    printable(name, 60));
  if (!config.follow) TRY(LineTail::open(config.path));  // nobody is to make it yet
  return std::make_unique<CsvSource>(config);
}

}  // namespace

const Kind<Source> csv_source = kind_of<Source, CsvSourceConfig, csv_fields, open_csv_source>(
    "csv", "rows of numbers that another program writes, in windows of samples");

}  // namespace turnstone
