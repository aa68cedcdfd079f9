// For tests: buffers that end where memory ends.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <type_traits>

namespace turnstone {

// `count` elements that end where readable memory ends; whoever reads or writes behind them dies,
// whoever writes before them is found by is_intact.
template <class T>
class Guarded {
 public:
  explicit Guarded(size_t count) : count_(count) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = (count * sizeof(T) + 64 + page - 1) / page * page;
    base_ = static_cast<unsigned char*>(
        mmap(nullptr, bytes_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || mprotect(base_ + bytes_, page, PROT_NONE) != 0) std::abort();
    page_ = page;
    std::memset(base_, guard, bytes_);
  }
  ~Guarded() { munmap(base_, bytes_ + page_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data() { return reinterpret_cast<T*>(base_ + bytes_) - count_; }
  T& operator[](size_t i) { return data()[i]; }
  size_t size() const { return count_; }
  bool is_intact() const {
    for (size_t i = 0; i < bytes_ - count_ * sizeof(T); ++i)
      if (base_[i] != guard) return false;
    return true;
  }

  // Uniform values; whole numbers for integers, both ends included.
  void fill(std::mt19937& random, double low, double high) {
    for (size_t i = 0; i < count_; ++i) {
      const double share = static_cast<double>(random()) / std::mt19937::max();
      if constexpr (std::is_integral_v<T>)
        data()[i] =
            static_cast<T>(low + std::min(high - low, std::floor(share * (high - low + 1))));
      else
        data()[i] = static_cast<T>(low + share * (high - low));
    }
  }

 private:
  static constexpr unsigned char guard = 0xa5;
  size_t count_, bytes_, page_;
  unsigned char* base_;
};

}  // namespace turnstone
