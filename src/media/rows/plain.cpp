#include "media/rows/set.h"

namespace turnstone {

const RowFunctions* plain_rows() {
  static constexpr auto functions = functions_named("plain");
  return &functions;
}

}  // namespace turnstone
