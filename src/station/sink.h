// Where outcomes go: the contract of every sink.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "station/happening.h"
#include "station/message.h"
#include "station/outcome.h"

namespace turnstone {

// Says what is sent of an outcome, and sends it; knows nothing about waiting or trying again.
class Sink {
 public:
  virtual ~Sink() = default;

  // What is sent of an outcome, in this order; may be nothing. Any thread.
  virtual std::vector<Message> messages_of(const Outcome& outcome) const = 0;

  // What is sent when something happens, beside outcomes; may be nothing. Any thread.
  virtual std::vector<Message> messages_of(const Happening& happening) const {
    (void)happening;
    return {};
  }

  // While so many messages wait, further outcomes are passed over, and what `passed_over` says is
  // sent of them instead.
  virtual int64_t most_waiting() const { return INT64_MAX; }
  virtual std::vector<Message> passed_over(const Outcome&) const { return {}; }

  // Gives what Station::state() says to a sink that tells of the whole station, any thread, for as
  // long as no other is given; with none, it is called no more when this returns. One thread at a
  // time.
  virtual void attend(const std::function<Json()>&) {}

  // Sends `messages`, made by this sink or by one of an earlier process, in order and returns when
  // all have arrived. `sent` is how many have, counted from the first, also on failure; those are
  // not offered again. Called with at most 32, on the sink's own thread. Errors: unavailable or
  // missing (the rest may be offered again), invalid or unsupported (the first of the rest never
  // will arrive), cancelled (stop).
  virtual Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) = 0;

  // What happened since the last call. On the sink's own thread.
  virtual std::vector<Happening> take_happenings() { return {}; }
};

}  // namespace turnstone
