#include "ops/testing.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <limits>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "emit/c_writer.h"
#include "kernels/kernels.h"

namespace turnstone::testing_support {
namespace {

using Function = void(const void* const*, void* const*);

// Memory whose last byte is followed by memory that cannot be touched, and whose first is preceded
// by bytes that are watched.
class Buffer {
 public:
  explicit Buffer(int64_t size) : size_(static_cast<size_t>(size)) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    usable_ = (size_ + watched + page - 1) / page * page;
    mapped_ = usable_ + page;
    base_ = static_cast<unsigned char*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(base_ != MAP_FAILED && mprotect(base_ + usable_, page, PROT_NONE) == 0);
    std::memset(base_, mark, usable_);
  }
  ~Buffer() { munmap(base_, mapped_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  unsigned char* data() const { return base_ + usable_ - size_; }
  bool is_intact() const {
    return std::all_of(base_, base_ + usable_ - size_, [](auto byte) { return byte == mark; });
  }

 private:
  static constexpr size_t watched = 64;
  static constexpr unsigned char mark = 0xFF;  // reads as NaN
  size_t size_;
  size_t usable_ = 0;
  size_t mapped_ = 0;
  unsigned char* base_ = nullptr;
};

// That an object calls nothing but what a package brings along.
Result<> check_calls(const std::filesystem::path& object) {
  const auto listed = TRY(run_process({"llvm-nm-19", "-u", "--format=just-symbols", object}));
  for (const auto& name : split(listed.output, '\n'))
    if (!name.empty() && !name.starts_with("__aeabi_") && !name.starts_with("mem"))
      return fail(Code::invalid, "the code calls {}", name);
  return {};
}

}  // namespace

struct CompiledCalls::Part {
  Call call;
  std::string text;
  std::set<std::string, std::less<>> needed;
  Function* function = nullptr;
};

CompiledCalls::CompiledCalls() = default;

CompiledCalls::~CompiledCalls() {
  for (auto* library : libraries_) dlclose(library);
}

size_t CompiledCalls::add(const Call& call) {
  CWriter c;
  const auto arguments = "const void *const *in, void *const *out";
  c.block(fmt::format("static void parts{}({}, long from, long to)", parts_.size(), arguments),
          [&] {
            c.line("(void)from, (void)to;");
            for (size_t i = 0; i < call.in.size(); ++i)
              c.line("const {} *restrict in{} = in[{}];", c_type(call.in[i].dtype), i, i);
            for (size_t i = 0; i < call.out.size(); ++i)
              c.line("{} *restrict out{} = out[{}];", c_type(call.out[i].dtype), i, i);
            c.block("", [&] { call.op->emit(call, c); });
          });
  // In two pieces and backwards, so that parts that depend on each other show.
  const auto n = call.op->parts ? call.op->parts(call) : 1;
  c.block(fmt::format("void call{}({})", parts_.size(), arguments), [&] {
    c.line("parts{}(in, out, {}, {});", parts_.size(), n / 2, n);
    if (n > 1) c.line("parts{}(in, out, 0, {});", parts_.size(), n / 2);
  });
  parts_.push_back({call, c.text(), c.needed()});
  return parts_.size() - 1;
}

const std::string& CompiledCalls::text(size_t number) const { return parts_[number].text; }

Result<> CompiledCalls::compile(const CallMachine& machine) {
  const auto clang = find_program({"clang-19", "clang"});
  if (clang.empty()) return fail(Code::unavailable, "clang-19 is not in PATH");
  const auto folder = TRY(TemporaryFolder::make());
  constexpr size_t files = 2;
  const auto source_name = [](size_t file) { return fmt::format("calls{}.c", file); };
  std::vector<std::future<Result<ProcessResult>>> jobs;
  for (size_t file = 0; file < files; ++file) {
    std::set<std::string, std::less<>> needed;
    for (size_t i = file; i < parts_.size(); i += files)
      needed.insert(parts_[i].needed.begin(), parts_[i].needed.end());
    auto text = fmt::format("#include <stdint.h>\n#define LANES {}\n", machine.lanes) +
                function_texts(needed);
    for (size_t i = file; i < parts_.size(); i += files)
      text += fmt::format("void call{}(const void *const *, void *const *);\n", i) + parts_[i].text;
    const auto source = source_name(file);
    TRY(write_file(folder.path() / source, text));
    std::vector<std::string> arguments = {clang,
                                          "-std=gnu11",
                                          "-ffreestanding",
                                          "-O1",
                                          "-fPIC",
                                          "-fwrapv",
                                          "-fno-strict-aliasing",
                                          "-ffp-contract=fast",
                                          "-fno-math-errno",
                                          "-Wall",
                                          "-Wextra",
                                          "-Werror",
                                          source,
                                          "-o",
                                          source + ".so"};
    arguments.insert(arguments.end(), machine.flags.begin(), machine.flags.end());
    if (machine.runs)
      arguments.insert(arguments.end(), {"-shared", "-nostdlib", "-fuse-ld=lld"});
    else
      arguments.push_back("-c");
    jobs.push_back(std::async(std::launch::async, [arguments, path = folder.path()] {
      return run_process(arguments, path);
    }));
  }
  for (size_t file = 0; file < files; ++file) {
    const auto done = TRY(jobs[file].get());
    if (done.status != 0) return fail(Code::invalid, "{}", done.output);
    if (!machine.runs) {
      TRY(check_calls(folder.path() / (source_name(file) + ".so")));
      continue;
    }
    const auto path = folder.path() / (source_name(file) + ".so");
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return fail(Code::invalid, "{}", dlerror());
    libraries_.push_back(library);
    for (size_t i = file; i < parts_.size(); i += files)
      parts_[i].function =
          reinterpret_cast<Function*>(dlsym(library, fmt::format("call{}", i).c_str()));
  }
  return {};
}

Result<std::vector<Tensor>> CompiledCalls::run(size_t number, std::span<const Tensor> in) const {
  const auto& part = parts_[number];
  CHECK(part.function != nullptr);
  std::vector<std::unique_ptr<Buffer>> inputs, outputs;
  std::vector<const void*> from;
  std::vector<void*> to;
  for (const auto& tensor : in) {
    inputs.push_back(std::make_unique<Buffer>(tensor.size_bytes()));
    std::memcpy(inputs.back()->data(), tensor.bytes(), static_cast<size_t>(tensor.size_bytes()));
    from.push_back(inputs.back()->data());
  }
  for (const auto& type : part.call.out) {
    outputs.push_back(std::make_unique<Buffer>(size_bytes(type)));
    to.push_back(outputs.back()->data());
  }
  part.function(from.data(), to.data());
  std::vector<Tensor> results;
  for (size_t i = 0; i < in.size(); ++i)
    if (!inputs[i]->is_intact() ||
        std::memcmp(inputs[i]->data(), in[i].bytes(), static_cast<size_t>(in[i].size_bytes())) != 0)
      return fail(Code::invalid, "operand {} or what stands before it was written", i);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i]->is_intact())
      return fail(Code::invalid, "bytes before result {} were written", i);
    Tensor tensor(part.call.out[i].dtype, part.call.out[i].shape);
    std::memcpy(tensor.mutable_bytes(), outputs[i]->data(),
                static_cast<size_t>(tensor.size_bytes()));
    results.push_back(std::move(tensor));
  }
  return results;
}

std::vector<CallMachine> call_machines() {
#ifdef __x86_64__
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool x86 = true;
#else
  const bool avx2 = false, avx512 = false, x86 = false;
#endif
  return {{"x86_64", 4, {"--target=x86_64-linux-gnu", "-march=x86-64-v2"}, x86},
          {"x86_64_v3", 8, {"--target=x86_64-linux-gnu", "-march=x86-64-v3"}, avx2},
          {"x86_64_v4",
           16,
           {"--target=x86_64-linux-gnu", "-march=x86-64-v4", "-mprefer-vector-width=512"},
           avx512},
          {"aarch64", 4, {"--target=aarch64-linux-gnu"}, !x86},
          {"armv7", 4, {"--target=armv7-linux-gnueabihf", "-mcpu=cortex-a15"}, false}};
}

std::vector<Tensor> run_eval(const Call& call, std::span<const Tensor> in) {
  std::vector<Tensor> out;
  for (const auto& type : call.out) out.emplace_back(type.dtype, type.shape);
  call.op->eval(call, in, out);
  return out;
}

namespace {

// The part of [low, high] that whole numbers of the type have.
std::pair<int64_t, int64_t> whole_range(DType type, double low, double high) {
  const auto bits = size_of(type) * 8;
  const double top = type == DType::boolean ? 1 : std::ldexp(1.0, int(bits) - is_signed(type)) - 1;
  const double bottom = is_signed(type) ? -top - 1 : 0;
  const auto from = std::clamp(std::ceil(low), bottom, top);
  const auto to = std::clamp(std::floor(high), bottom, top);
  const auto whole = [](double x) {
    return x >= 0x1p63 ? std::numeric_limits<int64_t>::max() : static_cast<int64_t>(x);
  };
  return {whole(std::min(from, to)), whole(to)};
}

}  // namespace

std::vector<Tensor> random_operands(const Sample& drawn, std::mt19937& rng) {
  if (!drawn.fixed.empty()) return drawn.fixed;
  std::vector<Tensor> operands;
  for (const auto& type : drawn.in) {
    Tensor tensor(type.dtype, type.shape);
    const auto [low, high] = whole_range(type.dtype, drawn.low, drawn.high);
    std::uniform_int_distribution<int64_t> whole(low, high);
    std::uniform_real_distribution<double> real(drawn.low, drawn.high);
    for (int64_t i = 0; i < tensor.size(); ++i)
      if (is_float(type.dtype))
        tensor.set_real(i, real(rng));
      else
        tensor.set_integer(i, whole(rng));
    operands.push_back(std::move(tensor));
  }
  return operands;
}

}  // namespace turnstone::testing_support
