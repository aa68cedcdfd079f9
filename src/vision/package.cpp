#include "vision/package.h"

#include "vision/archive.h"
#include "vision/settings_json.h"

namespace turnstone {
namespace fs = std::filesystem;
namespace {

// The gallery that model.json names, which lies beside it.
Result<> read_gallery(const fs::path& folder, Model& model) {
  constexpr size_t most_bytes = size_t{1} << 28;
  if (!model.decoder || model.decoder->gallery_file.empty()) return {};
  const auto path = folder / model.decoder->gallery_file;
  const auto json = TRY(parse_json(TRY(read_text(path, most_bytes)), path.string()));
  model.decoder->gallery = TRY(parse_gallery(json, path.string()));
  return {};
}

Result<Model> read_described(const fs::path& path) {
  auto model = TRY(read_model(path));
  TRY(read_gallery(path.parent_path(), model));
  return model;
}

Result<Package> open_folder(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / "compiled.so", ignored))
    return fail(Code::invalid, "{}: is no package, it has no compiled.so", folder.string());
  // Not within the braces: what stands before a TRY there would not be destroyed when it returns.
  auto model = TRY(read_described(folder / "model.json"));
  return Package{.path = folder, .model = std::move(model), .folder = {}};
}

Result<Package> open_module(const fs::path& path) {
  Package package{.path = path, .model = {}, .folder = {}};
  auto beside = path;
  beside.replace_extension(".json");
  std::error_code ignored;
  if (fs::is_regular_file(beside, ignored)) package.model = TRY(read_described(beside));
  return package;
}

// The folder in an archive that holds the package: the only thing in it, or itself.
fs::path root_of(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error || entry == fs::directory_iterator()) return folder;
  const auto first = entry->path();
  entry.increment(error);
  const bool is_only = !error && entry == fs::directory_iterator();
  return is_only && fs::is_directory(first, error) ? first : folder;
}

bool is_archive_name(std::string_view name) {
  return name.ends_with(".tar.gz") || name.ends_with(".tgz");
}

Result<Package> open_archive(const fs::path& path) {
  auto folder = std::make_shared<TemporaryFolder>(TRY(TemporaryFolder::make("turnstone-package")));
  TRY(unpack_archive(path, folder->path()));
  auto package = open_folder(root_of(folder->path()));
  if (!package) return std::unexpected(in_package(std::move(package).error(), folder.get(), path));
  package->folder = std::move(folder);
  return package;
}

}  // namespace

bool is_package(const fs::path& path) {
  std::error_code error;
  const auto name = path.filename().string();
  return fs::is_directory(path, error) || is_archive_name(name) || name.ends_with(".so");
}

Error in_package(Error error, const TemporaryFolder* unpacked, const fs::path& path) {
  const auto ours = unpacked ? unpacked->path().string() : path.string();
  for (size_t at = 0; (at = error.text.find(ours, at)) != std::string::npos;
       at += path.string().size())
    error.text.replace(at, ours.size(), path.string());
  return error.text.starts_with(path.string()) ? error : std::move(error).in(path.string());
}

Result<Package> open_package(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return fail(Code::missing, "{}: no such package", path.string());
  if (fs::is_directory(path, error)) return open_folder(path);
  const auto name = path.filename().string();
  if (is_archive_name(name)) return open_archive(path);
  if (name.ends_with(".so")) return open_module(path);
  return fail(Code::invalid, "{}: is no package, legal are a folder, .tar.gz and .so",
              path.string());
}

}  // namespace turnstone
