#include "station/inbox.h"

#include <algorithm>

#include "base/log.h"
#include "station/wait.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

constexpr size_t most_payload_bytes = size_t{1} << 16;
constexpr size_t most_actions = 1000;
constexpr size_t most_at_once = 32;

}  // namespace

Inbox::Inbox(MqttOptions options, Backoff backoff)
    : options_(std::move(options)), pause_(backoff) {}

Inbox::~Inbox() { finish(); }

Result<> Inbox::handle(std::string filter, MqttHandler handler) {
  CHECK(!thread_.joinable());
  TRY(check_mqtt_filter(filter));
  handlers_.emplace_back(std::move(filter), std::move(handler));
  return {};
}

void Inbox::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Result<> Inbox::publish(std::string topic, std::string payload) {
  MqttMessage action{.topic = std::move(topic), .payload = std::move(payload)};
  TRY(check_mqtt_message(action, options_.version));
  std::stop_source wake(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    if (!state_.connected)
      return fail(Code::unavailable, "{}",
                  state_.trouble.empty() ? options_.url + ": not connected" : state_.trouble);
    if (actions_.size() >= most_actions)
      return fail(Code::unavailable, "{}: {} actions wait", options_.url, actions_.size());
    actions_.push_back(std::move(action));
    wake = wake_;
  }
  wake.request_stop();
  return {};
}

void Inbox::finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

InboxState Inbox::state() const {
  const std::lock_guard lock(mutex_);
  auto state = state_;
  state.reconnects = std::max<int64_t>(connections_ - 1, 0);
  return state;
}

void Inbox::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto served = serve(stop);
    if (stop.stop_requested()) return;
    bool told = false;
    {
      const std::lock_guard lock(mutex_);
      told = state_.trouble == served.error().text;
      state_.trouble = served.error().text;
    }
    if (!told) log_warning("mqtt: {}", served.error().text);
    if (!wait_for(pause_.take(), stop)) return;
  }
}

// Returns only when stopped, or with the reason why the connection is no more.
Result<> Inbox::serve(const std::stop_token& stop) {
  auto client = TRY(connect_mqtt(options_, stop));
  std::vector<std::string> filters;
  for (const auto& [filter, handler] : handlers_)
    if (std::ranges::count(filters, filter) == 0) filters.push_back(filter);
  if (!filters.empty())
    TRY(client->subscribe(filters, [this](const MqttMessage& message) { take(message); }, stop));
  log_info("mqtt: connected to {}", options_.url);
  {
    const std::lock_guard lock(mutex_);
    state_.connected = true;
    state_.trouble.clear();
    ++connections_;
  }
  pause_.reset();
  auto ended = exchange(*client, stop);
  const std::lock_guard lock(mutex_);
  state_.connected = false;
  state_.lost += static_cast<int64_t>(actions_.size());
  actions_.clear();
  return ended;
}

Result<> Inbox::exchange(MqttClient& client, const std::stop_token& stop) {
  for (;;) {
    const bool is_last = stop.stop_requested();
    TRY(send_actions(client));
    if (is_last) return {};
    std::stop_source wake;
    {
      const std::lock_guard lock(mutex_);
      if (!actions_.empty()) continue;
      wake_ = wake;
    }
    const std::stop_callback stopped(stop, [&] { wake.request_stop(); });
    TRY(client.wait(wake.get_token()));
  }
}

// Without a stop: what was published before is still sent.
Result<> Inbox::send_actions(MqttClient& client) {
  for (;;) {
    std::vector<MqttMessage> actions;
    {
      const std::lock_guard lock(mutex_);
      while (!actions_.empty() && actions.size() < most_at_once) {
        actions.push_back(std::move(actions_.front()));
        actions_.pop_front();
      }
    }
    if (actions.empty()) return {};
    size_t confirmed = 0;
    const auto sent = client.publish(actions, confirmed, {});
    const std::lock_guard lock(mutex_);
    state_.sent += static_cast<int64_t>(confirmed);
    state_.lost += static_cast<int64_t>(actions.size() - confirmed);
    if (!sent) return sent;
  }
}

void Inbox::take(const MqttMessage& message) {
  const bool fits = message.payload.size() <= most_payload_bytes;
  {
    const std::lock_guard lock(mutex_);
    ++(fits ? state_.received : state_.refused);
  }
  if (!fits) return;
  for (const auto& [filter, handler] : handlers_)
    if (matches_mqtt_filter(filter, message.topic)) handler(message);
}

}  // namespace turnstone
