// turnstone-station: what runs on a device, without compiler and trainer.
#include "cli/command_line.h"
#include "cli/station_commands.h"

int main(int argc, char** argv) {
  static constexpr turnstone::Command commands[] = {
      {"run", turnstone::run_command},
      {"predict", turnstone::predict_command},
      {"bench", turnstone::bench_command},
  };
  return turnstone::run_command_of("turnstone-station", commands, argc, argv);
}
