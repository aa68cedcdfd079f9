// The constants of a compiled model, packed as its kernels read them, in the order of execution.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "codegen/group.h"
#include "codegen/sizes.h"

namespace turnstone {

class Weights {
 public:
  // Appends `count` elements that `fill` writes, aligned to 64 bytes. Returns the byte offset.
  template <class T>
  int64_t add(int64_t count, const std::function<void(T*)>& fill) {
    const auto at = align();
    bytes_.resize(bytes_.size() + static_cast<size_t>(count) * sizeof(T));
    fill(reinterpret_cast<T*>(bytes_.data() + at));
    return at;
  }

  // Appends a constant as it is; the same value is kept once.
  int64_t add(Value value, const Tensor& tensor) {
    const auto found = plain_.find(value);
    if (found != plain_.end()) return found->second;
    const auto at = align();
    bytes_.append(reinterpret_cast<const char*>(tensor.bytes()),
                  static_cast<size_t>(tensor.size_bytes()));
    plain_.emplace(value, at);
    return at;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  int64_t align() {
    const auto at = whole_lines(static_cast<int64_t>(bytes_.size()));
    bytes_.resize(static_cast<size_t>(at));
    return at;
  }

  std::string bytes_;
  std::map<Value, int64_t> plain_;
};

}  // namespace turnstone
