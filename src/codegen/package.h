// Packages: what a compiled model is shipped as.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace turnstone {

struct PackageFile {
  std::string name;  // "compiled.so", "compiled.meta", "model.json"
  std::string content;
};

// What a package at `path` is on the disk: a file, a folder, or a bare object and the file beside
// it.
std::vector<std::filesystem::path> package_paths(const std::filesystem::path& path);

// Whether a package could be written to `path`, told before the work. Errors: unavailable; invalid
// for a folder that holds other things than a package, or a name with the ending of another file.
Result<> check_package_path(const std::filesystem::path& path);

// Writes the files to `path`: a gzipped tar when it ends in ".tar.gz" or ".tgz", `compiled.so` with
// model.json as NAME.json beside it when it ends in ".so", else a folder, made when it is not
// there. An existing package is replaced. Nothing new is left behind by a failure. Errors:
// unavailable.
Result<> write_package(const std::filesystem::path& path, const std::vector<PackageFile>& files);

}  // namespace turnstone
