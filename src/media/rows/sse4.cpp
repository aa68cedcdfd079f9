#include "media/rows/rows.h"

#if defined(__SSSE3__)
#include "media/rows/set.h"

namespace turnstone {

const RowFunctions* sse4_rows() {
  static constexpr auto functions = functions_named("sse4");
  return &functions;
}

}  // namespace turnstone
#else
const turnstone::RowFunctions* turnstone::sse4_rows() { return nullptr; }
#endif
