// turnstone bench: how fast a package is on this machine.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>

#include "base/json.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/peak.h"
#include "cli/station_commands.h"
#include "cli/threads_option.h"
#include "station/runtime.h"
#include "tensor/tensor.h"

extern "C" {
#include "runtime/cpu.h"
}

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;

double milliseconds(Steady::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// Floats of a normal distribution, integers of any value: what values are does not change the time
// of a model, except that no float may be denormal or infinite.
std::vector<Tensor> bind_random_inputs(Runtime& runtime) {
  std::mt19937 random(1);
  std::vector<Tensor> tensors;
  for (int i = 0; i < ts_input_count(runtime.model.get()); ++i) {
    const auto& value = runtime.input(i);
    Tensor tensor(parse_dtype(ts_type_name(value.type)).value_or(DType::f32),
                  Shape(value.shape, value.shape + value.rank));
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<int> byte(0, tensor.dtype() == DType::boolean ? 1 : 127);
    for (int64_t k = 0; k < tensor.size(); ++k)
      tensor.set_real(k, is_float(tensor.dtype()) ? normal(random) : byte(random));
    const auto status =
        ts_set_input(runtime.context.get(), i, tensor.bytes(), value.type, value.shape, value.rank);
    CHECK(status == TS_OK);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Result<std::vector<double>> time_runs(Runtime& runtime, int runs, bool quiet) {
  for (int i = 0; i < std::min(runs, 3); ++i) TRY(run(runtime));
  Progress progress("bench", runs, quiet);
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    const auto started = Steady::now();
    TRY(run(runtime));
    times.push_back(milliseconds(Steady::now() - started));
    progress.show(i + 1);
  }
  std::ranges::sort(times);
  return times;
}

double quantile(const std::vector<double>& sorted, double share) {
  const auto place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  const auto part = place - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[above] * part;
}

// Resident memory of this process.
double rss_mb() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Groups {
  const ts_group* first = nullptr;
  int count = 0;
  uint64_t flops = 0;
  std::vector<double> ms;  // of each group, the median of its runs

  bool have(ts_products products) const {
    return std::any_of(first, first + count, [&](const ts_group& group) {
      return group.flops > 0 && group.products == products;
    });
  }
};

std::string_view name_of(ts_products products) {
  constexpr std::string_view names[] = {"f32", "bytes", "bf16"};
  return names[products];
}

// Each group's time, from some measured runs after the timed ones: measuring costs a little.
Result<Groups> profile(Runtime& runtime) {
  Groups groups;
  if (ts_profile(runtime.context.get(), &groups.first, &groups.count) != TS_OK)
    return fail(Code::unavailable, "cannot measure groups");
  constexpr int runs = 11;
  const auto count = static_cast<size_t>(groups.count);
  std::vector<std::vector<double>> times(count);
  for (int i = 0; i < runs; ++i) {
    TRY(run(runtime));
    for (size_t g = 0; g < count; ++g)
      times[g].push_back(static_cast<double>(groups.first[g].nanoseconds) / 1e6);
  }
  for (size_t g = 0; g < count; ++g) {
    groups.flops += groups.first[g].flops;
    std::ranges::sort(times[g]);
    groups.ms.push_back(quantile(times[g], 0.5));
  }
  return groups;
}

double gflops_of(double flops, double time_ms) { return time_ms > 0 ? flops / time_ms / 1e6 : 0; }

// What the CPU could do at most with each kind of product, in GFLOP/s; 0 where nobody knows.
class Peaks {
 public:
  Peaks(int cores, std::string variant) : cores_(cores), variant_(std::move(variant)) {}

  // May be called several times: the largest counts.
  void measure(ts_products products) {
    auto& known = gflops_[products];
    known = std::max(known, measure_peak_gflops(cores_, variant_, products));
  }
  double of(ts_products products) const { return gflops_[products]; }

  // All groups together, each with its own kind of products.
  double of(const Groups& groups) const {
    double seconds = 0;
    for (int i = 0; i < groups.count; ++i) {
      const auto& group = groups.first[i];
      if (group.flops == 0) continue;
      if (of(group.products) <= 0) return 0;
      seconds += static_cast<double>(group.flops) / of(group.products);
    }
    return seconds > 0 ? static_cast<double>(groups.flops) / seconds : 0;
  }

 private:
  int cores_ = 1;
  std::string variant_;
  double gflops_[TS_PRODUCTS_BF16 + 1] = {};
};

Json share_json(double gflops, double peak) {
  return peak > 0 ? Json(rounded(gflops / peak)) : Json();
}

Json layers_json(const Groups& groups, const Peaks& peaks) {
  auto list = Json::array();
  for (int i = 0; i < groups.count; ++i) {
    const auto& group = groups.first[i];
    const double time_ms = groups.ms[static_cast<size_t>(i)];
    const double gflops = gflops_of(static_cast<double>(group.flops), time_ms);
    list.push_back({{"name", group.name},
                    {"ms", time_ms},
                    {"flops", group.flops},
                    {"bytes", group.bytes},
                    {"products", name_of(group.products)},
                    {"gflops", rounded(gflops)},
                    {"share_of_peak", share_json(gflops, peaks.of(group.products))}});
  }
  return list;
}

Result<Json> bench(const std::string& package, int threads, int runs, bool layers, bool quiet) {
  const auto started = Steady::now();
  auto runtime = TRY(open_runtime(package, threads));
  const auto load_ms = milliseconds(Steady::now() - started);
  const int used = runtime.pool ? ts_pool_threads(runtime.pool.get()) : 1;
  const auto inputs = bind_random_inputs(runtime);
  const std::string variant = ts_variant_name(runtime.model.get());
  const int cores = std::min(used, ts_cpu_count());
  Peaks peaks(cores, variant);
  for (const auto products : {TS_PRODUCTS_F32, TS_PRODUCTS_BYTES}) peaks.measure(products);
  const auto times = TRY(time_runs(runtime, runs, quiet));
  const auto groups = TRY(profile(runtime));
  for (const auto products : {TS_PRODUCTS_F32, TS_PRODUCTS_BYTES, TS_PRODUCTS_BF16})
    if (groups.have(products)) peaks.measure(products);
  const auto peak = peaks.of(groups);
  const auto median = quantile(times, 0.5);
  const auto gflops = gflops_of(static_cast<double>(groups.flops), median);
  Json json = {{"threads", used},
               {"variant", variant},
               {"median_ms", rounded(median)},
               {"p10_ms", rounded(quantile(times, 0.1))},
               {"p90_ms", rounded(quantile(times, 0.9))},
               {"min_ms", rounded(times.front())},
               {"gflops", rounded(gflops)},
               {"peak_gflops", peak > 0 ? Json(rounded(peak)) : Json()},
               {"share_of_peak", share_json(gflops, peak)},
               {"rss_mb", rss_mb()},
               {"load_ms", rounded(load_ms)}};
  if (layers) json["layers"] = layers_json(groups, peaks);
  return json;
}

std::string percent(const Json& json) {
  const auto& share = json["share_of_peak"];
  return share.is_null() ? "-" : fmt::format("{:.0f} %", 100 * share.get<double>());
}

void print_text(const Json& json) {
  const auto real = [&](const char* key) { return json[key].get<double>(); };
  fmt::print("{} on {} thread{}\n", json["variant"].get<std::string>(), json["threads"].get<int>(),
             json["threads"].get<int>() == 1 ? "" : "s");
  fmt::print("median {:.3f} ms   p10 {:.3f}   p90 {:.3f}   min {:.3f}\n", real("median_ms"),
             real("p10_ms"), real("p90_ms"), real("min_ms"));
  fmt::print("{:.1f} GFLOP/s{}   {:.1f} MB   loaded in {:.1f} ms\n", real("gflops"),
             json["peak_gflops"].is_null()
                 ? ""
                 : fmt::format(" of {:.1f}, {}", real("peak_gflops"), percent(json)),
             real("rss_mb"), real("load_ms"));
  if (!json.contains("layers")) return;
  fmt::print("\n{:>9} {:>9} {:>9} {:>6}  layer\n", "ms", "MFLOP", "GFLOP/s", "peak");
  for (const auto& layer : json["layers"])
    fmt::print("{:9.4f} {:9.2f} {:9.1f} {:>6}  {}\n", layer["ms"].get<double>(),
               layer["flops"].get<double>() / 1e6, layer["gflops"].get<double>(), percent(layer),
               printable(layer["name"].get<std::string>()));
}

}  // namespace

int bench_command(int argc, char** argv) {
  CLI::App app("Measures a package on this machine.", "turnstone bench");
  std::string package;
  int threads = 1;
  int runs = 50;
  bool layers = false;
  bool json = false;
  bool quiet = false;
  app.add_option("PACKAGE", package, "folder, .tar.gz or .so")->required();
  add_threads_option(app, threads);
  app.add_option("--runs", runs, "measured runs")
      ->capture_default_str()
      ->check(whole_number(1, 1'000'000));
  app.add_flag("--layers", layers, "the time of each layer, or strip of several");
  app.add_flag("--json", json, "one JSON document");
  app.add_flag("-q,--quiet", quiet, "no progress and no notes");
  app.footer(
      "Printed are GFLOP/s, two operations for each multiply-add of reals or integers; what the "
      "cores can do at\n"
      "most with what the layers multiply (f32, bytes, bf16), measured beside it, and the share of "
      "that, \"-\" where\n"
      "nobody knows; MB of memory of the whole process, its libraries and pictures included; and "
      "how long opening\n"
      "the package took. Exact sums of bytes without VNNI take more instructions than that "
      "most.\n\n"
      "Examples:\n"
      "  turnstone bench mobilenet\n"
      "  turnstone bench mobilenet --threads 4 --runs 200 --layers\n"
      "  turnstone bench mobilenet --json");
  if (const auto code = parse_command_line(app, argc, argv)) return *code;
  if (!quiet) note_threads(threads);
  const auto measured = bench(package, threads, runs, layers, quiet);
  if (!measured) return report("bench", measured.error());
  if (json)
    fmt::print("{}\n", print_json(*measured));
  else
    print_text(*measured);
  return exit_done;
}

}  // namespace turnstone
