// What was measured to be best for single layers on one kind of machine. A file of it can be
// shipped with a model, and read on a machine that cannot measure.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

// A kernel's tile, and how a 3x3 convolution is computed.
struct Choice {
  int outputs = 0;  // of a tile of minimal filtering, 0: directly
  int rows = 1, columns = 1, vectors = 1;
  double microseconds = 0;  // that it took where it was measured

  bool same_code(const Choice& other) const {
    return outputs == other.outputs && rows == other.rows && columns == other.columns &&
           vectors == other.vectors;
  }
};

// Choices by target and layer. Any thread while nobody sets.
class Tuning {
 public:
  // Null when the layer was not measured. The key is what layer_key says.
  const Choice* find(std::string_view target, std::string_view key) const;
  void set(std::string_view target, std::string key, Choice choice);
  size_t size() const;

 private:
  friend std::string print_tuning(const Tuning& tuning);
  std::map<std::string, std::map<std::string, Choice, std::less<>>, std::less<>> layers_;
};

// JSON text. Errors: invalid, with the place. What no kernel can do is left out of account when a
// model is compiled.
Result<Tuning> parse_tuning(std::string_view text);
std::string print_tuning(const Tuning& tuning);
// The same in a file. Errors: missing as well.
Result<Tuning> read_tuning(const std::filesystem::path& path);
Result<> write_tuning(const Tuning& tuning, const std::filesystem::path& path);

}  // namespace turnstone
