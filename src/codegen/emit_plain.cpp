// Groups whose code the operators write themselves, and chains of elementwise calls.
#include "codegen/emitter.h"
#include "ops/elementwise.h"

namespace turnstone {
namespace {

// `no_others` is "restrict " where no operand stands in the memory of a result.
void write_inputs(Emitter& e, const std::vector<Value>& values, std::string_view no_others) {
  for (size_t i = 0; i < values.size(); ++i)
    e.c.line("const {} *{}in{} = {};", c_type(e.graph.type(values[i]).dtype), no_others, i,
             e.address(values[i]));
}

void write_outputs(Emitter& e, const std::vector<Value>& values, std::string_view no_others) {
  for (size_t i = 0; i < values.size(); ++i)
    e.c.line("{} *{}out{} = {};", c_type(e.graph.type(values[i]).dtype), no_others, i,
             e.address(values[i], true));
}

// The calls of a chain, one C variable each. Returns the name of the last.
std::string write_chain(const Group& group, CWriter& c, std::span<const std::string> x,
                        bool vectors) {
  std::map<Value, std::string> names;
  for (size_t i = 0; i < group.inputs.size(); ++i) names[group.inputs[i]] = x[i];
  write_calls(c, group.calls(), vectors, names);
  return names.at(group.result());
}

}  // namespace

std::vector<Step> emit_element_chain(Emitter& e, const Group& group, const std::string& name) {
  std::vector<Type> types;
  for (const auto value : group.inputs) types.push_back(e.graph.type(value));
  write_step(e.c, name, [&] {
    write_inputs(e, group.inputs, "restrict ");
    write_outputs(e, group.outputs, "restrict ");
    e.c.line("(void)from, (void)to;");
    ElementBody vector_body;
    if (has_vector_forms(group))
      vector_body = [&](CWriter& c, auto x) { return write_chain(group, c, x, true); };
    e.c.block("", [&] {
      emit_elements(e.c, types, e.graph.type(group.result()), vector_body,
                    [&](CWriter& c, auto x) { return write_chain(group, c, x, false); });
    });
  });
  return {{name, 1, false}};
}

std::vector<Step> emit_portable(Emitter& e, const Group& group, const Schedule& s,
                                const std::string& name) {
  const auto& call = group.anchor->call;
  write_step(e.c, name, [&] {
    // The softmax of an attention stands where its operand stood.
    const auto no_others = s.in_strip ? "" : "restrict ";
    write_inputs(e, group.anchor->in, no_others);
    write_outputs(e, group.outputs, no_others);
    e.c.line("(void)from, (void)to;");
    e.c.block("", [&] { call.op->emit(call, e.c); });
  });
  return {{name, call.op->parts ? call.op->parts(call) : 1, s.parallel}};
}

}  // namespace turnstone
