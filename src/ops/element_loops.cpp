#include <algorithm>

#include "ops/elementwise.h"
#include "ops/narrow.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

// The result's dimensions after neighbours that every operand walks alike are joined, and each
// operand's stride along them (0 where it is repeated).
struct Nest {
  Shape extents;
  std::vector<Shape> strides;  // of each operand
};

Nest join(const Nest& nest) {
  Nest joined{{}, std::vector<Shape>(nest.strides.size())};
  for (size_t d = 0; d < nest.extents.size(); ++d) {
    if (nest.extents[d] == 1) continue;
    bool fits = !joined.extents.empty();
    for (size_t k = 0; k < nest.strides.size() && fits; ++k)
      fits = joined.strides[k].back() == nest.strides[k][d] * nest.extents[d];
    if (fits) {
      joined.extents.back() *= nest.extents[d];
      for (size_t k = 0; k < nest.strides.size(); ++k)
        joined.strides[k].back() = nest.strides[k][d];
    } else {
      joined.extents.push_back(nest.extents[d]);
      for (size_t k = 0; k < nest.strides.size(); ++k)
        joined.strides[k].push_back(nest.strides[k][d]);
    }
  }
  if (joined.extents.empty()) {
    joined.extents.push_back(1);
    for (auto& strides : joined.strides) strides.push_back(0);
  }
  return joined;
}

Nest make_nest(std::span<const Type> in, const Shape& out) {
  Nest nest{out, {}};
  for (const auto& type : in) nest.strides.push_back(repeated_strides(type.shape, out));
  return join(nest);
}

// Of the dimensions around the innermost one.
std::string outer_offset(Shape strides) {
  strides.pop_back();
  return c_offset(strides);
}

class Loops {
 public:
  Loops(CWriter& c, Nest nest, std::span<const Type> in, const Type& out)
      : c_(c), nest_(std::move(nest)), in_(in), out_(out), inner_(nest_.extents.size() - 1) {}

  template <class Row>
  void outer(size_t d, const Row& row) {
    if (d < inner_) {
      c_.loop(fmt::format("i{}", d), nest_.extents[d], [&] { outer(d + 1, row); });
      return;
    }
    for (size_t k = 0; k < nest_.strides.size(); ++k)
      c_.line("const long at{} = {};", k, outer_offset(nest_.strides[k]));
    c_.line("const long to = {};", outer_offset(strides_of(nest_.extents)));
    row();
  }

  void vectors(const ElementBody& body) {
    const auto n = nest_.extents[inner_];
    c_.line("long k = 0;");
    c_.block(fmt::format("for (; k + LANES <= {}; k += LANES)", n),
             [&] { one_vector(body, "", "LANES"); });
    c_.block(fmt::format("if (k < {})", n),
             [&] { one_vector(body, "_n", fmt::format("{} - k", n)); });
  }

  void scalars(const ElementBody& body) {
    c_.loop("k", nest_.extents[inner_], [&] {
      std::vector<std::string> names;
      for (size_t i = 0; i < nest_.strides.size(); ++i)
        names.push_back(widened_text(in_[i].dtype, fmt::format("in{}[at{} + {}]", i, i, step(i))));
      const auto value = body(c_, names);
      c_.line("out0[to + k] = {};", value);
    });
  }

 private:
  std::string step(size_t operand) const {
    const auto stride = nest_.strides[operand][inner_];
    return stride == 0 ? "0" : fmt::format("{} * k", stride);
  }

  void one_vector(const ElementBody& body, std::string_view form, const std::string& n) {
    std::vector<std::string> names;
    for (size_t i = 0; i < nest_.strides.size(); ++i) {
      names.push_back(fmt::format("x{}", i));
      if (nest_.strides[i][inner_] == 0)
        c_.line("const vf x{} = vf_set({});", i,
                widened_text(in_[i].dtype, fmt::format("in{}[at{}]", i, i)));
      else if (form.empty())
        c_.line("const vf x{} = vf_load_{}(in{} + at{} + k);", i, print(in_[i].dtype), i, i);
      else
        c_.line("const vf x{} = vf_load_{}_n(in{} + at{} + k, {});", i, print(in_[i].dtype), i, i,
                n);
    }
    const auto value = body(c_, names);
    if (form.empty())
      c_.line("vf_store_{}(out0 + to + k, {});", print(out_.dtype), value);
    else
      c_.line("vf_store_{}_n(out0 + to + k, {}, {});", print(out_.dtype), value, n);
  }

  CWriter& c_;
  Nest nest_;
  std::span<const Type> in_;
  Type out_;
  size_t inner_;
};

// A vector walks memory in steps of one, so an inner stride that is neither 0 nor 1 rules it out.
bool vectors_fit(const Nest& nest) {
  return std::all_of(nest.strides.begin(), nest.strides.end(),
                     [](const Shape& s) { return s.back() == 0 || s.back() == 1; });
}

}  // namespace

void emit_elements(CWriter& c, std::span<const Type> in, const Type& out,
                   const ElementBody& vector_body, const ElementBody& scalar_body) {
  auto nest = make_nest(in, out.shape);
  bool floats = (out.dtype == DType::f32 || out.dtype == DType::bf16) && vector_body;
  for (const auto& type : in)
    floats = floats && (type.dtype == DType::f32 || is_narrow(type.dtype));
  CHECK(!floats || vectors_fit(nest));
  Loops loops(c, std::move(nest), in, out);
  loops.outer(0, [&] {
    if (floats)
      loops.vectors(vector_body);
    else
      loops.scalars(scalar_body);
  });
}

}  // namespace turnstone
