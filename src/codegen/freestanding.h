// The functions that clang calls of itself, since a package has no C library: copying and filling
// memory, and arithmetic that a processor has no instructions for.
#pragma once

#include <string>

#include "codegen/target.h"

namespace turnstone {

// C text of all of them for an architecture, hidden, to be compiled with -fno-builtin; pasted after
// the contract. Defines HIDDEN.
std::string freestanding_text(Arch arch);

}  // namespace turnstone
