// The lines of a file that others write to, rename and cut short.
#pragma once

#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace turnstone {

// One line of a file, without its end.
struct TailLine {
  std::string text = {};
  int64_t number = 0;        // in its file, from 1
  bool is_too_long = false;  // `text` is empty then
};

// One thread at a time.
class LineTail {
 public:
  static constexpr size_t most_bytes = size_t{1} << 16;  // of a line

  // Errors: missing (no such file), invalid (no regular file), unavailable.
  static Result<LineTail> open(const std::string& path);

  // The next line that is complete. Nothing: none is there yet. A file that was cut short is read
  // from its start, one that another has taken the name of to its end and then the other one.
  // Errors: unavailable (cannot be read).
  Result<std::optional<TailLine>> next();

  // What stands behind the last line's end, if anything does.
  std::optional<TailLine> rest();

  // Passes over all that is there.
  Result<> skip_to_end();

 private:
  LineTail(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  std::optional<TailLine> take(size_t length, size_t end_length);
  Result<bool> read_more();
  Result<bool> follow_name();
  Result<bool> was_cut() const;

  std::string path_;
  Descriptor file_;
  std::string waiting_;       // read, without the lines given
  size_t looked_at_ = 0;      // bytes of it without a line end
  int64_t offset_ = 0;        // bytes of the file read
  int64_t number_ = 0;        // of the last line
  bool is_dropping_ = false;  // the rest of a line that is too long
  bool is_replaced_ = false;  // the file has lost its name to another
};

}  // namespace turnstone
