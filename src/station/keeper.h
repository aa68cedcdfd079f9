// Keeps what sinks are to send on a thread of its own, so that a disk which is slow now and then
// holds up no model.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "station/message.h"

namespace turnstone {

// Thread-safe.
class Keeper {
 public:
  // Puts the parcels of some results where they are not lost, and says for each result whether that
  // went well; on the keeper's thread.
  using Keep = std::function<std::vector<Result<>>(std::vector<std::vector<Parcel>>)>;
  // Hears whether the parcels were kept; on the keeper's thread.
  using Done = std::function<void(bool kept)>;

  explicit Keeper(Keep keep);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Takes the parcels of one result, to be kept in the order of the calls; what comes while the
  // disk is busy is kept together. Returns when fewer than 32 results wait.
  void put(std::vector<Parcel> parcels, Done done);

  // Keeps what waits, and ends the thread. Nothing may be put any more.
  void finish();

 private:
  void work();

  Keep keep_;
  std::mutex mutex_;                          // of the three below
  std::condition_variable changed_;           // of any of them
  std::vector<std::vector<Parcel>> waiting_;  // one for each result
  std::vector<Done> done_;                    // as many
  bool ending_ = false;
  std::jthread thread_;
};

}  // namespace turnstone
