// A compiled model on disk: the folder, archive or bare `.so` that users name. Its code is not
// opened here: that is the runtime's.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/result.h"
#include "vision/model_info.h"

namespace turnstone {

// Where a package lies, ready to be opened by the runtime.
struct Package {
  std::filesystem::path path;               // folder or `.so`
  std::optional<Model> model;               // absent where there is no model.json (a bare `.so`)
  std::shared_ptr<TemporaryFolder> folder;  // of an unpacked archive, removed with the last copy
};

// True for a folder and for names that end in .tar.gz, .tgz or .so.
bool is_package(const std::filesystem::path& path);

// Finds the package at `path`: a folder, a `.tar.gz` or `.tgz`, which is unpacked to a temporary
// folder (its files may lie in one folder of their own), or a `.so`, whose model.json, if any, is
// NAME.json beside it. Errors: missing; invalid with the path (no package, damaged, an archive with
// links or with names that leave its folder, a wrong model.json).
Result<Package> open_package(const std::filesystem::path& path);

// An error of the package that the user calls `path`: so it is named, and not by the folder that it
// was unpacked to, if any.
Error in_package(Error error, const TemporaryFolder* unpacked, const std::filesystem::path& path);

}  // namespace turnstone
