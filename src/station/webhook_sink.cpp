#include "base/files.h"
#include "station/kinds.h"
#include "station/payload.h"
#include "station/url.h"
#include "wire/http_client.h"

namespace turnstone {
namespace {

// A request to a web server for each outcome.
struct WebhookSinkConfig {
  std::string url = {};  // http:// or https://
  std::string method = "POST";
  std::string token_file = {};  // one line, sent as a bearer token
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  std::string payload = {};  // a shape, or "" for what the station makes
  std::string text = {};     // of payload "template"
  std::vector<std::string> words = {};
  std::string key = {};  // of payload "keyed"
};

// Errors: invalid, without what may be a password.
Result<> check_webhook(const std::string& url) {
  TRY(check_http_url(url));
  if (url.substr(0, url.find('/', 8)).find('@') == url.npos) return {};
  return fail(Code::invalid, "holds a user or a password, give token_file");
}

const Field<WebhookSinkConfig> webhook_fields[] = {
    {"url",
     &WebhookSinkConfig::url,
     "",
     "http:// or https://",
     {.required = true, .why_not = why_not<check_webhook>}},
    {"method", &WebhookSinkConfig::method, "", "of the request", {.choices = {"POST", "PUT"}}},
    {"token_file", &WebhookSinkConfig::token_file, "path", "one line, sent as a bearer token"},
    {"ca_file", &WebhookSinkConfig::ca_file, "path",
     "PEM, who may have signed the server's certificate; \"\": the system's authorities"},
    {"certificate_file", &WebhookSinkConfig::certificate_file, "path", "PEM, the station's own"},
    {"key_file", &WebhookSinkConfig::key_file, "path", "PEM, key of the station's certificate"},
    {"payload",
     &WebhookSinkConfig::payload,
     "",
     "shape of the messages; \"\": verdict where there is a cycle, else scene",
     {.choices = payload_names()}},
    {"template",
     &WebhookSinkConfig::text,
     "",
     "of payload \"template\": a text with places",
     {.why_not = why_not<Template::parse>}},
    {"words",
     &WebhookSinkConfig::words,
     "",
     "what labels are called, such as \"Fail=Defective\"",
     {.why_not = why_not<parse_word>}},
    {"key", &WebhookSinkConfig::key, "", "of payload \"keyed\": what stands before the label"},
};

// What a server says of the message itself; whatever else it refuses, a person may set right.
bool is_of_message(int status) {
  return status == 400 || status == 413 || status == 415 || status == 422;
}

class WebhookSink final : public Sink {
 public:
  WebhookSink(std::unique_ptr<HttpClient> client, WebhookSinkConfig config, std::string token,
              Payload payload)
      : client_(std::move(client)),
        config_(std::move(config)),
        token_(std::move(token)),
        payload_(std::move(payload)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    auto body = payload_.print(outcome);
    if (!body) return {};
    return {{.body = std::move(*body)}};
  }

  // A repeat has the same Idempotency-Key.
  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    for (sent = 0; sent < messages.size(); ++sent) {
      HttpClientRequest request{
          .method = config_.method,
          .url = config_.url,
          .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", messages[sent].id}},
          .body = messages[sent].body};
      if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_});
      const auto reply = TRY(client_->exchange(request, stop));
      if (reply.status >= 200 && reply.status < 300) continue;
      const auto code = is_of_message(reply.status) ? Code::invalid : Code::unavailable;
      return fail(code, "{}: answered {}", print_request(request), reply.status);
    }
    return {};
  }

 private:
  std::unique_ptr<HttpClient> client_;
  WebhookSinkConfig config_;
  std::string token_;
  Payload payload_;
};

// A server that is away is found out by `send`, so that it may come back. Errors: invalid (a
// field), missing (a file).
Result<std::unique_ptr<Sink>> open_webhook_sink(const WebhookSinkConfig& config) {
  std::string token;
  if (!config.token_file.empty()) token = TRY(read_secret(config.token_file));
  auto client = TRY(make_http_client({.tls = {.ca_file = config.ca_file,
                                              .certificate_file = config.certificate_file,
                                              .key_file = config.key_file}}));
  auto payload = TRY(Payload::make(
      {.shape = config.payload, .text = config.text, .words = config.words, .key = config.key}));
  return std::make_unique<WebhookSink>(std::move(client), config, std::move(token),
                                       std::move(payload));
}

}  // namespace

const Kind<Sink> webhook_sink = kind_of<Sink, WebhookSinkConfig, webhook_fields, open_webhook_sink>(
    "webhook", "requests to a web server");

}  // namespace turnstone
