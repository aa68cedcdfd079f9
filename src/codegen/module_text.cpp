#include "codegen/module_text.h"

#include <algorithm>

#include "codegen/emitter.h"
#include "codegen/freestanding.h"
#include "kernels/kernels.h"

namespace turnstone {
namespace {

constexpr std::string_view contract =
#include "module_text.inc"
    ;

// How a step is run: at once, or cut into as many parts as there are threads.
constexpr std::string_view frame_text = R"(
struct frame {
  const void *const *inputs;
  void *const *outputs;
  char *scratch, *rings; /* of all threads, and of the first thread alone */
};

typedef void (*step_function)(const struct frame *, char *, long, long);

struct step_task {
  const struct frame *frame;
  step_function function;
  long units, parts;
};

V_FUNCTION void run_part(void *argument, int64_t i) {
  const struct step_task *task = argument;
  task->function(task->frame, task->frame->rings + i * RING_BYTES, task->units * i / task->parts,
                 task->units * (i + 1) / task->parts);
}

V_FUNCTION void run_step(const ts_module_host *host, const struct frame *frame,
                         step_function function, long units) {
  struct step_task task = {frame, function, units, host->threads};
  if (task.parts > units) task.parts = units;
  if (task.parts <= 1 || !host->parallel_for)
    function(frame, frame->rings, 0, units);
  else
    host->parallel_for(host->pool, run_part, &task, task.parts);
}
)";

// Bytes of foreign text as numbers.
std::string byte_list(std::string_view text) {
  std::string list;
  for (const char c : text) list += fmt::format("{}, ", static_cast<unsigned char>(c));
  return list + "0";
}

std::string_view type_constant(DType type) {
  constexpr std::string_view names[] = {"F32", "F16", "BF16", "F64", "I8",  "U8",  "I16",
                                        "U16", "I32", "U32",  "I64", "U64", "BOOL"};
  return names[static_cast<size_t>(type)];
}

// What is run and measured as one: a group, a strip of several, or an attention.
struct Coded {
  std::string name;
  uint64_t flops = 0, bytes = 0;
  std::vector<Step> steps;
  Products products = Products::f32;
};

Products products_of(const Group& group, const Schedule& s) {
  const auto& call = group.anchor->call;
  if (call.op->name != "conv" && call.op->name != "matmul") return Products::f32;
  if (is_byte(call.in[0].dtype)) return Products::bytes;
  return takes_tiles(s.kernel) ? Products::bf16 : Products::f32;
}

std::vector<Step> emit_group(Emitter& e, const Group& group, const Schedule& s,
                             const std::string& name, int64_t own) {
  switch (s.kind) {
    case Schedule::Kind::view:
    case Schedule::Kind::slice:
      return {};
    case Schedule::Kind::portable:
      return emit_portable(e, group, s, name);
    case Schedule::Kind::elements:
      return emit_element_chain(e, group, name);
    case Schedule::Kind::rows:
      return emit_element_rows(e, group, s, name);
    case Schedule::Kind::matrix:
      return emit_matrix(e, group, s, name, own);
    case Schedule::Kind::winograd:
      return emit_winograd(e, group, s, name);
    case Schedule::Kind::depthwise:
      return emit_depthwise(e, group, s, name, own);
    case Schedule::Kind::pool:
      return emit_pool(e, group, s, name);
    case Schedule::Kind::mean:
      return emit_mean(e, group, s, name);
    case Schedule::Kind::reduce:
      return emit_reduce(e, group, s, name);
    case Schedule::Kind::concat:
      return emit_concat(e, group, s, name);
  }
  __builtin_unreachable();
}

void write_run(Emitter& e, const Variant& variant, const std::vector<Coded>& coded, int index) {
  auto& c = e.c;
  c.block(
      fmt::format("__attribute__((visibility(\"hidden\"))) int32_t ts_run_{}(const ts_module_host "
                  "*host, const void *const *inputs, void *const *outputs, int64_t *const "
                  "*extents, void *scratch)",
                  index),
      [&] {
        c.line("char *memory = scratch;");
        c.line("const struct frame frame = {{inputs, outputs, memory, memory + {}}};",
               variant.plan.arena_bytes);
        c.line("const struct frame *f = &frame;");
        c.line("(void)host, (void)extents;");
        for (size_t i = 0; i < coded.size(); ++i) {
          for (const auto& step : coded[i].steps)
            if (step.parallel)
              c.line("run_step(host, f, {}, {});", step.function, step.units);
            else
              c.line("{}(f, f->rings, 0, {});", step.function, step.units);
          c.line("if (host->abort && *host->abort) return 1;");
          c.line("if (host->group_done) host->group_done(host->observer, {});", i);
        }
        for (const auto& [to, value] : variant.plan.copies)
          c.line("__builtin_memcpy(f->outputs[{}], {}, {});", to, e.address(value),
                 size_bytes(e.graph.type(value)));
        c.line("return 0;");
      });
}

void write_groups(CWriter& c, const std::vector<Coded>& coded, int index) {
  std::string rows;
  for (const auto& entry : coded)
    rows += fmt::format("  {{\"{}\", {}u, {}u}},\n", entry.name, entry.flops, entry.bytes);
  c.paste(
      fmt::format("__attribute__((visibility(\"hidden\"))) const ts_module_group "
                  "ts_groups_{}[] = {{\n{}  {{\"\", 0, 0}}}};\n",
                  index, rows));
}

// Writes the code of all groups of one variant, in their order.
class Coder {
 public:
  Coder(Emitter& e, const Scheduled& scheduled, const Plan& plan)
      : e_(e), scheduled_(scheduled), plan_(plan) {}

  std::vector<Coded> run() {
    for (size_t g = 0; g < scheduled_.groups.size(); ++g) {
      const auto& group = scheduled_.groups[g];
      const auto& s = scheduled_.schedules[g];
      if (s.kind == Schedule::Kind::view) continue;
      e_.c.line("/* {} */", describe(e_.graph, group));
      auto steps = emit_group(e_, group, s, name_of(g), plan_.own[g]);
      if (!s.in_strip)
        coded_.push_back({describe(e_.graph, group), flops_of(e_.graph, group),
                          bytes_of(e_.graph, group), std::move(steps), products_of(group, s)});
      else if (s.kind == Schedule::Kind::matrix)
        packs_[g] = std::move(steps);
      for (const auto& strip : scheduled_.strips)
        if (strip.last_group() == g) add(strip);
      for (const auto& attention : scheduled_.attentions)
        if (attention.result == g) add(attention);
    }
    return std::move(coded_);
  }

 private:
  static std::string name_of(size_t g) { return fmt::format("g{}", g); }

  // Takes a group into what is run as one, whose last group is `last`.
  void take(Coded& coded, size_t g, size_t last) const {
    const auto& group = scheduled_.groups[g];
    coded.name += (coded.name.empty() ? "" : ", ") + describe(e_.graph, group);
    coded.flops += flops_of(e_.graph, group);
    coded.products = std::max(coded.products, products_of(group, scheduled_.schedules[g]));
    coded.bytes += bytes_of(e_.graph, group);
    // What stays between the groups was counted where it is made and where it is read.
    if (g != last)
      coded.bytes -= 2 * static_cast<uint64_t>(size_bytes(e_.graph.type(group.result())));
  }

  void add(const Strip& strip) {
    Coded coded;
    std::vector<std::string> names;
    for (const auto& stage : strip.stages) {
      names.push_back(name_of(stage.group) + (stage.copies ? "_copy_rows" : "_rows"));
      if (!stage.copies) take(coded, stage.group, strip.last_group());
    }
    coded.name = "strip " + coded.name;
    const auto& result = e_.graph.shape(scheduled_.groups[strip.last_group()].result());
    coded.steps =
        emit_strip(e_, strip, names, fmt::format("s{}", strip.last_group()), result[0], true);
    coded_.push_back(std::move(coded));
  }

  void add(const Attention& a) {
    Coded coded;
    for (const auto g : {a.scores, a.softmax, a.result}) {
      take(coded, g, a.result);
      std::ranges::copy(packs_[g], std::back_inserter(coded.steps));
    }
    coded.name = "attention " + coded.name;
    coded.steps.push_back(emit_attention(e_, a, name_of(a.scores) + "_rows", name_of(a.softmax),
                                         name_of(a.result) + "_rows",
                                         fmt::format("a{}", a.result)));
    coded_.push_back(std::move(coded));
  }

  Emitter& e_;
  const Scheduled& scheduled_;
  const Plan& plan_;
  std::vector<Coded> coded_;
  std::map<size_t, std::vector<Step>> packs_;  // of weights that the model computes, by group
};

}  // namespace

Variant make_variant(const Graph& graph, const Target& target, int index,
                     const std::string& weights_file, const Tuning* tuning) {
  Variant variant{target, make_schedule(graph, target, tuning), {}, {}, {}, {}};
  // A process that asks for tiles pays for them with each of its signals.
  if (std::ranges::none_of(variant.scheduled.schedules,
                           [](const Schedule& s) { return takes_tiles(s.kernel); }))
    variant.target.features &= ~uint64_t{cpu_amx_bf16 | cpu_amx_int8};
  variant.plan = make_plan(graph, variant.scheduled);
  Weights weights;
  CWriter c;
  Emitter e{graph, variant.plan, variant.scheduled.layouts, target, weights, c, 0};
  const auto coded = Coder(e, variant.scheduled, variant.plan).run();
  write_run(e, variant, coded, index);
  write_groups(c, coded, index);
  for (const auto& entry : coded) variant.group_products.push_back(entry.products);
  variant.text = fmt::format("{}\n#define LANES {}\n#define RING_BYTES {}l\n", contract,
                             target.lanes, variant.plan.ring_bytes);
  variant.text += function_texts(c.needed());
  variant.text += frame_text;
  variant.text += fmt::format(
      "\n__asm__(\".pushsection .weights_{0}, \\\"a\\\"\\n.balign 4096\\n.hidden "
      "ts_weights_{0}\\n.globl ts_weights_{0}\\nts_weights_{0}:\\n.incbin \\\"{1}\\\"\\n.balign "
      "64\\n.popsection\");\n"
      "extern const unsigned char ts_weights_{0}[] __attribute__((visibility(\"hidden\")));\n"
      "#define ts_weights ts_weights_{0}\n\n",
      index, weights_file);
  if (e.zero_bytes > 0)
    variant.text +=
        fmt::format("static char ts_zeros[{}] __attribute__((aligned(64)));\n\n", e.zero_bytes);
  variant.text += c.text();
  variant.weights = weights.bytes();
  if (variant.weights.empty()) variant.weights.assign(64, '\0');
  return variant;
}

namespace {

void write_ports(CWriter& c, std::string_view kind, const std::vector<PortInfo>& ports) {
  std::string rows;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto& port = ports[i];
    c.line("static const char {}_name_{}[] = {{{}}};", kind, i, byte_list(port.name));
    std::string extents;
    for (const auto extent : port.type.shape) extents += fmt::format("{}, ", extent);
    c.line("static const int64_t {}_shape_{}[] = {{{}0}};", kind, i, extents);
    rows += fmt::format(
        "  {{{0}_name_{1}, TS_TYPE_{2}, {3}, {4}, {5}, {0}_shape_{1}, {6}u, {7}, {8}, {9}}},\n",
        kind, i, type_constant(port.type.dtype), port.layout, port.type.rank(), port.type.bounded,
        size_bytes(port.type), port.quantisation.scale != 0 ? 1 : 0,
        c_integer(port.quantisation.zero), fmt::format("{:a}", port.quantisation.scale));
  }
  c.paste(fmt::format("static const ts_module_value {}s[] = {{\n{}}};\n", kind, rows));
}

}  // namespace

std::string module_text(const std::vector<PortInfo>& inputs, const std::vector<PortInfo>& outputs,
                        const std::vector<Variant>& variants) {
  CHECK(!variants.empty() && !outputs.empty());
  CWriter c;
  c.paste(contract);
  c.paste(freestanding_text(variants.front().target.arch));
  if (!inputs.empty()) write_ports(c, "input", inputs);
  write_ports(c, "output", outputs);
  std::string rows;
  for (size_t k = 0; k < variants.size(); ++k) {
    const auto& v = variants[k];
    c.paste(fmt::format(
        "extern const ts_module_group ts_groups_{0}[] HIDDEN;\n"
        "extern const unsigned char ts_weights_{0}[] HIDDEN;\n"
        "HIDDEN int32_t ts_run_{0}(const ts_module_host *, const void *const *, void *const *, "
        "int64_t *const *, void *);\n",
        k));
    rows += fmt::format(
        "  {{\"{0}\", {1}u, {2}u, ts_weights_{3}, {4}u, {5}, 0, ts_groups_{3}, "
        "ts_run_{3}}},\n",
        v.target.name, v.target.features, v.plan.arena_bytes, k, v.weights.size(),
        v.group_products.size());
  }
  c.paste(fmt::format("static const ts_module_variant variants[] = {{\n{}}};\n", rows));
  std::string thread_bytes;
  for (const auto& v : variants) thread_bytes += fmt::format("{}u, ", v.plan.ring_bytes);
  c.line("static const uint64_t thread_bytes[] = {{{}}};", thread_bytes);
  constexpr std::string_view names[] = {"F32", "BYTES", "BF16"};
  std::string products;
  for (size_t k = 0; k < variants.size(); ++k) {
    std::string row;
    for (const auto one : variants[k].group_products)
      row += fmt::format("TS_MODULE_PRODUCTS_{}, ", names[static_cast<size_t>(one)]);
    c.line("static const uint8_t products_{}[] = {{{}0}};", k, row);
    products += fmt::format("products_{}, ", k);
  }
  c.line("static const uint8_t *const group_products[] = {{{}}};", products);
  c.paste(fmt::format(
      "__attribute__((visibility(\"default\"))) extern const ts_module turnstone_module;\n"
      "const ts_module turnstone_module = {{TS_MODULE_ABI, sizeof(ts_module), {}, {}, {}, {}, {}, "
      "outputs, variants, thread_bytes, group_products}};\n",
      static_cast<uint32_t>(variants.front().target.arch), inputs.size(), outputs.size(),
      variants.size(), inputs.empty() ? "0" : "inputs"));
  return c.text();
}

}  // namespace turnstone
