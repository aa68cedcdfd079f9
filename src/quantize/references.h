// What a graph in reals says of each picture.
#pragma once

#include <map>
#include <vector>

#include "quantize/pictures.h"
#include "quantize/run.h"

namespace turnstone::int8 {

// Keeps outputs while they are few, and runs again beyond that. One thread at a time.
class References {
 public:
  // Of `run`'s outputs the first `count` are kept.
  References(Run run, size_t count) : run_(std::move(run)), count_(count) {}

  // All outputs for `input`, which is picture `i`. Errors: as the run.
  Result<std::vector<Tensor>> observe(size_t i, const Tensor& input);

  // The kept outputs of picture `i`, which is `input`. Errors: as the run.
  Result<std::vector<Tensor>> of(size_t i, const Tensor& input);

 private:
  Run run_;
  size_t count_;
  std::map<size_t, std::vector<Tensor>> known_;
  int64_t bytes_ = 0;
};

}  // namespace turnstone::int8
