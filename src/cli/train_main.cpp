// turnstone-train: what learns, with LibTorch; no other program has it.
#include "cli/command_line.h"
#include "cli/train_commands.h"

int main(int argc, char** argv) {
  static constexpr turnstone::Command commands[] = {
      {"train", turnstone::train_command},
  };
  return turnstone::run_command_of("turnstone-train", commands, argc, argv);
}
