// Small functions on text that several folders need.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turnstone {

// Splits at every `separator`; "a,,b" gives three pieces, "" gives one empty piece.
std::vector<std::string> split(std::string_view text, char separator);

// Without blanks, tabs and line ends at both sides.
std::string_view trim(std::string_view text);

// With A to Z made a to z; other bytes stay.
std::string lower(std::string_view text);

// `text` with every control character and non-UTF-8 byte shown as \xNN, cut after `most`
// bytes, which "..." tells: safe to print in a message or a log.
std::string printable(std::string_view text, size_t most = 200);

// The candidate with the smallest edit distance to `text`, or "" when none is near (more than a
// third of its length away). For "did you mean".
std::string nearest(std::string_view text, std::span<const std::string> candidates);

// Joins `parts` with `separator` between them.
std::string join(std::span<const std::string> parts, std::string_view separator);

// Whether a list of names that may be left empty, which means all, admits `name`.
bool admits(std::span<const std::string> names, std::string_view name);

// True when `text` is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace turnstone
