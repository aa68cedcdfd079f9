// turnstone-compiler: model files in, packages or quantised models out.
#include "cli/command_line.h"
#include "cli/compiler_commands.h"

int main(int argc, char** argv) {
  static constexpr turnstone::Command commands[] = {
      {"compile", turnstone::compile_command},
      {"inspect", turnstone::inspect_command},
      {"quantize", turnstone::quantize_command},
  };
  return turnstone::run_command_of("turnstone-compiler", commands, argc, argv);
}
