// The station's own connection to a broker: messages that others send to it, and the actions that
// it publishes. Results leave by sinks, not by this.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "station/supervisor.h"
#include "wire/mqtt.h"

namespace turnstone {

// What the connection is and has done.
struct InboxState {
  bool connected = false;  // and subscribed
  std::string trouble;     // why the last attempt failed, "" while it is connected
  int64_t received = 0;    // messages that a handler took
  int64_t refused = 0;     // messages that were too long
  int64_t sent = 0;        // actions that the broker has confirmed
  int64_t lost = 0;        // actions that it has not
  int64_t reconnects = 0;  // connections after the first
};

// One connection, made again whenever it is lost. Thread-safe.
class Inbox {
 public:
  // `options` must have been checked. Nothing is connected before start.
  explicit Inbox(MqttOptions options, Backoff backoff = {});
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Asks for what is sent to topics that `filter` matches. `handler` takes it on a thread of the
  // connection, one message at a time, and returns soon; messages may come twice, and a retained
  // one comes again with each connection. Only before start. Errors: invalid (the filter).
  Result<> handle(std::string filter, MqttHandler handler);

  // Connects, and goes on doing so, on a thread of its own.
  void start();

  // Sends an action with QoS 1, in order, without waiting: returns at once. It is never tried on a
  // later connection, since an action is of its moment. Errors: invalid (the topic), unavailable
  // (not connected, too many wait).
  Result<> publish(std::string topic, std::string payload);

  // Sends what was published, for at most the patience of the options, and disconnects. No handler
  // is called any more.
  void finish();

  InboxState state() const;
  const std::string& url() const { return options_.url; }

 private:
  void work(const std::stop_token& stop);
  Result<> serve(const std::stop_token& stop);
  Result<> exchange(MqttClient& client, const std::stop_token& stop);
  Result<> send_actions(MqttClient& client);
  void take(const MqttMessage& message);

  MqttOptions options_;
  Pause pause_;                                                // before the next attempt
  std::vector<std::pair<std::string, MqttHandler>> handlers_;  // by filter; fixed once started
  mutable std::mutex mutex_;                                   // of the four below
  InboxState state_;
  int64_t connections_ = 0;
  std::deque<MqttMessage> actions_;  // that wait to be sent
  std::stop_source wake_;            // ends the connection's waiting
  std::jthread thread_;
};

}  // namespace turnstone
