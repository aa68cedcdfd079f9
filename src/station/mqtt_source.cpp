#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "station/kinds.h"
#include "station/mqtt_connection.h"
#include "station/sample_text.h"
#include "station/window_fields.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;
using Wall = std::chrono::system_clock;

constexpr size_t most_waiting = 1000;  // messages
constexpr size_t most_payload_bytes = size_t{1} << 16;
constexpr std::chrono::seconds tell_every(10);  // of dropped messages

// Sensors that send numbers to an MQTT broker.
struct MqttSourceConfig : MqttConnection, WindowConfig {
  std::string name = {};                 // of the source
  std::string topic = {};                // a filter
  std::vector<std::string> values = {};  // keys or JSON pointers
};

const Field<MqttSourceConfig> own_fields[] = {
    {"topic",
     &MqttSourceConfig::topic,
     "",
     "of the messages, of which each is a step; + and # stand for any level and all below",
     {.required = true, .why_not = why_not<check_mqtt_filter>}},
    {"values", &MqttSourceConfig::values, "",
     "channels: keys of a JSON object, or JSON pointers as /a/0; empty: all numbers of a list or "
     "of a text"},
    {"rate_hz",
     &MqttSourceConfig::rate,
     "Hz",
     "messages a second, 0: nobody knows",
     {.least = 0, .most = 1e9}},
};
const auto mqtt_fields = join_fields(
    own_fields,
    join_fields(window_fields<MqttSourceConfig>(), mqtt_connection_fields<MqttSourceConfig>()));

// Messages on their way from the thread of the client to that of the source. Thread-safe.
class Arrivals {
 public:
  struct Message {
    std::string topic;
    std::string payload;
    Steady::time_point taken;
    Wall::time_point wall;
    int64_t dropped = 0;  // right before it, for want of room
  };

  void add(const MqttMessage& message) {
    std::stop_source wake(std::nostopstate);
    {
      const std::lock_guard lock(mutex_);
      const bool is_long = message.payload.size() > most_payload_bytes;
      waiting_.push_back(
          {message.topic, is_long ? "" : message.payload, Steady::now(), Wall::now()});
      if (waiting_.size() > most_waiting) {
        const auto dropped = waiting_.front().dropped + 1;
        waiting_.pop_front();
        waiting_.front().dropped += dropped;
      }
      wake = wake_;
    }
    wake.request_stop();
  }

  std::optional<Message> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return {};
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    return message;
  }

  // Is stopped by the next message; at once where one waits.
  std::stop_source next_wake() {
    const std::lock_guard lock(mutex_);
    wake_ = std::stop_source();
    if (!waiting_.empty()) wake_.request_stop();
    return wake_;
  }

 private:
  std::mutex mutex_;
  std::deque<Message> waiting_;
  std::stop_source wake_;
};

class MqttSource final : public Source {
 public:
  MqttSource(MqttSourceConfig config, MqttOptions options)
      : config_(std::move(config)), options_(std::move(options)), builder_(config_) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    Arrivals arrivals;
    builder_.start_over();
    const auto client = TRY(connect_mqtt(options_, stop));
    const std::string filters[] = {config_.topic};
    TRY(client->subscribe(
        filters, [&](const MqttMessage& message) { arrivals.add(message); }, stop));
    while (!stop.stop_requested()) {
      while (const auto message = arrivals.take()) {
        if (stop.stop_requested()) break;
        TRY(take(*message, deliver, report));
      }
      auto wake = arrivals.next_wake();
      const std::stop_callback stopped(stop, [&] { wake.request_stop(); });
      TRY(client->wait(wake.get_token()));
    }
    tell_dropped(Steady::now());
    return SourceEnd::stopped;
  }

  bool is_live() const override { return true; }

 private:
  void tell_dropped(Steady::time_point now) {
    if (dropped_ == 0) return;
    told_ = now;
    log_warning("source {}: {} messages came too fast and were dropped", config_.name,
                std::exchange(dropped_, 0));
  }

  Result<> take(const Arrivals::Message& message, const FrameSink& deliver,
                const ErrorSink& report) {
    if (message.dropped > 0) {
      follows_gap_ = true;
      dropped_ += message.dropped;
    }
    if (message.taken >= told_ + tell_every) tell_dropped(message.taken);
    const auto step = parse_samples(message.payload, config_.values);
    if (!step) {
      report(Error(step.error()).in("topic " + printable(message.topic, 80)));
      return {};
    }
    if (std::exchange(follows_gap_, false) && std::cmp_equal(builder_.channels(), step->size())) {
      builder_.start_over();
      ++next_;
    }
    auto window = TRY(builder_.add(*step, message.taken, message.wall), config_.topic);
    if (!window) return {};
    window->source = config_.name;
    window->sequence = next_++;
    deliver(std::move(*window));
    return {};
  }

  MqttSourceConfig config_;
  MqttOptions options_;
  WindowBuilder builder_;
  int64_t next_ = 0;                                     // number of the next window
  bool follows_gap_ = false;                             // the next step does
  int64_t dropped_ = 0;                                  // messages of which nobody was told
  Steady::time_point told_ = Steady::time_point::min();  // when somebody was
};

Result<std::unique_ptr<Source>> open_mqtt_source(const MqttSourceConfig& config) {
  TRY(check_mqtt_filter(config.topic));
  TRY(check_windows(config, std::max(1, static_cast<int>(config.values.size()))));
  auto options = TRY(mqtt_options_of(config));
  return std::make_unique<MqttSource>(config, std::move(options));
}

}  // namespace

const Kind<Source> mqtt_source = kind_of<Source, MqttSourceConfig, mqtt_fields, open_mqtt_source>(
    "mqtt", "numbers of sensors from an MQTT broker, in windows of samples");

}  // namespace turnstone
