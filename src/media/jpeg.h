// JPEG through libjpeg-turbo, whose error handling ends in this file's implementation.
#pragma once

#include <cstddef>
#include <span>

#include "base/files.h"
#include "base/result.h"
#include "media/image.h"

namespace turnstone {

bool is_jpeg(std::span<const std::byte> bytes);

// An upright picture, `gray` or `rgb`. Errors: invalid, unsupported; unavailable when there is
// no memory.
Result<Image> decode_jpeg(std::span<const std::byte> bytes);

}  // namespace turnstone
