// Reads any bytes as the archive of a package. A finding is a crash, a hang, a large memory, or a
// file outside the folder that is unpacked to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "base/files.h"
#include "vision/package.h"

namespace {

// Holds the archive and, for a moment, the folder that it is unpacked to.
turnstone::TemporaryFolder make_folder_of_ours() {
  auto folder = *turnstone::TemporaryFolder::make("turnstone-fuzz");
  setenv("TMPDIR", folder.path().c_str(), 1);
  return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  static const auto folder = make_folder_of_ours();
  const auto archive = folder.path() / "package.tar.gz";
  std::ofstream(archive, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  const auto package = open_package(archive);
  CHECK(package || !package.error().text.empty());
  CHECK(list_files(folder.path())->size() == 1);
  return 0;
}
