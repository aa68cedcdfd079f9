// What became of a frame, for sources whose frames are gone for good once they are done with.
#pragma once

#include <atomic>
#include <functional>

namespace turnstone {

enum class Fate {
  done,  // whoever took the frame has done with it what was to be done
  bad,   // somebody could not, and never can
  open,  // not yet, and nobody goes on with it: the frame comes again when its source starts anew
};

// Shared by all copies of a frame; tells the fate when the last copy is gone, on whichever thread.
// Thread-safe.
class Receipt {
 public:
  explicit Receipt(std::function<void(Fate)> tell) : tell_(std::move(tell)) {}
  ~Receipt() {
    if (owed_ > 0)
      tell_(Fate::open);
    else
      tell_(bad_ ? Fate::bad : Fate::done);
  }
  Receipt(const Receipt&) = delete;
  Receipt& operator=(const Receipt&) = delete;

  // One more is to settle.
  void owe() { ++owed_; }

  // One that owed is done with the frame, or never can be.
  void settle(bool bad) {
    if (bad) bad_ = true;
    --owed_;
  }

 private:
  std::function<void(Fate)> tell_;
  std::atomic<int> owed_{0};
  std::atomic<bool> bad_{false};
};

}  // namespace turnstone
