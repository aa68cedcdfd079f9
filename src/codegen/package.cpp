#include "codegen/package.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/files.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

Result<std::string> pack(const std::vector<PackageFile>& files) {
  size_t room = 1 << 20;
  for (const auto& file : files) room += file.content.size() + file.content.size() / 8 + 4096;
  std::string packed(room, '\0');
  size_t used = 0;
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(out.get());
  archive_write_add_filter_gzip(out.get());
  // No time in the gzip head: equal packages are equal files.
  archive_write_set_filter_option(out.get(), "gzip", "timestamp", nullptr);
  if (archive_write_open_memory(out.get(), packed.data(), packed.size(), &used) != ARCHIVE_OK)
    return fail(Code::unavailable, "archive: {}", archive_error_string(out.get()));
  for (const auto& file : files) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), file.name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    if (archive_write_header(out.get(), entry.get()) != ARCHIVE_OK ||
        archive_write_data(out.get(), file.content.data(), file.content.size()) !=
            static_cast<la_ssize_t>(file.content.size()))
      return fail(Code::unavailable, "archive: {}", archive_error_string(out.get()));
  }
  if (archive_write_close(out.get()) != ARCHIVE_OK)
    return fail(Code::unavailable, "archive: {}", archive_error_string(out.get()));
  packed.resize(used);
  return packed;
}

const PackageFile* find(const std::vector<PackageFile>& files, std::string_view name) {
  for (const auto& file : files)
    if (file.name == name) return &file;
  return nullptr;
}

// model.json of a bare object.
fs::path description_beside(const fs::path& object) {
  return fs::path(object).replace_extension(".json");
}

Result<> write_bare(const fs::path& path, const std::vector<PackageFile>& files) {
  const auto* code = find(files, "compiled.so");
  CHECK(code != nullptr);
  if (const auto* model = find(files, "model.json"))
    TRY(write_file(description_beside(path), model->content));
  return write_file(path, code->content);
}

bool is_archive(const fs::path& path) {
  return path.string().ends_with(".tar.gz") || path.string().ends_with(".tgz");
}
bool is_bare(const fs::path& path) { return path.string().ends_with(".so"); }

// Endings of files that a package is not; a folder of such a name would be a slip. Names may have
// dots otherwise: "parts-1.5".
bool is_another_file(const fs::path& path) {
  static constexpr std::string_view endings[] = {".zip", ".tar", ".gz",   ".bz2",    ".xz",  ".zst",
                                                 ".7z",  ".dll", ".onnx", ".tflite", ".json"};
  return std::ranges::find(endings, path.extension().string()) != std::end(endings);
}

Result<> write_folder(const fs::path& path, const std::vector<PackageFile>& files) {
  TRY(make_folder(path));
  for (const auto& file : files) TRY(write_file(path / file.name, file.content));
  return {};
}

Result<> write_form(const fs::path& path, const std::vector<PackageFile>& files) {
  if (path.has_parent_path()) TRY(make_folder(path.parent_path()));
  if (is_archive(path) || is_bare(path)) TRY(make_folder_of(path));
  if (is_archive(path)) return write_file(path, TRY(pack(files)));
  return is_bare(path) ? write_bare(path, files) : write_folder(path, files);
}

// What a package at `path` would add to the disk: the outermost folder that is not there, or files.
std::vector<fs::path> new_paths(const fs::path& path, const std::vector<PackageFile>& files) {
  std::error_code ignored;
  auto outermost = fs::absolute(path, ignored);
  while (outermost.has_relative_path() && !fs::exists(outermost.parent_path(), ignored))
    outermost = outermost.parent_path();
  std::vector<fs::path> paths = {outermost};
  if (is_bare(path)) paths.push_back(description_beside(path));
  for (const auto& file : files) paths.push_back(path / file.name);
  std::erase_if(paths, [&](const auto& one) { return fs::exists(one, ignored); });
  return paths;
}

}  // namespace

std::vector<fs::path> package_paths(const fs::path& path) {
  if (is_bare(path)) return {path, description_beside(path)};
  return {path};
}

Result<> check_package_path(const fs::path& path) {
  std::error_code ignored;
  const auto beside = description_beside(path);
  if (is_bare(path) && !fs::exists(path, ignored) && fs::exists(beside, ignored))
    return fail(Code::invalid, "{}: is there and of no package; name another file",
                beside.string());
  if (is_archive(path) || is_bare(path)) return check_new_file(path);
  if (is_another_file(path) && !fs::is_directory(path, ignored))
    return fail(Code::invalid, "{}: packages are NAME.tar.gz, NAME.tgz, NAME.so or folders",
                path.string());
  return check_own_folder(path, "compiled.so", "a package");
}

Result<> write_package(const fs::path& path, const std::vector<PackageFile>& files) {
  const auto added = new_paths(path, files);
  auto written = write_form(path, files);
  std::error_code ignored;
  if (!written)
    for (const auto& one : added) fs::remove_all(one, ignored);
  return written;
}

}  // namespace turnstone
