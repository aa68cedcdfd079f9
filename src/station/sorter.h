// What takes a judged part where it belongs: the contract of every sorter.
#pragma once

#include <memory>

#include "base/result.h"
#include "station/action.h"
#include "station/stepper.h"

namespace turnstone {

class Inbox;

// Calls return at once; sorting goes on by itself. One thread at a time.
class Sorter {
 public:
  virtual ~Sorter() = default;

  // Tells what is to be done with the next part. From now on only its acknowledgement counts; one
  // of a part before it is too late. Errors: unavailable (the sorter is away).
  virtual Result<> sort(const Action& action) = 0;

  // Whether the last action was acknowledged. Errors: unavailable (it was refused).
  virtual Result<bool> is_done() = 0;
};

// A sorter that exists only in time: it acknowledges each action after `config.answer_seconds`,
// some of them later, and refuses some, as the configuration says.
std::unique_ptr<Sorter> open_simulated_sorter(const SorterConfig& config, Clock clock);

// A sorter behind the station's broker: actions go to `config.topic`, as print_action has them, and
// its acknowledgements come on `config.answer_topic`: {"id"} of the action, with "ok": false and
// perhaps a "reason" where it is refused. While there is no connection it is waited for; on each
// new one an action without an acknowledgement is sent again, under the same id. To be opened
// before `inbox`, which outlives it, is started. Errors: invalid (a topic).
Result<std::unique_ptr<Sorter>> open_mqtt_sorter(const SorterConfig& config, Inbox& inbox);

}  // namespace turnstone
