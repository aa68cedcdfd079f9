// For tests: compiles instantiated templates for machines, and loads them.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>
#if !defined(__x86_64__)
#include <sys/auxv.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernels.h"

namespace turnstone {

// One way to compile the templates, and whether this computer can run the result.
struct Machine {
  std::string_view name;
  int lanes;
  std::string_view flags;
  KernelFeature feature;  // the rows it is for
  bool runs;
  std::string_view library =
      {};  // linked with what runs here: arithmetic that a package has itself
};

// Whether this process may multiply tiles of bf16: the kernel gives them when it is asked.
inline bool has_amx_bf16() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long request_permission = 0x1023, tile_data = 18;
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

inline std::vector<Machine> machines() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool dot = false, i8mm = false;
  const bool x86 = true, aarch64 = false, armv7 = false;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  const bool avx_vnni = avx2 && __builtin_cpu_supports("avxvnni");
#else
  const bool x86 = false, avx2 = false, avx512 = false, vnni = false, avx_vnni = false;
  const bool aarch64 = sizeof(void*) == 8, armv7 = !aarch64;
  const bool dot = aarch64 && (getauxval(AT_HWCAP) & 1ul << 20);
  const bool i8mm = aarch64 && (getauxval(AT_HWCAP2) & 1ul << 13);
#endif
  return {
      {"x86_64", 4, "--target=x86_64-linux-gnu -march=x86-64-v2", KernelFeature::baseline, x86},
      {"x86_64_v3", 8, "--target=x86_64-linux-gnu -march=x86-64-v3", KernelFeature::avx2, avx2},
      {"x86_64_v3_vnni", 8, "--target=x86_64-linux-gnu -march=x86-64-v3 -mavxvnni",
       KernelFeature::avx_vnni, avx_vnni},
      // The same kernels by the plain products that say what their instructions mean.
      {"x86_64_v3_plain", 8, "--target=x86_64-linux-gnu -march=x86-64-v3", KernelFeature::avx_vnni,
       avx2},
      {"x86_64_v4", 16, "--target=x86_64-linux-gnu -march=x86-64-v4 -mprefer-vector-width=512",
       KernelFeature::avx512, avx512},
      {"x86_64_v4_vnni", 16,
       "--target=x86_64-linux-gnu -march=x86-64-v4 -mavx512vnni -mprefer-vector-width=512",
       KernelFeature::avx512_vnni, vnni},
      {"aarch64", 4, "--target=aarch64-linux-gnu", KernelFeature::baseline, aarch64},
      {"aarch64_dot", 4, "--target=aarch64-linux-gnu -march=armv8.2-a+dotprod",
       KernelFeature::neon_dot, dot},
      {"aarch64_i8mm", 4, "--target=aarch64-linux-gnu -march=armv8.2-a+dotprod+i8mm",
       KernelFeature::neon_i8mm, i8mm},
      {"armv7", 4, "--target=armv7-linux-gnueabihf -mcpu=cortex-a15", KernelFeature::baseline,
       armv7, "$(arm-linux-gnueabihf-gcc -print-libgcc-file-name)"},
  };
}

// The start of every generated file: lanes and the templates `names`, in that order.
inline std::string paste(const Machine& machine, std::initializer_list<std::string_view> names) {
  auto text = "#define LANES " + std::to_string(machine.lanes) + "\n";
  for (auto name : names) text += kernel_text(name);
  return text;
}

// Generated C, compiled as the compiler does it; loaded when the machine is this one.
class Compiled {
 public:
  // Fails the test with clang's words when `text` does not compile.
  Compiled(const Machine& machine, std::string_view text) {
    std::string folder = testing::TempDir() + "kernels-XXXXXX";
    if (!mkdtemp(folder.data())) {
      ADD_FAILURE() << "no folder below " << testing::TempDir();
      return;
    }
    std::ofstream(folder + "/kernels.c") << text;
    const auto command =
        "cd " + folder + " && clang-19 " + std::string(machine.flags) +
        " -std=gnu11 -ffreestanding -nostdlib -O2 -ffp-contract=fast -Wall -Wextra -Werror -fPIC " +
        (machine.runs ? "-shared -fuse-ld=lld -Wl,--no-undefined " : "-c ") +
        "kernels.c -o kernels.so " + std::string(machine.runs ? machine.library : "") + " 2> log";
    if (std::system(command.c_str()) != 0) {
      ADD_FAILURE() << std::ifstream(folder + "/log").rdbuf();
    } else if (machine.runs) {
      handle_ = dlopen((folder + "/kernels.so").c_str(), RTLD_NOW);
      if (!handle_) ADD_FAILURE() << dlerror();
    }
    std::filesystem::remove_all(folder);
  }
  ~Compiled() {
    if (handle_) dlclose(handle_);
  }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  // The function, or null (and a failed test) when the library has none of that name.
  template <class Function>
  Function* find(const std::string& name) const {
    auto symbol = handle_ ? dlsym(handle_, name.c_str()) : nullptr;
    EXPECT_TRUE(symbol) << name;
    return reinterpret_cast<Function*>(symbol);
  }
  bool is_loaded() const { return handle_ != nullptr; }

 private:
  void* handle_ = nullptr;
};

inline void PrintTo(const Machine& machine, std::ostream* out) { *out << machine.name; }

// GoogleTest parameters named after machines.
inline std::string machine_name(const testing::TestParamInfo<Machine>& info) {
  return std::string(info.param.name);
}

}  // namespace turnstone
