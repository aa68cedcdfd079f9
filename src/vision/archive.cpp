#include "vision/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "base/files.h"
#include "base/text.h"

namespace turnstone {
namespace fs = std::filesystem;
namespace {

constexpr int most_entries = 64;
constexpr int64_t most_bytes = int64_t{4} << 30;

struct Closer {
  void operator()(::archive* reader) const { ::archive_read_free(reader); }
};
using Reader = std::unique_ptr<::archive, Closer>;

Error damaged(const Reader& reader) {
  const char* text = ::archive_error_string(reader.get());
  return {Code::invalid, fmt::format("is damaged or no .tar.gz: {}",
                                     printable(text ? text : "it ends too early"))};
}

// The file may be what is wrong, or what it holds.
Error unopened(const Reader& reader) {
  const int number = ::archive_errno(reader.get());
  if (number <= 0 || number == EILSEQ) return damaged(reader);  // libarchive's own numbers
  return {Code::missing, fmt::format("cannot open: {}", std::strerror(number))};
}

// The path of an entry below the folder. Errors: one that leaves it.
Result<fs::path> path_of(::archive_entry* entry) {
  const char* name = ::archive_entry_pathname(entry);
  auto path = fs::path(name ? name : "").lexically_normal();
  if (path.empty() || path.is_absolute() || *path.begin() == "..")
    return fail(Code::invalid, "entry '{}' leaves the archive's folder",
                printable(name ? name : ""));
  return path;
}

Result<> copy_content(const Reader& reader, const fs::path& to, int64_t& left) {
  std::ofstream file(to, std::ios::binary | std::ios::trunc);
  char piece[65536];
  for (;;) {
    const auto got = ::archive_read_data(reader.get(), piece, sizeof piece);
    if (got < 0) return std::unexpected(damaged(reader));
    if (got == 0) break;
    left -= got;
    if (left < 0) return fail(Code::invalid, "unpacks to more than {} bytes", most_bytes);
    file.write(piece, got);
  }
  file.close();
  if (!file) return fail(Code::unavailable, "cannot write {}", to.string());
  return {};
}

Result<> unpack_entry(const Reader& reader, ::archive_entry* entry, const fs::path& folder,
                      int64_t& left) {
  const auto name = TRY(path_of(entry));
  const auto type = ::archive_entry_filetype(entry);
  if (type == AE_IFDIR) return make_folder(folder / name);
  if (type != AE_IFREG || ::archive_entry_hardlink(entry))
    return fail(Code::invalid, "entry '{}' is neither a file nor a folder",
                printable(name.string()));
  TRY(make_folder((folder / name).parent_path()));
  return copy_content(reader, folder / name, left);
}

}  // namespace

Result<> unpack_archive(const fs::path& archive, const fs::path& folder) {
  const auto where = archive.string();
  std::error_code ignored;
  if (!fs::exists(archive, ignored)) return fail(Code::missing, "{}: no such file", where);
  const Reader reader(::archive_read_new());
  if (!reader) return fail(Code::unavailable, "{}: no memory", where);
  ::archive_read_support_format_tar(reader.get());
  ::archive_read_support_filter_gzip(reader.get());
  if (::archive_read_open_filename(reader.get(), archive.c_str(), 65536) != ARCHIVE_OK)
    return std::unexpected(unopened(reader).in(where));
  int64_t left = most_bytes;
  for (int entries = 0;; ++entries) {
    ::archive_entry* entry = nullptr;
    const int status = ::archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return std::unexpected(damaged(reader).in(where));
    if (entries == most_entries)
      return fail(Code::invalid, "{}: has more than {} entries", where, most_entries);
    TRY(unpack_entry(reader, entry, folder, left), where);
  }
}

}  // namespace turnstone
