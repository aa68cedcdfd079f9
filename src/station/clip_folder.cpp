#include "station/clip_folder.h"

#include <algorithm>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view about = ".json";
constexpr int most_of_a_name = 10'000;

// Levels as a template gave them, none of which leads up or hides.
fs::path path_of(std::string_view name) {
  fs::path made;
  for (auto level : split(name, '/')) {
    for (char& letter : level)
      if (static_cast<unsigned char>(letter) < ' ' || letter == '\\') letter = '_';
    if (!level.empty() && level[0] == '.') level[0] = '_';
    if (!level.empty()) made /= level.substr(0, 200);
  }
  return made.empty() ? "clip" : made;
}

struct Clip {
  fs::path path;
  int64_t bytes = 0;
  fs::file_time_type written;
};

// Those that have something beside them, the oldest first.
std::vector<Clip> clips_in(const fs::path& folder, std::string_view ending) {
  std::vector<Clip> clips;
  std::error_code error;
  for (auto each = fs::recursive_directory_iterator(folder, error);
       !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
    const auto& path = each->path();
    std::error_code ignored;
    if (path.extension() != ending || !each->is_regular_file(ignored) ||
        !fs::exists(path.string() + std::string(about), ignored))
      continue;
    const auto bytes = fs::file_size(path, ignored);
    const auto written = fs::last_write_time(path, ignored);
    if (!ignored) clips.push_back({path, static_cast<int64_t>(bytes), written});
  }
  std::ranges::sort(clips, {}, &Clip::written);
  return clips;
}

// The clip, what is beside it, and folders that are empty then.
bool remove_clip(const fs::path& root, const fs::path& clip) {
  std::error_code error;
  if (!fs::remove(clip, error)) return false;
  fs::remove(clip.string() + std::string(about), error);
  for (auto folder = clip.parent_path(); folder != root && fs::is_empty(folder, error) && !error;
       folder = folder.parent_path())
    fs::remove(folder, error);
  return true;
}

}  // namespace

Result<fs::path> ClipFolder::claim(std::string_view name) const {
  const auto stem = path_ / path_of(name);
  TRY(make_folder(stem.parent_path()));
  std::error_code ignored;
  for (int i = 1; i < most_of_a_name; ++i) {
    fs::path path = stem;
    path += (i == 1 ? "" : fmt::format("-{}", i)) + ending_;
    if (!fs::exists(path, ignored)) return path;
  }
  return fail(Code::unavailable, "{}: there are too many of that name", stem.string());
}

Result<> ClipFolder::describe(const fs::path& clip, const Json& what) const {
  return write_file(clip.string() + std::string(about), print_json(what) + "\n");
}

std::string ClipFolder::name_of(const fs::path& clip) const {
  return clip.lexically_relative(path_).string();
}

int ClipFolder::trim(std::span<const fs::path> open) const {
  if (limits_.most_bytes == 0 && limits_.most_age.count() == 0) return 0;
  const auto clips = clips_in(path_, ending_);
  int64_t bytes = 0;
  for (const auto& clip : clips) bytes += clip.bytes;
  const auto now = fs::file_time_type::clock::now();
  int removed = 0;
  for (const auto& clip : clips) {
    const bool many = limits_.most_bytes > 0 && bytes > limits_.most_bytes;
    const bool old = limits_.most_age.count() > 0 && now - clip.written > limits_.most_age;
    if (!many && !old) break;
    if (std::ranges::count(open, clip.path) > 0 || !remove_clip(path_, clip.path)) continue;
    bytes -= clip.bytes;
    ++removed;
  }
  return removed;
}

}  // namespace turnstone
