#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>

#include "base/file_identity.h"
#include "base/files.h"
#include "base/log.h"
#include "media/picture.h"
#include "station/folder_watch.h"
#include "station/kinds.h"
#include "station/wait.h"

namespace turnstone {
namespace {

// Pictures of a folder in natural order, once; or the folder watched for new ones.
struct FolderSourceConfig {
  std::string name = {};  // of the source
  std::string path = {};  // of the folder
  bool watch = false;     // go on with pictures that arrive, until stopped
  bool loop = false;      // start over after the last picture; not together with watch
  bool consume = false;   // move pictures to done/ or bad/ once their results are kept; no loop
  double interval = 0;    // seconds from one picture to the next, 0: as fast as they are taken
};

const Field<FolderSourceConfig> folder_fields[] = {
    {"path",
     &FolderSourceConfig::path,
     "path",
     "folder of JPEG and PNG pictures",
     {.required = true}},
    {"watch", &FolderSourceConfig::watch, "", "go on with pictures that arrive, until stopped"},
    {"loop", &FolderSourceConfig::loop, "", "start over after the last picture"},
    {"consume", &FolderSourceConfig::consume, "",
     "move pictures to done/ once their results are kept, or to bad/"},
    {"interval_s",
     &FolderSourceConfig::interval,
     "s",
     "time from one picture to the next, 0: as fast as they are taken",
     {.least = 0, .most = 86400}},
};

// Renames where there is nothing of the new name; false with errno else.
bool rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // Network file systems cannot do both in one step; nobody else writes to our folders.
  struct stat there{};
  if (::lstat(to.c_str(), &there) == 0) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

// Moves a picture to a folder beside it, under another name where there is one of its name. One
// that was replaced meanwhile is another picture and stays.
void move_to(const std::filesystem::path& file, const std::optional<FileIdentity>& identity,
             std::string_view folder) {
  if (!identity || find_identity(file) != identity) return;
  const auto place = file.parent_path() / folder;
  auto target = place / file.filename();
  for (int i = 2; !rename_to_new(file, target); ++i) {
    if (errno != EEXIST)
      return log_warning("{}: cannot be moved to {}/: {}", file.string(), folder,
                         std::strerror(errno));
    target = place / fmt::format("{}-{}{}", file.stem().string(), i, file.extension().string());
  }
}

class FolderSource final : public Source {
 public:
  explicit FolderSource(const FolderSourceConfig& config)
      : config_(config),
        interval_(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::duration<double>(config.interval))) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    due_ = std::chrono::steady_clock::now();
    return config_.watch ? watch(stop, deliver, report) : once(stop, deliver, report);
  }

  bool is_endless() const override { return config_.watch || config_.loop; }
  bool is_consuming() const override { return config_.consume; }

 private:
  Result<std::vector<std::filesystem::path>> pictures() const {
    auto files = TRY(list_files(config_.path));
    std::erase_if(files, [](const auto& file) { return !is_picture_name(file); });
    return files;
  }

  Result<SourceEnd> once(std::stop_token stop, const FrameSink& deliver, const ErrorSink& report) {
    do {
      bool any = false;
      for (const auto& file : TRY(pictures())) {
        any = give(file, stop, deliver, report) || any;
        if (stop.stop_requested()) return SourceEnd::stopped;
      }
      if (config_.loop && !any)
        return fail(Code::missing, "{}: has no readable JPEG or PNG", config_.path);
    } while (config_.loop);
    return SourceEnd::ended;
  }

  // Watching begins before the folder is listed, so that no picture falls between; one that shows
  // up in both, or was given before a failure, is given once.
  Result<SourceEnd> watch(std::stop_token stop, const FrameSink& deliver, const ErrorSink& report) {
    auto watch = TRY(FolderWatch::open(config_.path));
    for (const auto& file : TRY(pictures())) {
      give_new(file, stop, deliver, report);
      if (stop.stop_requested()) return SourceEnd::stopped;
    }
    while (const auto name = TRY(watch.next(stop))) {
      const auto file = std::filesystem::path(config_.path) / *name;
      if (is_picture_name(file)) give_new(file, stop, deliver, report);
    }
    return SourceEnd::stopped;
  }

  void give_new(const std::filesystem::path& file, std::stop_token stop, const FrameSink& deliver,
                const ErrorSink& report) {
    const auto identity = find_identity(file);
    if (!identity) return;
    const auto before = given_.find(file);
    if (before != given_.end() && before->second == identity) return;
    if (!give(file, stop, deliver, report)) return;
    given_[file] = *identity;
    if (given_.size() >= forget_at_) forget_deleted();
  }

  // Keeps what is remembered in proportion to what is in the folder.
  void forget_deleted() {
    std::erase_if(given_, [](const auto& entry) { return !find_identity(entry.first); });
    forget_at_ = std::max<size_t>(1024, 2 * given_.size());
  }

  // True when the picture was delivered. A broken one uses up its number.
  bool give(const std::filesystem::path& file, std::stop_token stop, const FrameSink& deliver,
            const ErrorSink& report) {
    if (!wait_until(due_, stop)) return false;
    const auto identity = find_identity(file);
    auto frame = read_picture(file);
    const auto number = next_++;
    if (!frame) {
      report(frame.error());
      const auto code = frame.error().code;
      if (config_.consume && (code == Code::invalid || code == Code::unsupported))
        move_to(file, identity, "bad");
      return false;
    }
    if (config_.consume && identity) sign(*frame, file, *identity);
    due_ = std::max(due_ + interval_, std::chrono::steady_clock::now());
    frame->source = config_.name;
    frame->sequence = number;
    deliver(std::move(*frame));
    return true;
  }

  // Until the picture is moved it may come again, under the same origin.
  void sign(Frame& frame, const std::filesystem::path& file, const FileIdentity& identity) const {
    frame.origin = fmt::format("{}/{}/{}", config_.name, file.string(), print(identity));
    frame.receipt = std::make_shared<Receipt>([file, identity](Fate fate) {
      if (fate != Fate::open) move_to(file, identity, fate == Fate::done ? "done" : "bad");
    });
  }

  FolderSourceConfig config_;
  std::chrono::steady_clock::duration interval_;
  std::chrono::steady_clock::time_point due_;            // of the next picture
  int64_t next_ = 0;                                     // number of the next picture
  std::map<std::filesystem::path, FileIdentity> given_;  // while watching
  size_t forget_at_ = 1024;                              // pictures in `given_`
};

Result<std::unique_ptr<Source>> open_folder_source(const FolderSourceConfig& config) {
  if (config.watch && config.loop)
    return fail(Code::invalid, "watch and loop exclude each other, choose one");
  if (config.consume && config.loop)
    return fail(Code::invalid, "consume and loop exclude each other, choose one");
  TRY(list_files(config.path));
  for (const auto* folder : {"done", "bad"})
    if (config.consume) TRY(make_folder(std::filesystem::path(config.path) / folder));
  return std::make_unique<FolderSource>(config);
}

}  // namespace

const Kind<Source> folder_source =
    kind_of<Source, FolderSourceConfig, folder_fields, open_folder_source>("folder",
                                                                           "pictures of a folder");

}  // namespace turnstone
