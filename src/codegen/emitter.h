// Shared by the files that write the C code of one kind of group each.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codegen/plan.h"
#include "codegen/requantizing.h"
#include "codegen/schedule.h"
#include "codegen/target.h"
#include "codegen/weights.h"
#include "emit/c_writer.h"
#include "ops/joined_sum.h"

namespace turnstone {

// A function `static void NAME(const struct frame *f, char *rings, long from, long to)` of the
// generated C that does the units [from, to) of a group's work; units are independent. `rings` is
// memory of the calling thread alone.
struct Step {
  std::string function;
  int64_t units = 1;
  bool parallel = false;
};

// What the code of a group needs to know. One thread at a time.
struct Emitter {
  const Graph& graph;
  const Plan& plan;
  const MemoryLayouts& layouts;
  const Target& target;
  Weights& weights;
  CWriter& c;
  int64_t zero_bytes = 0;  // of the array `ts_zeros`, which all groups share

  MemoryLayout layout(Value value) const { return layouts.find(graph, value); }

  // C expression for the address of a value's first element: "(const float *)(f->scratch + 128)".
  // Constants are added to the weights.
  std::string address(Value value, bool writable = false);
  // The same for scratch memory of the group and for an offset in the weights.
  std::string scratch_address(std::string_view type, int64_t offset);
  std::string weights_address(std::string_view type, int64_t offset);
  // The same for the first element of a padded copy of a group's input, whose own scratch memory
  // begins at `own`.
  std::string copy_address(const Schedule& s, int64_t own, int64_t element_bytes) const;
};

// Where a vector of results stands: C expressions.
struct Spot {
  std::string picture = "0", row = "0", column = "0", channel = "0";
};

// The calls behind a matrix or depthwise kernel, as code that finishes and stores one vector:
// elementwise calls on f32, or bias and requantisation of i32 sums.
class Epilogue {
 public:
  Epilogue(Emitter& e, const Group& group);

  // Bias that the kernel starts from: the constant that the first call adds, if it does.
  const Tensor* bias() const { return bias_; }

  // Writes `V_INLINE void NAME_store(int n, vf x, <parameters>)`, which finishes and stores n
  // channels whose places are given; vi for integers.
  void write_store(const std::string& name);

  // ", float *y, const float *e0": more parameters of functions, and their names as arguments, and
  // their definitions at the head of a step.
  std::string parameters() const;
  std::string arguments() const;
  void write_pointers() const;

  // Whether finishing a vector takes so long, and so much code, that it is done in a loop behind
  // the kernel instead of inside it.
  bool is_heavy() const;

  // The same arguments, moved to a spot of the result.
  std::string arguments_at(const Spot& spot) const;

  // A call of the store that moves the pointers from a tile's spot to one of its vectors.
  std::string store(const std::string& name, std::string_view n, const Spot& inside) const;

  // A call of what write_store writes for integers on x86 beside it, NAME_store_pixel: it finishes
  // n channels of a pixel, whose sums stand in vectors at `sums`, a C expression. And whether that
  // is less work, because several vectors become bytes together.
  bool stores_pixels() const;
  std::string store_pixel(const std::string& name, std::string_view n, std::string_view sums,
                          const Spot& inside) const;

 private:
  std::string load(Value value) const;
  std::string offset(Value value, const Spot& spot) const;
  std::map<Value, std::string> operand_names() const;
  void store_reals();
  std::string write_integer_result() const;
  void write_integer_store(const std::string& name, const std::string& head);
  std::string operand_parameters() const;
  std::string operand_arguments_at(const Spot& spot) const;
  void write_operands();
  void write_store_pixel(const std::string& name);
  bool is_limited_by_store(const Made& rescale) const;
  std::optional<JoinedSum> joined_behind(const Made& rescale, const Made& sum) const;
  void write_joined(const JoinedSum& joined, const Made& rescale, const Made& sum,
                    std::map<Value, std::string>& names) const;
  static bool has_limits_of_type(const Made& made);
  bool shifts_right(const Made& requantize) const;
  std::string requantized(const Made& made, const std::map<Value, std::string>& names) const;

  Emitter& e_;
  const Group& group_;
  const Tensor* bias_ = nullptr;
  std::vector<const Made*> calls_;            // without the one that adds the bias
  std::optional<Requantizing> requantizing_;  // of the first call, if it is done in such a way
  std::vector<Value> operands_;
  Shape shape_;
  bool integers_ = false;
};

// A C variable t0, t1, ... for each of a chain of calls, on vectors or, of elementwise ones, on
// single elements. `names` has those of all operands from outside, and receives those of the
// results.
void write_calls(CWriter& c, std::span<const Made* const> calls, bool vectors,
                 std::map<Value, std::string>& names);

// C type of the elements that kernels read and write: "float", "signed char", ...
std::string_view kernel_type(DType type);

// Vectors of such elements, integers widened to 32 bits: their type, "vf" or "vi", and expressions
// that load the first n of one, fill one with an element, and store the first n.
std::string_view vector_type(DType type);
std::string load_text(DType type, std::string_view at, std::string_view n);
std::string fill_text(DType type, std::string_view element);
std::string store_text(DType type, std::string_view at, std::string_view value, std::string_view n);

// Writes the margins at both ends of a row of a picture, and the gaps behind its pixels, if the
// layout has any; `memory` points to the value's first element.
void write_margins(CWriter& c, const MemoryLayout& layout, int64_t element_bytes,
                   std::string_view memory, std::string_view row);

// The same for the gaps of the pixels [from, to) of a flat value, or behind any first pixel: C
// expressions.
void write_gaps(CWriter& c, const MemoryLayout& layout, int64_t element_bytes,
                std::string_view first, std::string_view from, std::string_view to);

// The taps [first_NAME, last_NAME) of a window that lie on the picture, along one dimension, for
// any of the places whose first taps stand at `low` to `high`: C expressions. There may be none,
// and then last_NAME may be less than first_NAME.
void write_taps(CWriter& c, std::string_view name, std::string_view low, std::string_view high,
                int64_t kernel, int64_t dilation, int64_t extent);

// Rows that kernels read where the window is above or below the picture: C text of the address of
// the first column of a row of the layout with its margins, every element `value`.
std::string write_fill_row(Emitter& e, const std::string& name, const MemoryLayout& layout,
                           std::string_view type, int64_t value);

// Copies rows of `from` into `to`, which has margins; elements become `type` after `zero` was taken
// off, margins become `fill`. Writes the function NAME_copy_rows, which copies rows [from, to) of a
// picture.
struct RowCopy {
  MemoryLayout from, to;
  std::string_view from_type, type;
  int64_t zero = 0, fill = 0;
};
void write_row_copy(CWriter& c, const std::string& name, const RowCopy& copy,
                    const std::string& from_address, const std::string& to_address);

// Writes the step NAME, whose units are `height` rows at a time by the function NAME_rows, which
// makes rows [from, to) of a picture.
Step write_row_units(CWriter& c, const std::string& name, int64_t pictures, int64_t rows,
                     int64_t height, bool parallel);

// The channels of a result, in panels of the vectors of a tile. The last may have fewer vectors,
// and may end inside one.
struct Panels {
  int64_t channels = 0;
  int vectors = 1, lanes = 1;
  int unit = 1;  // every panel has a multiple of so many vectors

  int64_t width() const { return int64_t{vectors} * lanes; }
  int64_t count() const { return ceil_div(channels, width()); }
  int last_vectors() const {
    return static_cast<int>(ceil_div(channels - (count() - 1) * width(), lanes * unit)) * unit;
  }
  // With its last vector filled up: of one panel, and of all.
  int64_t width_of(int64_t panel) const {
    return panel + 1 < count() ? width() : int64_t{last_vectors()} * lanes;
  }
  int64_t filled() const { return (count() - 1) * width() + width_of(count() - 1); }
};

// Writes what is done with `panel`: `call("last")` for the last one where that differs, else
// `call("full")`.
template <class Call>
void write_panel_calls(CWriter& c, const Panels& panels, bool differs, Call call) {
  if (!differs) return call("full");
  if (panels.count() == 1) return call("last");
  c.block(fmt::format("if (panel == {})", panels.count() - 1), [&] { call("last"); });
  c.block("else", [&] { call("full"); });
}

// Of functions that go through the depth in parts: where the sums stand, and which part it is.
inline constexpr std::string_view parts_parameters = ", float *sums, long part";

// The function of a kernel for one size of tile: its parameters, without those of the epilogue, and
// their names.
struct Tile {
  std::string name, parameters, arguments;
  int rows = 1, columns = 1, vectors = 1;
  int parts = 1;             // of the depth: then `parts_parameters` come last, see paste_tile
  bool leaves_sums = false;  // the template itself leaves its sums in memory, `float` or `int`
  std::string_view sum_type = "float";
  int first_column = 0;        // those before it are computed and not stored
  int stored_vectors = 0;      // of a pixel; the others are computed only
  bool stores_pixels = false;  // the sums of a pixel, in vectors `values`, are stored at once
};

// Pastes a kernel template that does `store` with each `value`, at `row`, `column` and, where it
// has several, `vector`. Where finishing is heavy, or the template leaves its sums in memory
// anyway, loops behind it store them. A tile of several parts has two more parameters: it adds a
// part of the depth to the sums, and stores them behind the last one. `store_macro` is what the
// template calls, with its parameters.
void paste_tile(CWriter& c, std::string_view kernel, const Tile& tile, const Epilogue& epilogue,
                std::string_view store_macro, const std::string& store,
                std::vector<std::pair<std::string, std::string>> parameters);

// `static void NAME_rows(f, rings, picture, from, to) { body }`
template <class Body>
void write_rows_function(CWriter& c, const std::string& name, Body body) {
  c.block(fmt::format("static void {}_rows(const struct frame *f, char *rings, long picture, long "
                      "from, long to)",
                      name),
          [&] {
            c.line("(void)f, (void)rings, (void)picture;");
            body();
          });
}

// Each writes the functions of one group, whose names begin with `name`, and returns its steps.
// Groups of a strip have none: their rows are asked for by the strip, of NAME_rows and, where the
// input is copied, NAME_copy_rows.
std::vector<Step> emit_matrix(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name, int64_t own);
std::vector<Step> emit_depthwise(Emitter& e, const Group& group, const Schedule& s,
                                 const std::string& name, int64_t own);
std::vector<Step> emit_winograd(Emitter& e, const Group& group, const Schedule& s,
                                const std::string& name);
std::vector<Step> emit_element_rows(Emitter& e, const Group& group, const Schedule& s,
                                    const std::string& name);
std::vector<Step> emit_pool(Emitter& e, const Group& group, const Schedule& s,
                            const std::string& name);
std::vector<Step> emit_mean(Emitter& e, const Group& group, const Schedule& s,
                            const std::string& name);
std::vector<Step> emit_reduce(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name);
std::vector<Step> emit_concat(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name);
// `names` are the functions that make the rows of each stage.
std::vector<Step> emit_strip(Emitter& e, const Strip& strip, const std::vector<std::string>& names,
                             const std::string& name, int64_t pictures, bool parallel);
// The arguments are the functions that make rows: of tiles of both products, of one of the softmax.
Step emit_attention(Emitter& e, const Attention& attention, const std::string& scores,
                    const std::string& softmax, const std::string& result, const std::string& name);
std::vector<Step> emit_element_chain(Emitter& e, const Group& group, const std::string& name);
std::vector<Step> emit_portable(Emitter& e, const Group& group, const Schedule& s,
                                const std::string& name);

// Writes `head { body }` for a step: the signature and braces.
template <class Body>
void write_step(CWriter& c, const std::string& name, Body body) {
  c.block(
      fmt::format("static void {}(const struct frame *f, char *rings, long from, long to)", name),
      [&] {
        c.line("(void)f, (void)rings;");
        body();
      });
}

// Writes loops over the channels of a pixel: whole vectors, then what is left; `body` gets the
// place of the vector and its number of channels, both C expressions.
template <class Body>
void write_channels(CWriter& c, int64_t channels, int lanes, Body body) {
  const auto whole = channels / lanes * lanes;
  if (whole > 0) c.loop("k", 0, whole, lanes, [&] { body("k", "LANES"); });
  if (whole < channels)
    c.block("", [&] { body(std::to_string(whole), std::to_string(channels - whole)); });
}

// Pastes a kernel template after defining its parameters.
void paste_kernel(CWriter& c, std::string_view kernel,
                  const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace turnstone
