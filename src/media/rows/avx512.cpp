#include "media/rows/rows.h"

#if defined(__AVX512BW__)
#include "media/rows/set.h"

namespace turnstone {

const RowFunctions* avx512_rows() {
  static constexpr auto functions = functions_named("avx512");
  return &functions;
}

}  // namespace turnstone
#else
const turnstone::RowFunctions* turnstone::avx512_rows() { return nullptr; }
#endif
