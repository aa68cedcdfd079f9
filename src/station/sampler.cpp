#include "station/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "media/convert.h"

namespace turnstone {
namespace {

constexpr size_t most_configs = 100;
constexpr const char* map_key = "FeedbackConfigurationMap";
constexpr const char* limit_key = "RequestLimit";

struct StrategyName {
  std::string_view name;
  Strategy strategy;
  const char* number;  // the key of its number
  double most;
};
constexpr StrategyName strategies[] = {
    {"RANDOM_SAMPLING", Strategy::random, "rate", 1},
    {"LEAST_CONFIDENCE", Strategy::least_confidence, "threshold", 1},
    {"MARGIN", Strategy::margin, "threshold", 1},
    {"ENTROPY", Strategy::entropy, "threshold", 1e9},
};

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_id(std::string_view text) {
  const auto legal = [](char c) { return is_alphanumeric(c) || c == '-'; };
  return text.size() >= 2 && text.size() <= 63 && text[0] != '-' &&
         std::ranges::all_of(text, legal);
}

bool is_bucket(std::string_view text) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
  };
  return text.size() >= 3 && text.size() <= 63 && std::ranges::all_of(text, legal);
}

Result<std::string> text_at(const Json& json, const char* key, bool required) {
  const auto found = json.find(key);
  if (found == json.end()) {
    if (required) return fail(Code::invalid, "'{}' is missing", key);
    return "";
  }
  if (!found->is_string()) return fail(Code::invalid, "'{}' is no text", key);
  return found->get<std::string>();
}

// The connector takes numbers as texts too.
Result<double> number_at(const Json& json, const char* key, double most) {
  const auto found = json.find(key);
  if (found == json.end()) return fail(Code::invalid, "'{}' is missing", key);
  double number = -1;
  if (found->is_number()) number = found->get<double>();
  if (found->is_string()) {
    char* end = nullptr;
    const auto text = found->get<std::string>();
    number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') number = -1;
  }
  if (!(number >= 0 && number <= most))
    return fail(Code::invalid, "'{}' is wrong, legal is 0 to {}", key, most);
  return number;
}

Result<> read_strategy(const Json& json, FeedbackConfig& config) {
  if (!json.is_object()) return fail(Code::invalid, "'sampling-strategy' is no object");
  const auto name = TRY(text_at(json, "strategy-name", true));
  const auto* found = std::ranges::find(strategies, name, &StrategyName::name);
  if (found == std::end(strategies))
    return fail(Code::invalid,
                "strategy-name '{}' is unknown, legal are RANDOM_SAMPLING, LEAST_CONFIDENCE, "
                "MARGIN, ENTROPY",
                printable(name));
  config.strategy = found->strategy;
  const double number = TRY(number_at(json, found->number, found->most));
  (found->strategy == Strategy::random ? config.rate : config.threshold) = number;
  return {};
}

bool is_extensions(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || c == ',' || c == ' '; });
}

// Whether pictures are to be PNG, since JPEG is not among the types.
Result<bool> read_content_type(const std::string& types) {
  bool has_png = false;
  for (const auto& part : split(types, ',')) {
    const auto type = lower(trim(part));
    if (type == "image/jpeg" || type == "image/jpg" || type == "image/*") return false;
    has_png = has_png || type == "image/png";
  }
  if (has_png) return true;
  return fail(Code::invalid, "content-type '{}' is wrong, legal are image/jpeg and image/png",
              printable(types));
}

Result<FeedbackConfig> read_config(const std::string& id, const Json& json) {
  FeedbackConfig config{.id = id};
  if (!is_id(id))
    return fail(Code::invalid, "legal are 2 to 63 letters, digits and -, not - at first");
  if (!json.is_object()) return fail(Code::invalid, "is no object");
  config.bucket = TRY(text_at(json, "s3-bucket-name", true));
  if (!is_bucket(config.bucket))
    return fail(Code::invalid, "s3-bucket-name '{}' is wrong, legal are 3 to 63 of a-z 0-9 - .",
                printable(config.bucket));
  config.as_png = TRY(read_content_type(TRY(text_at(json, "content-type", true))));
  config.prefix = TRY(text_at(json, "s3-prefix", false));
  config.extension = TRY(text_at(json, "file-ext", false));
  if (!is_extensions(config.extension))
    return fail(Code::invalid, "file-ext '{}' is wrong, legal are letters and digits, and commas",
                printable(config.extension));
  if (const auto strategy = json.find("sampling-strategy"); strategy != json.end())
    TRY(read_strategy(*strategy, config));
  return config;
}

// Of an object, or of the text of one.
Result<FeedbackMap> read_configs(const Json& json) {
  if (json.is_string()) return read_configs(TRY(parse_json(json.get_ref<const std::string&>())));
  if (!json.is_object() || json.empty())
    return fail(Code::invalid, "is no object of configurations");
  if (json.size() > most_configs)
    return fail(Code::invalid, "has {} configurations, at most {} are legal", json.size(),
                most_configs);
  FeedbackMap map;
  for (const auto& [id, value] : json.items())
    map.configs.push_back(TRY(read_config(id, value), "'" + printable(id) + "'"));
  return map;
}

}  // namespace

Result<FeedbackMap> parse_feedback_map(const Json& json) {
  const auto map = json.find(map_key);
  if (map == json.end()) return read_configs(json);
  auto found = TRY(read_configs(*map), map_key);
  if (json.contains(limit_key))
    found.request_limit = static_cast<int>(TRY(number_at(json, limit_key, 999)));
  return found;
}

double entropy_of(std::span<const double> scores) {
  double sum = 0;
  for (const double score : scores)
    if (score > 0) sum -= score * std::log(score);
  return sum;
}

bool is_kept(const FeedbackConfig& config, std::span<const double> scores,
             const std::function<double()>& draw) {
  if (config.strategy == Strategy::every) return true;
  if (config.strategy == Strategy::random) return draw() < config.rate;
  if (config.strategy == Strategy::entropy) return entropy_of(scores) > config.threshold;
  double first = 0, second = 0;
  for (const double score : scores) {
    if (score > first)
      second = std::exchange(first, score);
    else
      second = std::max(second, score);
  }
  // A difference of scores carries the noise of their digits.
  constexpr double noise = 1e-9;
  if (config.strategy == Strategy::margin) return first - second <= config.threshold + noise;
  return first <= config.threshold;
}

Quota::Quota(int a_minute, int an_hour, int a_day) {
  using std::chrono::seconds;
  for (const auto& [span, most] :
       {std::pair(seconds(60), a_minute), std::pair(seconds(3600), an_hour),
        std::pair(seconds(86'400), a_day)})
    if (most > 0) limits_.push_back({span, static_cast<size_t>(most)});
}

bool Quota::take(Time now) {
  if (limits_.empty()) return true;
  while (!taken_.empty() && now - taken_.front() >= limits_.back().span) taken_.pop_front();
  for (const auto& [span, most] : limits_)
    if (taken_.size() >= most && now - taken_[taken_.size() - most] < span) return false;
  taken_.push_back(now);
  return true;
}

uint64_t fingerprint_of(const Frame& frame) {
  constexpr int columns = 9, rows = 8;
  const auto image = to_rgb(frame);
  if (!image) return 0;
  int64_t cells[rows][columns] = {};
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      const int top = row * image->height() / rows, bottom = (row + 1) * image->height() / rows;
      const int left = column * image->width() / columns;
      const int right = (column + 1) * image->width() / columns;
      int64_t sum = 0, count = 0;
      for (int y = top; y < std::max(bottom, top + 1) && y < image->height(); ++y)
        for (int x = left; x < std::max(right, left + 1) && x < image->width(); ++x, ++count) {
          const auto* pixel = image->row(y) + int64_t{x} * 3;
          sum += pixel[0] * 299 + pixel[1] * 587 + pixel[2] * 114;
        }
      cells[row][column] = count > 0 ? sum / count : 0;
    }
  uint64_t bits = 0;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column + 1 < columns; ++column)
      bits = bits << 1 | (cells[row][column] < cells[row][column + 1] ? 1 : 0);
  return bits;
}

bool Novelty::is_new(uint64_t fingerprint) const {
  return std::ranges::none_of(
      seen_, [&](uint64_t known) { return std::popcount(known ^ fingerprint) <= most_bits_; });
}

void Novelty::remember(uint64_t fingerprint) {
  seen_.push_back(fingerprint);
  if (seen_.size() > memory_) seen_.pop_front();
}

}  // namespace turnstone
