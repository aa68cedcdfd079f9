// Curves and matrices as PNG files, drawn with cairo.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace turnstone {

struct Curve {
  std::string name;
  std::vector<double> values;  // one for each epoch
};

// One diagram: curves over a common axis of epochs.
struct Diagram {
  std::string title;
  std::vector<Curve> curves;
  double low = 0;  // of the vertical axis
  double high = 1;
  int mark = -1;  // epoch at which a line stands, or -1
};

// Diagrams side by side. Errors: unavailable when the file cannot be written.
Result<> plot_diagrams(const std::filesystem::path& path, const std::vector<Diagram>& diagrams);

// Counts [truth][answer], each row coloured by its shares. Of more than 64 classes those with most
// mistakes are shown, which the title then says. Errors: as above.
Result<> plot_confusion(const std::filesystem::path& path, const std::string& title,
                        const std::vector<std::vector<int64_t>>& counts,
                        const std::vector<std::string>& labels);

}  // namespace turnstone
