// PNG through libspng.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "media/image.h"

namespace turnstone {

bool is_png(std::span<const std::byte> bytes);

// `gray` for gray pictures without transparency, else `rgb`, laid over white. Errors: invalid;
// unavailable when there is no memory.
Result<Image> decode_png(std::span<const std::byte> bytes);

}  // namespace turnstone
