// What is wrong with a foreign model: as many independent problems as are worth telling, in one
// error.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace turnstone {

// Problems in the order in which they are found. One thread at a time.
class Problems {
 public:
  void add(Error problem) { list_.push_back(std::move(problem)); }

  // True when there are so many that the search is over.
  bool are_enough() const { return list_.size() >= 20; }

  // Errors: all of them in one text, of the first one's code.
  Result<> status() const;

 private:
  std::vector<Error> list_;
};

// That the file has no value called `name`, with the nearest of those that it has. Missing.
Error no_such_value(std::string_view name, std::span<const std::string> names);

// An operator that no row covers, and the first words about where it stands.
struct Lack {
  std::string op;
  std::string place;
};

// Errors: unsupported, with each operator once: how often it is there, and the place of the first.
Result<> check_lacks(const std::vector<Lack>& lacks);

}  // namespace turnstone
