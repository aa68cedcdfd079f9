// Unpacking of archives. libarchive ends here.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace turnstone {

// Unpacks regular files and folders of a gzipped tar to `folder`. Errors: missing; invalid:
// damaged, names that leave the folder, anything but files and folders, more than 64 files or 4
// GiB.
Result<> unpack_archive(const std::filesystem::path& archive, const std::filesystem::path& folder);

}  // namespace turnstone
