// For tests: the emitted C of many calls, compiled to one shared object and run with guards around
// every buffer.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ir/op.h"

namespace turnstone::testing_support {

// One way to compile calls, and whether this computer can run the result.
struct CallMachine {
  std::string_view name;
  int lanes;
  std::vector<std::string> flags;
  bool runs;
};

// x86_64, x86_64_v3, x86_64_v4, aarch64, armv7.
std::vector<CallMachine> call_machines();

// Gathers calls, compiles all of them at once, runs them one by one. One thread at a time.
class CompiledCalls {
 public:
  CompiledCalls();
  ~CompiledCalls();
  CompiledCalls(const CompiledCalls&) = delete;
  CompiledCalls& operator=(const CompiledCalls&) = delete;

  // Writes the call's code; returns the number that `run` takes.
  size_t add(const Call& call);

  // Compiles what was added, and loads it when the machine is this one. Errors: invalid with
  // clang's words, or when the code for another machine calls what no package has; unavailable when
  // there is no clang.
  Result<> compile(const CallMachine& machine);

  // The results of call `number`. Reading or writing behind a buffer ends the process; errors:
  // invalid when bytes before a buffer, or an operand, were written.
  Result<std::vector<Tensor>> run(size_t number, std::span<const Tensor> in) const;

  // The C text of one call.
  const std::string& text(size_t number) const;

 private:
  struct Part;
  std::vector<Part> parts_;
  std::vector<void*> libraries_;
};

// What eval gives.
std::vector<Tensor> run_eval(const Call& call, std::span<const Tensor> in);

// Operands of a drawn call: `fixed`, or random ones in its range.
std::vector<Tensor> random_operands(const Sample& drawn, std::mt19937& rng);

}  // namespace turnstone::testing_support
