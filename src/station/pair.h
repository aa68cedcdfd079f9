// Entries of lists that say what belongs to a name: "Fail=Defective", "device=line3".
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace turnstone {

// What stands before the first = of `text`, which is not empty, and behind it. Errors: invalid,
// with `form`, such as "LABEL=WORD".
Result<std::pair<std::string, std::string>> parse_pair(const std::string& text, const char* form);

}  // namespace turnstone
