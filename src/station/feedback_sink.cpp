#include <mutex>
#include <random>

#include "base/files.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "base/uuid.h"
#include "station/aws_connection.h"
#include "station/feedback_messages.h"
#include "station/finding.h"
#include "station/kinds.h"
#include "station/line_file.h"
#include "station/picture_text.h"
#include "station/sampler.h"
#include "wire/mqtt.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

// Pictures that are worth a label, back to where labels are given.
struct FeedbackSinkConfig : S3Connection {
  std::string folder = {};  // target: pictures and a manifest; "": the bucket
  std::string map = {};     // FeedbackConfigurationMap of the connector, a JSON file
  std::string config = {};  // which of the map's, "": its only one
  std::string strategy = "every";
  double rate = 1;
  double threshold = 0;
  std::string bucket = {};
  std::string prefix = {};
  std::string mqtt_url = {};  // where the connector's messages go, "": nowhere
  bool tell_drops = false;    // of samples that are not kept too
  int request_limit = 100;    // samples under way, others are ignored
  int a_minute = 0, an_hour = 0, a_day = 0;
  int alike_bits = -1;    // of 64, that pictures which look alike differ in; -1: keep all
  bool disputed = false;  // only what a challenger says otherwise
  int quality = 95;
};

const Field<FeedbackSinkConfig> own_fields[] = {
    {"folder", &FeedbackSinkConfig::folder, "path",
     "where pictures and feedback.manifest go; \"\": into the bucket"},
    {"map", &FeedbackSinkConfig::map, "path",
     "FeedbackConfigurationMap of the ML Feedback connector, or its parameters, a JSON file"},
    {"config", &FeedbackSinkConfig::config, "", "which of the map's, \"\": its only one"},
    {"strategy",
     &FeedbackSinkConfig::strategy,
     "",
     "without a map: what is kept",
     {.choices = {"every", "random", "least_confidence", "margin", "entropy"}}},
    {"rate", &FeedbackSinkConfig::rate, "", "of random", {.least = 0, .most = 1}},
    {"threshold",
     &FeedbackSinkConfig::threshold,
     "",
     "of the others: largest score, difference of two scores, nats",
     {.least = 0, .most = 1e9}},
    {"bucket", &FeedbackSinkConfig::bucket, "", "without a map and folder"},
    {"prefix", &FeedbackSinkConfig::prefix, "", "of the keys in the bucket"},
    {"mqtt_url",
     &FeedbackSinkConfig::mqtt_url,
     "",
     "broker that gets the connector's messages, \"\": none does",
     {.why_not = why_not<check_mqtt_url>}},
    {"tell_drops", &FeedbackSinkConfig::tell_drops, "",
     "with mqtt_url: say of each sample that is not kept, too, why"},
    {"request_limit",
     &FeedbackSinkConfig::request_limit,
     "",
     "messages that wait; further samples are ignored; without a RequestLimit in the map",
     {.least = 1, .most = 999}},
    {"a_minute",
     &FeedbackSinkConfig::a_minute,
     "",
     "at most, 0: no limit",
     {.least = 0, .most = 1e6}},
    {"an_hour",
     &FeedbackSinkConfig::an_hour,
     "",
     "at most, 0: no limit",
     {.least = 0, .most = 1e6}},
    {"a_day", &FeedbackSinkConfig::a_day, "", "at most, 0: no limit", {.least = 0, .most = 1e6}},
    {"alike_bits",
     &FeedbackSinkConfig::alike_bits,
     "",
     "of 64 in which a picture must differ from those kept before, -1: none",
     {.least = -1, .most = 64}},
    {"disputed", &FeedbackSinkConfig::disputed, "",
     "only what a model and its challenger differ in"},
    {"quality",
     &FeedbackSinkConfig::quality,
     "",
     "of the JPEG pictures; they are PNG where the map's content-type wants it",
     {.least = 1, .most = 100}},
};
const auto feedback_fields = join_fields(own_fields, s3_connection_fields<FeedbackSinkConfig>());

// All scores of the outcome: of every label in their order, or of the things that were found.
std::vector<double> scores_of(const Outcome& outcome) {
  std::vector<double> scores;
  const auto& classes = outcome.verdict ? outcome.verdict->classes : outcome.scene.classes;
  if (!outcome.verdict && !classifies(outcome.scene, *outcome.model)) {
    for (const auto& detection : outcome.scene.detections)
      scores.push_back(rounded(detection.score));
    return scores;
  }
  for (const auto& [label, score] : classes) {
    if (label < 0) continue;
    if (std::cmp_greater_equal(label, scores.size())) scores.resize(static_cast<size_t>(label) + 1);
    scores[static_cast<size_t>(label)] = rounded(score);
  }
  return scores;
}

// The first of the map's extensions that is not one of another kind of picture.
std::string extension_of(bool is_png, const std::string& extensions) {
  for (const auto& part : split(extensions, ',')) {
    const auto extension = std::string(trim(part));
    const auto kind = lower(extension);
    const bool is_others = is_png ? kind == "jpg" || kind == "jpeg" : kind == "png";
    if (!extension.empty() && !is_others) return extension;
  }
  return is_png ? "png" : "jpg";
}

// Whether it is what messages_of and passed_over write: on disk it may have become anything.
bool is_address(const Json& json) {
  if (!json.is_object()) return false;
  if (const auto topics = json.find("topics"); topics != json.end())
    return topics->is_array() && std::ranges::all_of(*topics, [](const Json& pair) {
             return pair.is_array() && pair.size() == 2 && pair[0].is_string() &&
                    pair[1].is_string();
           });
  const auto has = [&](const char* key, auto is_it) {
    return json.contains(key) && (json[key].*is_it)();
  };
  return has("id", &Json::is_string) && has("prediction", &Json::is_array) &&
         has("metadata", &Json::is_object);
}

class FeedbackSink final : public Sink {
 public:
  FeedbackSink(const FeedbackSinkConfig& config, FeedbackConfig chosen)
      : config_(config),
        chosen_(std::move(chosen)),
        quota_(config.a_minute, config.an_hour, config.a_day),
        novelty_(config.alike_bits, 1000) {}

  std::unique_ptr<S3Client> store;     // null: the folder
  std::unique_ptr<LineFile> manifest;  // of the folder

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    const auto id = id_of(outcome);
    if (!outcome.frame.planes[0].data) return {};
    if (!is_wanted(outcome)) return status(print_feedback_drop(id), "SampleNotUsed");
    const auto shown = shown_of(outcome);
    auto picture = chosen_.as_png ? find_png(shown) : find_jpeg(shown, config_.quality);
    if (!picture) return {};
    Json address;
    address["id"] = id;
    address["prediction"] = scores_of(outcome);
    address["metadata"]["publish-ts"] = print_publish_time(outcome.scene.wall);
    for (const auto& [name, value] :
         {std::pair("source", outcome.scene.source), std::pair("model", outcome.scene.model)})
      address["metadata"][name] = value;
    return {{.address = print_json(address), .body = std::move(*picture), .worth = Worth::picture}};
  }

  int64_t most_waiting() const override { return config_.request_limit; }

  std::vector<Message> passed_over(const Outcome& outcome) const override {
    return status(
        print_feedback_failure(id_of(outcome), "Queue.Full", "too many samples are under way"),
        "ErrorRequestThrottled");
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    for (sent = 0; sent < messages.size(); ++sent) {
      const auto address = TRY(parse_json(messages[sent].address), "address");
      if (!is_address(address))
        return fail(Code::invalid, "address '{}' is not one of this sink",
                    printable(messages[sent].address));
      if (const auto topic = address.find("topics"); topic != address.end())
        TRY(tell(*topic, stop));
      else
        TRY(keep(address, messages[sent].body, stop));
    }
    return {};
  }

 private:
  std::string id_of(const Outcome& outcome) const { return uuid_of(outcome.id + "/" + chosen_.id); }

  bool is_wanted(const Outcome& outcome) const {
    const std::lock_guard lock(mutex_);
    if (config_.disputed && !outcome.scene.disputed) return false;
    const auto scores = scores_of(outcome);
    std::uniform_real_distribution<double> drawn(0, 1);
    if (!is_kept(chosen_, scores, [&] { return drawn(random_); })) return false;
    const auto fingerprint = config_.alike_bits >= 0 ? fingerprint_of(shown_of(outcome)) : 0;
    if (config_.alike_bits >= 0 && !novelty_.is_new(fingerprint)) return false;
    if (!quota_.take(std::chrono::steady_clock::now())) return false;
    if (config_.alike_bits >= 0) novelty_.remember(fingerprint);
    return true;
  }

  // What is told of a sample that is not kept, where anybody listens.
  std::vector<Message> status(const std::string& text, const char* metric) const {
    if (config_.mqtt_url.empty() || !config_.tell_drops) return {};
    Json address;
    address["topics"] =
        Json::array({Json::array({feedback_status_topic, text}),
                     Json::array({metric_topic, print_feedback_metric(metric, 1, "Count")})});
    return {{.address = print_json(address)}};
  }

  Result<> keep(const Json& address, const std::string& body, const std::stop_token& stop) {
    StoredSample sample{.id = address["id"].get<std::string>(),
                        .config = chosen_.id,
                        .bucket = chosen_.bucket,
                        .key = {},
                        .etag = {},
                        .encryption = {},
                        .prediction = address["prediction"],
                        .metadata = address["metadata"]};
    const bool is_png = body.starts_with("\x89PNG");
    const auto name = sample.id + "." + extension_of(is_png, chosen_.extension);
    sample.key = chosen_.prefix.empty() ? name : chosen_.prefix + "/" + name;
    if (!store) return keep_in_folder(sample, name, body, stop);
    S3Object object{
        .key = sample.key, .body = body, .content_type = is_png ? "image/png" : "image/jpeg"};
    for (const auto& [key, value] : sample.metadata.items())
      if (value.is_string()) object.metadata[key] = value.get<std::string>();
    if (stored_ != sample.id) {  // else only the broker was away
      const auto stored = store->put(object, stop);
      if (!stored) return give_up(sample, stored.error(), stop);
      stored_ = sample.id;
      receipt_ = *stored;
    }
    sample.etag = receipt_.etag;
    sample.encryption = receipt_.server_side_encryption;
    const auto metric = [](const char* what, double value, const char* unit) {
      return Json::array({metric_topic, print_feedback_metric(what, value, unit)});
    };
    TRY(tell(
        Json::array({Json::array({feedback_status_topic, print_feedback_success(sample)}),
                     Json::array({feedback_prediction_topic, print_feedback_prediction(sample)}),
                     metric("SampleSize", static_cast<double>(body.size()), "Bytes"),
                     metric("SampleUploadSuccess", 1, "Count"),
                     metric("SampleAndPredictionPublished", 1, "Count")}),
        stop));
    return {};
  }

  // What the store refuses is told of, once; a store that is away is tried again without a word.
  Result<> give_up(const StoredSample& sample, const Error& error, const std::stop_token& stop) {
    if (error.code == Code::unavailable || error.code == Code::cancelled || refused_ == sample.id)
      return std::unexpected(error);
    const auto code = store->error_code();
    TRY(tell(Json::array({Json::array({feedback_status_topic,
                                       print_feedback_failure(
                                           sample.id, code.empty() ? "Error" : code, error.text)}),
                          Json::array({metric_topic,
                                       print_feedback_metric("SampleUploadFailure", 1, "Count")})}),
             stop));
    refused_ = sample.id;
    return std::unexpected(error);
  }

  Result<> keep_in_folder(const StoredSample& sample, const std::string& name,
                          const std::string& body, const std::stop_token& stop) {
    TRY(write_file(std::filesystem::path(config_.folder) / name, body));
    Json line;
    line["source-ref"] = name;
    line["model-prediction"] = sample.prediction;
    line["config-id"] = sample.config;
    line["metadata"] = sample.metadata;
    const Message message{.body = print_json(line) + "\n"};
    size_t written = 0;
    TRY(manifest->write({&message, 1}, written, stop));
    return {};
  }

  // [[topic, text], ...]
  Result<> tell(const Json& topics, const std::stop_token& stop) {
    if (config_.mqtt_url.empty()) return {};
    if (!client_) client_ = TRY(connect_mqtt({.url = config_.mqtt_url, .client_id = id_}, stop));
    std::vector<MqttMessage> packets;
    for (const auto& pair : topics)
      packets.push_back(
          {.topic = pair.at(0).get<std::string>(), .payload = pair.at(1).get<std::string>()});
    size_t confirmed = 0;
    auto told = client_->publish(packets, confirmed, stop);
    if (!told) client_.reset();
    return told;
  }

  FeedbackSinkConfig config_;
  FeedbackConfig chosen_;
  mutable std::mutex mutex_;  // of the three below
  mutable Quota quota_;
  mutable Novelty novelty_;
  mutable std::mt19937_64 random_{std::random_device{}()};
  const std::string id_ = fmt::format("turnstone{:08x}", std::random_device{}());
  std::unique_ptr<MqttClient> client_;
  std::string stored_;   // the sample that the store has
  S3Receipt receipt_;    // of it
  std::string refused_;  // the sample of which was told that the store refuses it
};

// The configuration that counts; what the connector's map says of requests goes before the field.
Result<FeedbackConfig> choose(FeedbackSinkConfig& config) {
  if (config.map.empty()) {
    static const std::map<std::string, Strategy> strategies = {
        {"every", Strategy::every},
        {"random", Strategy::random},
        {"least_confidence", Strategy::least_confidence},
        {"margin", Strategy::margin},
        {"entropy", Strategy::entropy}};
    return FeedbackConfig{.id = config.config.empty() ? "station" : config.config,
                          .bucket = config.bucket,
                          .prefix = config.prefix,
                          .strategy = strategies.at(config.strategy),
                          .rate = config.rate,
                          .threshold = config.threshold};
  }
  const auto text = TRY(read_text(config.map, 1 << 20));
  const auto map = TRY(parse_feedback_map(TRY(parse_json(text, config.map))), config.map);
  config.request_limit = map.request_limit.value_or(config.request_limit);
  if (config.config.empty() && map.configs.size() == 1) return map.configs.front();
  std::vector<std::string> ids;
  for (const auto& entry : map.configs) {
    if (entry.id == config.config) return entry;
    ids.push_back(entry.id);
  }
  return fail(Code::invalid, "{}: has no configuration '{}', there are {}", config.map,
              printable(config.config), join(ids, ", "));
}

// Errors: invalid (a field, the map), missing (credentials, a file).
Result<std::unique_ptr<Sink>> open_feedback_sink(const FeedbackSinkConfig& given) {
  auto config = given;
  auto chosen = TRY(choose(config));
  const auto bucket = chosen.bucket;
  auto sink = std::make_unique<FeedbackSink>(config, std::move(chosen));
  if (!config.folder.empty()) {
    TRY(make_folder(config.folder));
    sink->manifest = std::make_unique<LineFile>(TRY(LineFile::open(
        (std::filesystem::path(config.folder) / "feedback.manifest").string(), true)));
    return sink;
  }
  if (bucket.empty()) return fail(Code::invalid, "folder and bucket are empty, give one");
  sink->store = TRY(make_s3_client(TRY(s3_options_of(config, bucket))));
  return sink;
}

}  // namespace

const Kind<Sink> feedback_sink =
    kind_of<Sink, FeedbackSinkConfig, feedback_fields, open_feedback_sink>(
        "feedback", "pictures that are worth a label");

}  // namespace turnstone
