#include "base/text.h"
#include "station/aws_connection.h"
#include "station/finding.h"
#include "station/kinds.h"
#include "station/picture_text.h"
#include "station/stored_object.h"
#include "station/template.h"

namespace turnstone {
namespace {

// Pictures, pieces of them, or lines, as objects of a store.
struct S3SinkConfig : S3Connection {
  std::string bucket = {};
  std::string what = "picture";  // "picture", "crops" or "line"
  std::string key = "{source}/{model}/{year}-{month:02}-{day:02}/{epoch_ms}_{frame}_{index}.jpg";
  std::vector<std::string> labels = {};  // whose outcomes are kept; empty: all
  std::string acl = {};                  // "": private
  int quality = 90;                      // of the JPEG pictures
  int padding = 0;                       // pixels around a crop
};

const Field<S3SinkConfig> own_fields[] = {
    {"bucket", &S3SinkConfig::bucket, "", "name of the bucket", {.required = true}},
    {"what",
     &S3SinkConfig::what,
     "",
     "the whole picture, a piece of it for each finding, or the line of the jsonl sink",
     {.choices = {"picture", "crops", "line"}}},
    {"key",
     &S3SinkConfig::key,
     "",
     "of the objects, with places such as {source} and {epoch}",
     {.why_not = why_not<Template::parse>}},
    {"labels", &S3SinkConfig::labels, "", "of findings that are kept, []: all"},
    {"acl",
     &S3SinkConfig::acl,
     "",
     "who else may read, \"\": nobody",
     {.choices = {"", "private", "public-read", "authenticated-read",
                  "bucket-owner-full-control"}}},
    {"quality", &S3SinkConfig::quality, "", "of the JPEG pictures", {.least = 1, .most = 100}},
    {"padding_px",
     &S3SinkConfig::padding,
     "pixels",
     "around a piece",
     {.least = 0, .most = 10'000}},
};
const auto s3_fields = join_fields(own_fields, s3_connection_fields<S3SinkConfig>());

class S3Sink final : public Sink {
 public:
  S3Sink(std::unique_ptr<S3Client> client, S3SinkConfig config, Template key)
      : client_(std::move(client)), config_(std::move(config)), key_(std::move(key)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    const auto findings = findings_of(outcome);
    std::vector<Message> messages;
    if (config_.what == "crops") {
      // All classes of a picture are of one place.
      const bool is_one = classifies(outcome.scene, *outcome.model);
      const auto count = is_one ? std::min<size_t>(findings.size(), 1) : findings.size();
      for (size_t i = 0; i < count; ++i)
        if (is_wanted(findings[i]))
          add_picture(messages, outcome, i,
                      crop_of(outcome.frame, findings[i].box, config_.padding));
      return messages;
    }
    const auto found = std::ranges::find_if(findings, [&](const auto& f) { return is_wanted(f); });
    if (found == findings.end() && !config_.labels.empty()) return {};
    const auto index = found == findings.end() ? 0 : static_cast<size_t>(found - findings.begin());
    if (config_.what == "picture")
      add_picture(messages, outcome, index, outcome.frame);
    else
      messages.push_back({.address = address_of(outcome, index, "application/json"),
                          .body = print_outcome(outcome) + "\n"});
    return messages;
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    for (sent = 0; sent < messages.size(); ++sent) {
      const auto& message = messages[sent];
      auto stored = TRY(parse_stored_object(message.address), "address");
      const auto receipt = client_->put({.key = std::move(stored.key),
                                         .body = message.body,
                                         .file = message.file,
                                         .content_type = std::move(stored.type),
                                         .metadata = std::move(stored.metadata),
                                         .acl = config_.acl},
                                        stop);
      if (message.worth == Worth::picture) note(receipt);
      TRY(receipt);
    }
    return {};
  }

  std::vector<Happening> take_happenings() override { return std::exchange(happened_, {}); }

 private:
  // The same trouble again is not told again.
  void note(const Result<S3Receipt>& receipt) {
    const auto trouble = receipt ? "" : receipt.error().text;
    if (receipt) {
      happened_.push_back({Happening::answered, receipt->etag});
      happened_.push_back({Happening::stored});
    } else if (trouble != trouble_) {
      happened_.push_back({Happening::not_stored, trouble});
    }
    trouble_ = trouble;
  }

  bool is_wanted(const Finding& finding) const { return admits(config_.labels, finding.word); }

  // The key, and what else the store is told of the object.
  std::string address_of(const Outcome& outcome, size_t index, std::string_view type) const {
    const auto values = values_of(outcome, index);
    return print_stored_object(
        {.key = key_.print(values), .type = std::string(type), .metadata = metadata_of(values)});
  }

  void add_picture(std::vector<Message>& messages, const Outcome& outcome, size_t index,
                   const Frame& picture) const {
    auto jpeg = find_jpeg(picture, config_.quality);
    if (!jpeg) return;
    messages.push_back({.address = address_of(outcome, index, "image/jpeg"),
                        .body = std::move(*jpeg),
                        .worth = Worth::picture});
  }

  std::unique_ptr<S3Client> client_;
  S3SinkConfig config_;
  Template key_;
  std::string trouble_;  // of the last picture
  std::vector<Happening> happened_;
};

// A store that is away is found out by `send`, so that it may come back. Errors: invalid (a field),
// missing (credentials, a file).
Result<std::unique_ptr<Sink>> open_s3_sink(const S3SinkConfig& config) {
  const auto options = TRY(s3_options_of(config, config.bucket));
  auto key = TRY(Template::parse(config.key), "key");
  if (config.what == "crops" && config.key.find("{index") == config.key.npos)
    return fail(Code::invalid, "key '{}' is the same for all pieces of a picture, add {{index}}",
                printable(config.key));
  return std::make_unique<S3Sink>(TRY(make_s3_client(options)), config, std::move(key));
}

}  // namespace

const Kind<Sink> s3_sink =
    kind_of<Sink, S3SinkConfig, s3_fields, open_s3_sink>("s3", "objects of a store");

}  // namespace turnstone
