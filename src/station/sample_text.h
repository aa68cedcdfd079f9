// Numbers of sensors in texts: lines of CSV files and payloads of messages.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace turnstone {

// The cells of one line of CSV (RFC 4180, but for cells of several lines), without blanks around
// them. Errors: invalid (a quote that does not end, or ends within a cell, more than 4096 cells).
Result<std::vector<std::string>> parse_csv_line(std::string_view line, char separator);

// A number as C writes it. Errors: invalid for everything else, infinite ones too.
Result<float> parse_sample(std::string_view text);

// What a message of a sensor says. With `values`, the numbers of a JSON object at these keys, or
// JSON pointers where they begin with `/`; without, all numbers of a JSON list, or of a plain text
// with `,`, `;` or blanks between them. Errors: invalid, with what is wrong.
Result<std::vector<float>> parse_samples(std::string_view payload,
                                         std::span<const std::string> values);

}  // namespace turnstone
