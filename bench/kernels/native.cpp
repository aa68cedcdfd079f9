#include "native.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

void count_spills(const std::string& library, std::map<std::string, int>& spills) {
  const auto command = "llvm-objdump-19 -d --no-show-raw-insn " + library;
  FILE* listing = popen(command.c_str(), "r");
  if (!listing) return;
  char line[512];
  std::string function;
  while (std::fgets(line, sizeof line, listing)) {
    const std::string text = line;
    if (text.ends_with(">:\n"))
      function = text.substr(text.find('<') + 1, text.size() - 4 - text.find('<'));
    if (text.find("(%rsp)") != text.npos && text.find("mm") != text.npos) ++spills[function];
  }
  pclose(listing);
}

}  // namespace

Native compile(const std::string& text, int lanes) {
  std::string folder = std::filesystem::temp_directory_path() / "kernels-XXXXXX";
  if (!mkdtemp(folder.data())) {
    std::perror("mkdtemp");
    std::exit(1);
  }
  std::ofstream(folder + "/kernels.c") << text;
  const auto library = folder + "/kernels.so";
  const auto command = fmt::format(
      "clang-19 -march={} -std=gnu11 -ffreestanding -nostdlib -O2 -ffp-contract=fast -fPIC -shared "
      "-fuse-ld=lld {}/kernels.c -o {}",
      lanes == 16 ? "x86-64-v4 -mavx512vnni -mprefer-vector-width=512" : "x86-64-v3", folder,
      library);
  Native native;
  if (std::system(command.c_str()) == 0) native.handle = dlopen(library.c_str(), RTLD_NOW);
  if (!native.handle) {
    fmt::print(stderr, "bench_kernels: generated code in {} cannot be compiled or loaded\n",
               folder);
    std::exit(1);
  }
  count_spills(library, native.spills);
  std::filesystem::remove_all(folder);
  return native;
}

void* find(const Native& native, const std::string& name) {
  auto symbol = dlsym(native.handle, name.c_str());
  if (symbol) return symbol;
  fmt::print(stderr, "bench_kernels: no function {}\n", name);
  std::exit(1);
}

double fastest(void (*run)(void* const*), void* const* arguments, double budget) {
  using Clock = std::chrono::steady_clock;
  double least = 1e9;
  const auto end = Clock::now() + std::chrono::duration<double>(budget);
  for (int calls = 0; calls < 20 || Clock::now() < end; ++calls) {
    const auto start = Clock::now();
    run(arguments);
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}
