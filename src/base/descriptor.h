// An owner of a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace turnstone {

// Closes what it owns when it goes. One thread at a time.
class Descriptor {
 public:
  // Owns `number`, which a call that failed may have made -1: none.
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

}  // namespace turnstone
