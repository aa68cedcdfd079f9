// How often a value's elements lie where, over many runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace turnstone::int8 {

// Bins of equal width around zero, which grow wider when larger numbers come. Exact zeros, which
// any scale represents, are counted apart. One thread at a time.
class Histogram {
 public:
  // Counts the elements. False, with nothing counted, when one is infinite or no number.
  bool add(std::span<const float> elements);

  int64_t count() const { return count_; }
  int64_t zeros() const { return zeros_; }

  // The least and the largest element; both 0 when there was none.
  double low() const { return low_; }
  double high() const { return high_; }

  // Elements that are not zero, in bins of neighbours; those of bin i lie around centre(i).
  std::span<const int64_t> bins() const { return bins_; }
  double centre(size_t i) const;
  double width() const;

 private:
  void reach(double size);

  std::vector<int64_t> bins_;
  double limit_ = 0;  // bins cover [-limit, limit)
  double low_ = 0, high_ = 0;
  int64_t count_ = 0, zeros_ = 0;
};

}  // namespace turnstone::int8
