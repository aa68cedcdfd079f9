// The C text of a compiled model: one file for each variant, and one that holds the structure that
// the runtime looks for. No byte of a foreign model stands in them but inside numeric arrays.
#pragma once

#include <string>
#include <vector>

#include "codegen/plan.h"
#include "codegen/target.h"

namespace turnstone {

// What each input and output is called and how its dimensions read: TS_LAYOUT_ of module.h.
struct PortInfo {
  std::string name;
  Type type;
  Quantisation quantisation;
  uint32_t layout = 0;
};

// What most multiply-adds of a group are of: TS_MODULE_PRODUCTS_ of module.h.
enum class Products { f32, bytes, bf16 };

struct Variant {
  Target target;  // asks for tiles only where the code has some
  Scheduled scheduled;
  Plan plan;
  std::string weights;                   // content of the weights file
  std::string text;                      // C
  std::vector<Products> group_products;  // of each group that the code measures
};

// Schedules, plans and writes the code of `graph` for one target. `index` makes its names unique;
// the text includes the weights from the file `weights_file` beside it.
Variant make_variant(const Graph& graph, const Target& target, int index,
                     const std::string& weights_file, const Tuning* tuning = nullptr);

// The file that defines `turnstone_module` and what a freestanding program must bring along.
std::string module_text(const std::vector<PortInfo>& inputs, const std::vector<PortInfo>& outputs,
                        const std::vector<Variant>& variants);

}  // namespace turnstone
