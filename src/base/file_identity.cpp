#include "base/file_identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace turnstone {

std::optional<FileIdentity> find_identity(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return FileIdentity{status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

std::string print(const FileIdentity& identity) {
  return fmt::format("{}/{}/{}.{:09}", identity.inode, identity.size, identity.seconds,
                     identity.nanoseconds);
}

}  // namespace turnstone
