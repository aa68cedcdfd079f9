#include "media/rows/rows.h"

#if defined(__AVX2__)
#include "media/rows/set.h"

namespace turnstone {

const RowFunctions* avx2_rows() {
  static constexpr auto functions = functions_named("avx2");
  return &functions;
}

}  // namespace turnstone
#else
const turnstone::RowFunctions* turnstone::avx2_rows() { return nullptr; }
#endif
