// A file of lines that others read, rename and fill: each line is written whole or not at all.
#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "station/message.h"

namespace turnstone {

// A regular file, a pipe or standard output. One thread at a time.
class LineFile {
 public:
  // "-" is standard output. A new file begins with `header`; a line that a killed process left
  // without its end is ended. With `append` false what the file has goes with the first line that
  // this process writes: one that fails before it takes nothing from who writes there. Lines are
  // JSON objects, or those below the header. Errors: invalid (a file of something else is there),
  // unavailable.
  static Result<LineFile> open(const std::string& path, bool append, std::string header = "");
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&&) = delete;
  ~LineFile();

  // Writes the bodies of `messages`, each of which is a line with its end, and syncs; `sent` is how
  // many are written. Where a file took a part of a line, the part is taken back; what a pipe took
  // cannot be, so the line is finished before another begins. A file that was renamed or removed by
  // whoever keeps logs short is made anew. Errors: unavailable, cancelled (stop), invalid (nobody
  // reads standard output any more).
  Result<> write(std::span<const Message> messages, size_t& sent, const std::stop_token& stop);

 private:
  LineFile(std::string path, std::string header, bool append, int descriptor)
      : path_(std::move(path)),
        header_(std::move(header)),
        append_(append),
        descriptor_(descriptor) {}
  void begin_anew() const;
  Result<> write_rest(const std::stop_token& stop);
  Result<> follow_name();
  Result<> wait_for_room(const std::stop_token& stop) const;
  void take_back();

  std::string path_;
  std::string header_;
  bool append_;  // what the file has stays
  int descriptor_;
  std::string line_;    // the last one that was begun
  size_t written_ = 0;  // bytes of it that are out, 0: none or all
};

}  // namespace turnstone
