// The commands of turnstone-compiler. Each takes its own name as argv[0] and returns an exit code.
#pragma once

namespace turnstone {

int compile_command(int argc, char** argv);
int inspect_command(int argc, char** argv);
int quantize_command(int argc, char** argv);

}  // namespace turnstone
