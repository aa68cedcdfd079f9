// The newest piece of an endless stream, for any number of connections. A slow one misses pieces
// and never makes others wait.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace turnstone {

// Thread-safe.
class HttpFeed {
 public:
  // One who takes pieces. `wake` is called on any thread when there is a newer one; returns at
  // once.
  class Viewer {
   public:
    virtual ~Viewer() = default;
    // A newer piece is there.
    virtual void wake() = 0;
  };

  // `joined` is called on the server's thread when a viewer comes, so that a producer that rests
  // while nobody looks can begin. May be empty.
  explicit HttpFeed(std::function<void()> joined = {}) : joined_(std::move(joined)) {}

  // Makes `piece` the newest.
  void publish(std::shared_ptr<const std::string> piece);

  struct Piece {
    std::shared_ptr<const std::string> bytes;  // nullptr: there is none yet
    int64_t number = 0;                        // counts from 1
  };
  Piece newest() const;

  // How many viewers there are.
  int viewers() const;
  void join(const std::shared_ptr<Viewer>& viewer);

 private:
  void forget_gone();  // under mutex_

  mutable std::mutex mutex_;
  std::function<void()> joined_;
  Piece newest_;
  std::vector<std::weak_ptr<Viewer>> viewers_;
};

}  // namespace turnstone
