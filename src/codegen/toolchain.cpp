#include "codegen/toolchain.h"

#include <cstdlib>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"

namespace turnstone {
namespace {

Result<std::string> find_tool(const char* variable, const std::vector<std::string>& names,
                              std::string_view package) {
  if (const char* chosen = std::getenv(variable); chosen && *chosen) return std::string(chosen);
  auto found = find_program(names);
  if (found.empty())
    return fail(Code::unavailable, "{} is not installed; install the package {}, or name it in {}",
                names.front(), package, variable);
  return found;
}

Result<> run_tool(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                  std::string_view what) {
  const auto result = TRY(run_process(arguments, folder));
  if (result.status == 0) return {};
  const auto lines = split(result.output, '\n');
  std::string head;
  for (size_t i = 0; i < lines.size() && i < 8; ++i) head += "\n  " + lines[i];
  return fail(Code::unavailable, "{} failed with status {}:{}", what, result.status, head);
}

std::string_view emulation(const Target& target) {
  switch (target.arch) {
    case Arch::aarch64:
      return "aarch64linux";
    case Arch::armv7:
      return "armelf_linux_eabi";
    case Arch::x86_64:
      return "elf_x86_64";
  }
  __builtin_unreachable();
}

}  // namespace

Result<Toolchain> find_toolchain() {
  Toolchain tools;
  tools.clang = TRY(find_tool("TURNSTONE_CLANG", {"clang-19"}, "clang-19"));
  tools.linker = TRY(find_tool("TURNSTONE_LLD", {"ld.lld-19"}, "lld-19"));
  return tools;
}

Result<> compile_c(const Toolchain& tools, const Target& target,
                   const std::filesystem::path& folder, const std::string& source,
                   const std::string& object, bool freestanding_memory) {
  std::vector<std::string> arguments = {tools.clang,
                                        "--target=" + target.triple,
                                        "-std=gnu11",
                                        "-O2",
                                        "-ffreestanding",
                                        "-fPIC",
                                        "-fvisibility=hidden",
                                        "-fwrapv",
                                        "-fno-strict-aliasing",
                                        "-fno-math-errno",
                                        "-ffp-contract=fast",
                                        "-fno-stack-protector",
                                        "-fno-asynchronous-unwind-tables",
                                        "-Wall",
                                        "-Wextra",
                                        "-Werror",
                                        "-Wa,-I.",
                                        "-c",
                                        source,
                                        "-o",
                                        object};
  const auto options = split(target.cpu, ' ');
  arguments.insert(arguments.begin() + 2, options.begin(), options.end());
  if (target.lanes == 16) arguments.insert(arguments.begin() + 3, "-mprefer-vector-width=512");
  if (freestanding_memory) arguments.insert(arguments.begin() + 3, "-fno-builtin");
  return run_tool(arguments, folder, "clang");
}

Result<> link_module(const Toolchain& tools, const Target& target,
                     const std::filesystem::path& folder, const std::vector<std::string>& objects,
                     const std::string& output) {
  TRY(write_file(folder / "exports.map", "{ global: turnstone_module; local: *; };\n"));
  std::vector<std::string> arguments = {tools.linker,
                                        "-m",
                                        std::string(emulation(target)),
                                        "-shared",
                                        "-s",
                                        "--no-undefined",
                                        "--gc-sections",
                                        "--hash-style=both",
                                        "-z",
                                        "noexecstack",
                                        "-z",
                                        "now",
                                        "-soname",
                                        "compiled.so",
                                        "--version-script",
                                        "exports.map",
                                        "-o",
                                        output};
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  return run_tool(arguments, folder, "lld");
}

}  // namespace turnstone
