#include "station/spool.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>

#include "base/descriptor.h"
#include "base/files.h"
#include "base/log.h"
#include "base/uuid.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

constexpr int application_id = 0x54535053;  // "TSPS", in the head of the file
constexpr int format_version = 1;
// What was made before, in 2025, was made on a board whose clock was not set: nobody knows its age.
constexpr int64_t clock_is_set_ms = int64_t{1'735'689'600} * 1000;
constexpr size_t most_in_row = size_t{64} << 10;  // larger bodies are files
constexpr int kept_as_file = 2;                   // in the column `in_file`; 1 is a large body
constexpr off_t reserve_bytes = off_t{1} << 20;
// With less than this free the database does not grow, so that there is room for its log.
constexpr int64_t low_water_bytes = int64_t{2} << 20;

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS parcel (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  stream TEXT NOT NULL, worth INTEGER NOT NULL, made INTEGER NOT NULL, bytes INTEGER NOT NULL,
  id TEXT NOT NULL, address TEXT NOT NULL, body BLOB, in_file INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS parcel_of_stream ON parcel (stream, number);
CREATE UNIQUE INDEX IF NOT EXISTS parcel_of_id ON parcel (stream, id);
CREATE INDEX IF NOT EXISTS parcel_of_worth ON parcel (worth, number);
CREATE TABLE IF NOT EXISTS dropped (stream TEXT PRIMARY KEY, count INTEGER NOT NULL);
)";

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

int64_t size_of(const Message& message) {
  std::error_code ignored;
  const auto file = message.file.empty() ? 0 : fs::file_size(message.file, ignored);
  return static_cast<int64_t>(message.body.size() + message.address.size() + (ignored ? 0 : file));
}

// Why a step of the database failed.
struct Failure {
  bool full = false;  // the disk is
  bool file = false;  // for a body of its own, which rows that go make no room for
  std::string text = {};
};

// What a step changes in the counts, which take it over once the step is on disk.
struct Change {
  struct Counts {
    int64_t waiting = 0, bytes = 0, dropped = 0;
  };
  std::map<std::string, Counts> streams = {};
  std::array<int64_t, 3> bytes = {};
  std::vector<std::string> dead_files = {};
};

struct Stream {
  int64_t most = std::numeric_limits<int64_t>::max();
  Change::Counts counts = {};
  std::vector<int64_t> leased = {};  // numbers that `oldest` gave
  bool leases_files = false;         // bodies of some of them are files
};

// When a step is safe from a loss of power: at once, or with the next step that is so at once.
enum class Synced { now, later };

// A message in the table.
struct Row {
  int64_t number;
  std::string stream;
  int worth;
  int64_t bytes;
  std::string file;
  bool stays_file;  // came as a file and is given as one
};

// Takes the names of parcels' files away that they have until they are kept.
class StagedFiles {
 public:
  explicit StagedFiles(const std::vector<Parcel>& parcels) {
    for (const auto& parcel : parcels)
      if (!parcel.message.file.empty()) paths_.push_back(parcel.message.file);
  }
  ~StagedFiles() {
    for (const auto& path : paths_) ::unlink(path.c_str());
  }
  StagedFiles(const StagedFiles&) = delete;
  StagedFiles& operator=(const StagedFiles&) = delete;

 private:
  std::vector<fs::path> paths_;
};

class DiskSpool final : public Spool {
 public:
  DiskSpool(fs::path folder, const SpoolLimits& limits)
      : folder_(std::move(folder)), limits_(limits) {}

  Result<> open();
  void limit(const std::string& stream, int64_t most) override;
  std::vector<Result<>> put_all(std::vector<std::vector<Parcel>> groups) override;
  Result<std::vector<Message>> oldest(const std::string& stream, size_t most) override;
  Result<> remove(const std::string& stream, size_t arrived) override;
  SpoolCounters counters(const std::string& stream) const override;
  std::vector<std::string> streams() const override;
  bool is_durable() const override { return !folder_.empty(); }

 private:
  // A group of parcels until it is on disk.
  struct Job {
    std::vector<Parcel> parcels;
    Result<> result = {};
    bool done = false;
  };

  fs::path database_path() const { return folder_ / "spool.db"; }
  fs::path file_path(const std::string& name) const { return folder_ / "bodies" / name; }
  fs::path reserve_path() const { return folder_ / "reserve"; }

  // Calls step(change) in a transaction; all of it is done or, when it fails, nothing.
  template <class Step>
  std::optional<Failure> transact(Step step, Synced synced = Synced::now);
  void set_synced(Synced synced);
  Result<> stage(std::vector<Parcel>& parcels) const;
  void write(std::span<Job* const> jobs);
  std::optional<Failure> store(const std::vector<Job*>& jobs);
  void store_somehow(const std::vector<Job*>& jobs);
  bool read_body(const Row& row, Message& message) const;
  std::optional<Failure> drop_lost(const std::string& stream, const std::vector<Row>& lost);
  std::optional<Failure> insert(const Parcel& parcel, Change& change,
                                std::vector<std::string>& files);
  void enforce_limits(Change& change);
  template <class... Values>
  bool drop_one(Change& change, std::string_view where, const Values&... values);
  void forget(const Row& row, Change& change, bool dropped);
  void count_dropped(const std::string& stream, int64_t count);
  void drop_beyond_limit(const std::string& stream);
  void watch_disk();
  bool make_room(const std::vector<Job*>& jobs, bool in_files);
  std::optional<Failure> remove_rows(std::span<const int64_t> numbers, Synced synced);
  void drop_all(const std::vector<Job*>& jobs);
  bool is_leased(const Row& row) const;
  void apply(const Change& change);
  Result<> check_folder() const;
  Result<> prepare_tables();
  void load();
  void sweep();
  void make_reserve();
  bool release_reserve();
  std::unexpected<Error> error_of(const Failure& failure) const;

  fs::path folder_;
  SpoolLimits limits_;

  mutable std::mutex mutex_;  // of all below
  std::optional<SQLite::Database> database_;
  Synced synced_ = Synced::now;  // of the next step
  std::map<std::string, Stream> streams_;
  std::array<int64_t, 3> bytes_ = {};
  bool has_reserve_ = false;
  bool tight_ = false;  // little of the disk is free

  std::mutex jobs_mutex_;  // of all below; never taken while `mutex_` is held
  std::condition_variable written_;
  std::vector<Job*> jobs_;
  bool writing_ = false;
};

// A quota that is used up reaches SQLite as an error of the disk.
std::optional<Failure> failure_of(const SQLite::Exception& error, SQLite::Database& database) {
  const bool quota = error.getErrorCode() == SQLITE_IOERR &&
                     ::sqlite3_system_errno(database.getHandle()) == EDQUOT;
  return Failure{.full = error.getErrorCode() == SQLITE_FULL || quota, .text = error.what()};
}

std::optional<Failure> failure_of(int number, const fs::path& path) {
  return Failure{.full = number == ENOSPC || number == EDQUOT,
                 .file = true,
                 .text = fmt::format("{}: {}", path.string(), std::strerror(number))};
}

// Writes and syncs; 0, or the number of the error.
int write_body(const fs::path& path, const std::string& body) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.is_open()) return errno;
  if (const int failed = write_whole(file.number(), std::as_bytes(std::span(body)))) return failed;
  return ::fsync(file.number()) == 0 ? 0 : errno;
}

int64_t free_bytes(const fs::path& path) {
  std::error_code error;
  const auto space = fs::space(path, error);
  return error ? 0 : static_cast<int64_t>(space.available);
}

// Gives the file another name, or copies and syncs it where that cannot be; 0, or the number of the
// error.
int link_file(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return 0;
  if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP) return errno;
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  return error ? error.value() : sync_path(to);
}

std::string name_of_body(int64_t number) { return fmt::format("{}.body", number); }

// Trusts nothing of what a damaged table may say: a name would be one of any file.
Row row_of(SQLite::Statement& rows) {
  const auto number = rows.getColumn(0).getInt64();
  const bool has_file = rows.getColumn(4).getInt() != 0;
  return {number,
          rows.getColumn(1).getString(),
          std::clamp(rows.getColumn(2).getInt(), 0, 2),
          rows.getColumn(3).getInt64(),
          has_file ? name_of_body(number) : "",
          rows.getColumn(4).getInt() == kept_as_file};
}

constexpr std::string_view row_columns = "number, stream, worth, bytes, in_file";

void DiskSpool::set_synced(Synced synced) {
  if (synced_ == synced) return;
  database_->exec(synced == Synced::now ? "PRAGMA synchronous = FULL"
                                        : "PRAGMA synchronous = NORMAL");
  synced_ = synced;
}

template <class Step>
std::optional<Failure> DiskSpool::transact(Step step, Synced synced) {
  Change change;
  try {
    set_synced(synced);
    SQLite::Transaction transaction(*database_);
    if (auto failure = step(change)) return failure;
    transaction.commit();
  } catch (const SQLite::Exception& error) {
    return failure_of(error, *database_);
  }
  apply(change);
  return {};
}

void DiskSpool::apply(const Change& change) {
  for (const auto& [name, counts] : change.streams) {
    auto& stream = streams_[name].counts;
    stream.waiting += counts.waiting;
    stream.bytes += counts.bytes;
    stream.dropped += counts.dropped;
  }
  for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] += change.bytes[i];
  for (const auto& name : change.dead_files) ::unlink(file_path(name).c_str());
}

bool DiskSpool::is_leased(const Row& row) const {
  const auto stream = streams_.find(row.stream);
  return stream != streams_.end() && std::ranges::count(stream->second.leased, row.number) > 0;
}

void DiskSpool::forget(const Row& row, Change& change, bool dropped) {
  SQLite::Statement remove(*database_, "DELETE FROM parcel WHERE number = ?");
  SQLite::bind(remove, row.number);
  remove.exec();
  auto& counts = change.streams[row.stream];
  --counts.waiting;
  counts.bytes -= row.bytes;
  change.bytes[static_cast<size_t>(row.worth)] -= row.bytes;
  if (!row.file.empty()) change.dead_files.push_back(row.file);
  if (!dropped) return;
  ++counts.dropped;
  count_dropped(row.stream, 1);
}

void DiskSpool::count_dropped(const std::string& stream, int64_t count) {
  SQLite::Statement add(*database_,
                        "INSERT INTO dropped VALUES (?1, ?2) ON CONFLICT (stream) DO UPDATE SET "
                        "count = count + ?2");
  SQLite::bind(add, stream, count);
  add.exec();
}

// Drops the oldest message that fits and is not being delivered; false when there is none.
template <class... Values>
bool DiskSpool::drop_one(Change& change, std::string_view where, const Values&... values) {
  std::optional<Row> found;
  {
    SQLite::Statement rows(*database_, fmt::format("SELECT {} FROM parcel WHERE {} ORDER BY number",
                                                   row_columns, where));
    SQLite::bind(rows, values...);
    while (!found && rows.executeStep())
      if (auto row = row_of(rows); !is_leased(row)) found = std::move(row);
  }
  if (found) forget(*found, change, true);
  return found.has_value();
}

std::optional<Failure> DiskSpool::insert(const Parcel& parcel, Change& change,
                                         std::vector<std::string>& files) {
  const auto& message = parcel.message;
  const auto bytes = size_of(message);
  // The database reuses what it has of a disk that is nearly full, for which files are no help.
  const bool in_row =
      message.file.empty() && (folder_.empty() || tight_ || message.body.size() <= most_in_row);
  SQLite::Statement add(
      *database_,
      "INSERT OR IGNORE INTO parcel (stream, worth, made, bytes, id, address, body) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(add, parcel.stream, static_cast<int>(message.worth), now_ms(), bytes, message.id,
               message.address);
  if (in_row) add.bindNoCopy(7, message.body.data(), static_cast<int>(message.body.size()));
  if (add.exec() == 0) return {};  // it waits already
  auto& counts = change.streams[parcel.stream];
  ++counts.waiting;
  counts.bytes += bytes;
  change.bytes[static_cast<size_t>(message.worth)] += bytes;
  if (in_row) return {};
  const auto number = database_->getLastInsertRowid();
  const auto& name = files.emplace_back(name_of_body(number));
  const bool is_file = !message.file.empty();
  if (const int failed = is_file ? link_file(message.file, file_path(name))
                                 : write_body(file_path(name), message.body))
    return failure_of(failed, file_path(name));
  SQLite::Statement update(*database_, "UPDATE parcel SET in_file = ? WHERE number = ?");
  SQLite::bind(update, is_file ? kept_as_file : 1, static_cast<int64_t>(number));
  update.exec();
  return {};
}

void DiskSpool::enforce_limits(Change& change) {
  for (const auto& [name, counts] : change.streams) {
    // What is being delivered stays, and is no reason to drop what came after it.
    const auto& stream = streams_[name];
    const auto leased = static_cast<int64_t>(stream.leased.size());
    while (stream.counts.waiting + counts.waiting - leased > stream.most &&
           drop_one(change, "stream = ?", name)) {
    }
  }
  for (int worth = 0; worth < 3; ++worth) {
    const auto i = static_cast<size_t>(worth);
    const auto born = now_ms() - std::chrono::milliseconds(limits_.most_age[i]).count();
    while (bytes_[i] + change.bytes[i] > limits_.most_bytes[i] &&
           drop_one(change, "worth = ?", worth)) {
    }
    while (drop_one(change,
                    "number = (SELECT min(number) FROM parcel WHERE worth = ? AND made > ?) AND "
                    "made < ?",
                    worth, clock_is_set_ms, born)) {
    }
  }
}

// A log that cannot be written back because the database cannot grow would stop deletes as well.
void DiskSpool::watch_disk() {
  if (!is_durable()) return;
  const bool tight = free_bytes(folder_) < low_water_bytes;
  if (tight == std::exchange(tight_, tight)) return;
  constexpr int64_t most_pages = 0xfffffffe;  // SQLite's own; 1 means as many as there are
  database_->exec(fmt::format("PRAGMA max_page_count = {}", tight ? 1 : most_pages));
  if (tight) log_warning("spool {}: little of the disk is free", folder_.string());
}

std::optional<Failure> DiskSpool::store(const std::vector<Job*>& jobs) {
  std::vector<std::string> files;
  auto failure = transact([&](Change& change) -> std::optional<Failure> {
    watch_disk();
    for (const auto* job : jobs)
      for (const auto& parcel : job->parcels)
        if (auto failed = insert(parcel, change, files)) return failed;
    if (!files.empty())
      if (const int failed = sync_path(folder_ / "bodies"))
        return failure_of(failed, folder_ / "bodies");
    enforce_limits(change);
    return {};
  });
  if (failure)
    for (const auto& name : files) ::unlink(file_path(name).c_str());
  return failure;
}

// Drops what is worth no more than the best of what is to be stored; false when there is nothing.
bool DiskSpool::make_room(const std::vector<Job*>& jobs, bool in_files) {
  const auto* where = in_files ? "worth = ? AND in_file" : "worth = ?";
  int64_t bytes = 0;
  int best = static_cast<int>(Worth::video);
  for (const auto* job : jobs)
    for (const auto& parcel : job->parcels) {
      bytes += size_of(parcel.message);
      best = std::min(best, static_cast<int>(parcel.message.worth));
    }
  bool dropped = false;
  const auto step = [&](Change& change) -> std::optional<Failure> {
    const auto freed = [&] { return -(change.bytes[0] + change.bytes[1] + change.bytes[2]); };
    dropped = false;
    for (int worth = 2; worth >= best; --worth)
      while (freed() < bytes && drop_one(change, where, worth)) dropped = true;
    return {};
  };
  auto failure = transact(step);
  // Deletes need some of the disk: what the reserve holds.
  if (failure && failure->full && release_reserve()) failure = transact(step);
  return dropped && !failure;
}

void DiskSpool::store_somehow(const std::vector<Job*>& jobs) {
  while (const auto failure = store(jobs)) {
    if (!failure->full) {
      for (auto* job : jobs) job->result = error_of(*failure);
      break;
    }
    if (jobs.size() > 1) {
      for (auto* job : jobs) store_somehow({job});
      break;
    }
    if (make_room(jobs, failure->file)) continue;
    drop_all(jobs);
    break;
  }
  if (is_durable() && !has_reserve_ && free_bytes(folder_) > 2 * low_water_bytes) make_reserve();
}

// The counts outlive the process where there is room for them at least.
void DiskSpool::drop_all(const std::vector<Job*>& jobs) {
  Change change;
  for (const auto* job : jobs)
    for (const auto& parcel : job->parcels) ++change.streams[parcel.stream].dropped;
  const auto failure = transact([&](Change&) -> std::optional<Failure> {
    for (const auto& [stream, counts] : change.streams) count_dropped(stream, counts.dropped);
    return {};
  });
  if (failure) log_warning("spool: dropped messages are counted in memory: {}", failure->text);
  apply(change);
}

// Large files may have to be copied: here nobody waits for it. From here to the body's own name is
// one more link.
Result<> DiskSpool::stage(std::vector<Parcel>& parcels) const {
  for (auto& [stream, message] : parcels) {
    if (message.file.empty()) continue;
    if (!is_durable())
      return fail(Code::unsupported, "spool: is in memory and keeps no {}", message.file.string());
    const auto staged = folder_ / "bodies" / ("staged-" + draw_uuid());
    if (const int failed = link_file(message.file, staged)) {
      ::unlink(staged.c_str());
      return error_of(*failure_of(failed, message.file));
    }
    message.file = staged;
  }
  return {};
}

std::vector<Result<>> DiskSpool::put_all(std::vector<std::vector<Parcel>> groups) {
  std::vector<Job> jobs(groups.size());
  std::vector<Job*> written;
  std::vector<std::unique_ptr<StagedFiles>> staged;
  for (size_t i = 0; i < jobs.size(); ++i) {
    auto& job = jobs[i];
    job.parcels = std::move(groups[i]);
    for (const auto& parcel : job.parcels) CHECK(!parcel.message.id.empty());
    if (job.parcels.empty()) continue;
    job.result = stage(job.parcels);
    if (!job.result) continue;
    staged.push_back(std::make_unique<StagedFiles>(job.parcels));
    written.push_back(&job);
  }
  if (!written.empty()) write(written);
  std::vector<Result<>> results;
  for (auto& job : jobs) results.push_back(std::move(job.result));
  return results;
}

// The first that comes writes for all that wait meanwhile: one sync for many.
void DiskSpool::write(std::span<Job* const> own) {
  std::unique_lock lock(jobs_mutex_);
  jobs_.insert(jobs_.end(), own.begin(), own.end());
  while (writing_ && !own.back()->done) written_.wait(lock);
  if (own.back()->done) return;
  writing_ = true;
  const auto jobs = std::exchange(jobs_, {});
  lock.unlock();
  {
    const std::lock_guard guard(mutex_);
    store_somehow(jobs);
  }
  lock.lock();
  for (auto* each : jobs) each->done = true;
  writing_ = false;
  written_.notify_all();
}

// False: the file is gone.
bool DiskSpool::read_body(const Row& row, Message& message) const {
  const auto path = file_path(row.file);
  std::error_code ignored;
  if (row.stays_file) {
    message.file = path;
    return fs::exists(path, ignored);
  }
  auto body = read_text(path);
  if (!body) return false;
  message.body = *std::move(body);
  return true;
}

std::optional<Failure> DiskSpool::drop_lost(const std::string& stream,
                                            const std::vector<Row>& lost) {
  const std::lock_guard lock(mutex_);
  auto& leased = streams_[stream].leased;
  for (const auto& row : lost) {
    log_warning("spool: {} cannot be read, its message is dropped", file_path(row.file).string());
    auto failure = transact([&](Change& change) -> std::optional<Failure> {
      forget(row, change, true);
      return {};
    });
    if (failure) return failure;
    std::erase(leased, row.number);
  }
  return {};
}

// Bodies that are files are read without the lock, under which nobody else could put: what is
// leased stays.
Result<std::vector<Message>> DiskSpool::oldest(const std::string& stream, size_t most) {
  std::vector<std::pair<Row, Message>> found;
  {
    const std::lock_guard lock(mutex_);
    std::vector<int64_t> numbers;
    try {
      SQLite::Statement rows(*database_,
                             fmt::format("SELECT {}, id, address, body FROM parcel WHERE "
                                         "stream = ? ORDER BY number LIMIT ?",
                                         row_columns));
      SQLite::bind(rows, stream, static_cast<int64_t>(most));
      while (rows.executeStep()) {
        const auto row = row_of(rows);
        numbers.push_back(row.number);
        found.emplace_back(row, Message{.id = rows.getColumn(5).getString(),
                                        .address = rows.getColumn(6).getString(),
                                        .body = rows.getColumn(7).getString(),
                                        .worth = static_cast<Worth>(row.worth)});
      }
    } catch (const SQLite::Exception& error) {
      return error_of(*failure_of(error, *database_));
    }
    auto& leasing = streams_[stream];
    leasing.leased = std::move(numbers);
    leasing.leases_files =
        std::ranges::any_of(found, [](const auto& each) { return !each.first.file.empty(); });
  }
  std::vector<Message> messages;
  std::vector<Row> lost;
  for (auto& [row, message] : found)
    if (row.file.empty() || read_body(row, message))
      messages.push_back(std::move(message));
    else
      lost.push_back(row);
  if (!lost.empty())
    if (const auto failure = drop_lost(stream, lost)) return error_of(*failure);
  return messages;
}

std::optional<Failure> DiskSpool::remove_rows(std::span<const int64_t> numbers, Synced synced) {
  return transact(
      [&](Change& change) -> std::optional<Failure> {
        for (const auto number : numbers) {
          SQLite::Statement rows(
              *database_, fmt::format("SELECT {} FROM parcel WHERE number = ?", row_columns));
          SQLite::bind(rows, number);
          if (!rows.executeStep()) continue;
          const auto row = row_of(rows);
          rows.reset();
          forget(row, change, false);
        }
        return {};
      },
      synced);
}

Result<> DiskSpool::remove(const std::string& stream, size_t arrived) {
  const std::lock_guard lock(mutex_);
  auto& leasing = streams_[stream];
  auto& leased = leasing.leased;
  // Rows that power brings back are delivered again, as those of a process that was killed; but
  // without its file a row would be counted as dropped.
  const auto synced = leasing.leases_files ? Synced::now : Synced::later;
  const auto numbers = std::span(leased).first(std::min(arrived, leased.size()));
  auto failure = numbers.empty() ? std::nullopt : remove_rows(numbers, synced);
  if (failure && failure->full) {
    // One at a time needs less of the disk.
    release_reserve();
    failure.reset();
    for (size_t i = 0; i < numbers.size() && !failure; ++i)
      failure = remove_rows(numbers.subspan(i, 1), synced);
  }
  if (failure) return error_of(*failure);
  leased.clear();
  if (leasing.counts.waiting > leasing.most) drop_beyond_limit(stream);
  return {};
}

// What could not be delivered waits again, and may be too much. Should that fail, the next put does
// it.
void DiskSpool::drop_beyond_limit(const std::string& stream) {
  transact(
      [&](Change& change) -> std::optional<Failure> {
        change.streams[stream] = {};
        enforce_limits(change);
        return {};
      },
      Synced::later);
}

std::vector<std::string> DiskSpool::streams() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_)
    if (stream.counts.waiting > 0) names.push_back(name);
  return names;
}

void DiskSpool::limit(const std::string& stream, int64_t most) {
  const std::lock_guard lock(mutex_);
  streams_[stream].most = most;
}

SpoolCounters DiskSpool::counters(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return {};
  const auto& counts = found->second.counts;
  SpoolCounters counters{counts.waiting, counts.bytes, counts.dropped, {}};
  if (counts.waiting == 0) return counters;
  try {
    SQLite::Statement oldest(*database_,
                             "SELECT made FROM parcel WHERE stream = ? ORDER BY number LIMIT 1");
    SQLite::bind(oldest, stream);
    if (oldest.executeStep())
      counters.age = std::chrono::milliseconds(
          std::max<int64_t>(0, now_ms() - oldest.getColumn(0).getInt64()));
  } catch (const SQLite::Exception&) {
    return counters;  // which are true all the same
  }
  return counters;
}

std::unexpected<Error> DiskSpool::error_of(const Failure& failure) const {
  return fail(Code::unavailable, "spool {}: {}", folder_.string(), failure.text);
}

void DiskSpool::make_reserve() {
  const int file = ::open(reserve_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  has_reserve_ = ::posix_fallocate(file, 0, reserve_bytes) == 0;
  ::close(file);
  if (!has_reserve_) ::unlink(reserve_path().c_str());
}

bool DiskSpool::release_reserve() {
  if (!has_reserve_) return false;
  has_reserve_ = false;
  return ::unlink(reserve_path().c_str()) == 0;
}

// Bodies whose row was never committed, or was deleted just before the process ended.
void DiskSpool::sweep() {
  std::set<std::string> alive;
  SQLite::Statement rows(*database_, "SELECT number FROM parcel WHERE in_file");
  while (rows.executeStep()) alive.insert(name_of_body(rows.getColumn(0).getInt64()));
  const auto files = list_files(folder_ / "bodies");
  if (!files) return;
  std::error_code ignored;
  for (const auto& path : *files)
    if (!alive.contains(path.filename().string())) fs::remove(path, ignored);
}

void DiskSpool::load() {
  SQLite::Statement streams(*database_,
                            "SELECT stream, count(*), sum(bytes) FROM parcel GROUP BY stream");
  while (streams.executeStep()) {
    auto& counts = streams_[streams.getColumn(0).getString()].counts;
    counts.waiting = streams.getColumn(1).getInt64();
    counts.bytes = streams.getColumn(2).getInt64();
  }
  SQLite::Statement dropped(*database_, "SELECT stream, count FROM dropped");
  while (dropped.executeStep())
    streams_[dropped.getColumn(0).getString()].counts.dropped = dropped.getColumn(1).getInt64();
  SQLite::Statement worths(*database_, "SELECT worth, sum(bytes) FROM parcel GROUP BY worth");
  while (worths.executeStep())
    bytes_[static_cast<size_t>(std::clamp(worths.getColumn(0).getInt(), 0, 2))] +=
        worths.getColumn(1).getInt64();
}

Result<> DiskSpool::prepare_tables() {
  database_->exec("PRAGMA locking_mode = EXCLUSIVE");
  const auto id = database_->execAndGet("PRAGMA application_id").getInt();
  const auto version = database_->execAndGet("PRAGMA user_version").getInt();
  const bool is_new = database_->execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
  if (!is_new && (id != application_id || version != format_version))
    return fail(Code::invalid, "{} is no spool of format {}", database_path().string(),
                format_version);
  database_->exec("PRAGMA journal_mode = WAL");
  database_->exec("PRAGMA synchronous = FULL");
  database_->exec("PRAGMA wal_autocheckpoint = 128");
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  database_->exec(tables);
  if (is_new) {
    database_->exec(fmt::format("PRAGMA application_id = {}", application_id));
    database_->exec(fmt::format("PRAGMA user_version = {}", format_version));
  }
  transaction.commit();
  return {};
}

// Bodies that no database knows are swept away: they must have been a spool's.
Result<> DiskSpool::check_folder() const {
  std::error_code ignored;
  const auto bodies = folder_ / "bodies";
  if (!fs::exists(database_path(), ignored) && fs::exists(bodies, ignored) &&
      !fs::is_empty(bodies, ignored))
    return fail(Code::invalid, "{}: holds files of no spool, name another folder", bodies.string());
  return make_folder(bodies);
}

Result<> DiskSpool::open() {
  if (is_durable()) TRY(check_folder());
  try {
    database_.emplace(is_durable() ? database_path().string() : ":memory:",
                      SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    TRY(prepare_tables());
    load();
    if (!is_durable()) return {};
    sweep();
    std::error_code ignored;
    has_reserve_ = fs::exists(reserve_path(), ignored);
    if (!has_reserve_) make_reserve();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_BUSY)
      return fail(Code::unavailable, "{}: another process uses it", folder_.string());
    const bool damaged =
        error.getErrorCode() == SQLITE_NOTADB || error.getErrorCode() == SQLITE_CORRUPT;
    return fail(damaged ? Code::invalid : Code::unavailable, "{}: {}", folder_.string(),
                error.what());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Spool>> open_spool(const fs::path& folder, const SpoolLimits& limits) {
  auto spool = std::make_unique<DiskSpool>(folder, limits);
  TRY(spool->open());
  return spool;
}

}  // namespace turnstone
