// How far outputs in integers are from those in reals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tensor/tensor.h"

namespace turnstone::int8 {

// What is compared: the best class of an output, or, where no output holds classes, all numbers.
using ClassOutput = std::optional<size_t>;

// Sums over pictures. One thread at a time.
class Judgement {
 public:
  explicit Judgement(ClassOutput classes) : classes_(classes) {}

  // Compares the outputs of one picture.
  void add(std::span<const Tensor> actual, std::span<const Tensor> expected);

  int64_t pictures() const { return pictures_; }
  int64_t agreeing() const { return agreeing_; }  // 0 where there are no classes

  // Size of the difference over size of what was expected, mean of pictures and outputs.
  double relative_error() const;

  // Signal to noise of all outputs over all pictures, in decibels.
  double snr_db() const;

  // What is bounded by the user, in percent: pictures whose best class differs, or relative_error.
  double drop_percent() const;

 private:
  ClassOutput classes_;
  int64_t pictures_ = 0, agreeing_ = 0, outputs_ = 0;
  double errors_ = 0, noise_ = 0, signal_ = 0;
};

// Index of the largest element, the first of several.
int64_t best_class(const Tensor& scores);

}  // namespace turnstone::int8
