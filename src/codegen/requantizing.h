// Requantisation in the code of a group of integers, on machines that multiply 64 bits wide.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/group.h"
#include "emit/c_writer.h"
#include "ops/requantize.h"

namespace turnstone {

struct Emitter;

// What a requantize reads when it is done another way than the operator's own: numbers that only
// the generated code has, as arrays w0, w1, ... of whole vectors of channels.
class Requantizing {
 public:
  // Adds the numbers to the weights. Absent where the operator's own way has to do; its multipliers
  // and shifts must be constants.
  static std::optional<Requantizing> find(Emitter& e, const Made& requantize);

  // C expression of the results of a vector of sums, not yet limited.
  std::string result(CWriter& c, std::string_view sums) const;

  // ", const int *w0": parameters of functions, and arguments that point to the channel `channel`,
  // the first of a vector, a C expression.
  std::string parameters() const;
  std::string arguments(std::string_view channel) const;
  // Defines the arrays at the head of a step.
  void write_pointers(Emitter& e) const;

 private:
  struct Array {
    std::string_view type;
    int64_t at = 0;  // byte offset in the weights
  };
  Requantizing(const Made& made, int lanes) : made_(&made), lanes_(lanes) {}

  bool join(Emitter& e);
  bool fold(Emitter& e, bool with_zero);
  template <class T>
  void add(Emitter& e, std::string_view type, const std::vector<T>& numbers);

  const Made* made_;
  int lanes_ = 8;
  std::vector<Array> arrays_;
  bool for_each_ = true;    // else one vector stands for all channels
  bool joins_ = false;      // by one multiply-add of floats: JoinedProduct
  bool with_zero_ = false;  // else FoldedProduct, which adds the zero or not
};

}  // namespace turnstone
