#include "codegen/emitter.h"

#include <algorithm>

#include "kernels/kernels.h"
#include "ops/fixed_point.h"
#include "ops/narrow.h"
#include "ops/rescale.h"

namespace turnstone {

std::string Emitter::address(Value value, bool writable) {
  const auto type =
      fmt::format("{}{} *", writable ? "" : "const ", c_type(graph.type(value).dtype));
  const auto memory = layouts.memory_of(value);
  const auto& place = plan.places.at(memory);
  const auto first = layout(value).first * size_of(graph.type(value).dtype);
  const auto behind = [&](int64_t bytes) { return bytes ? fmt::format(" + {}", bytes) : ""; };
  switch (place.kind) {
    case Place::Kind::input:
      return fmt::format("({})((const char *)f->inputs[{}]{})", type, place.at, behind(first));
    case Place::Kind::output:
      return fmt::format("({})((char *)f->outputs[{}]{})", type, place.at, behind(first));
    case Place::Kind::arena:
      return fmt::format("({})(f->scratch + {})", type, place.at + first);
    case Place::Kind::ring:
      return fmt::format("({})(rings + {})", type, place.at + first);
    case Place::Kind::constant:
      // A view of a constant has its elements.
      return fmt::format("({})(ts_weights + {})", type,
                         weights.add(memory, *graph.constant_of(memory)));
  }
  __builtin_unreachable();
}

std::string Emitter::scratch_address(std::string_view type, int64_t offset) {
  return fmt::format("({} *)(f->scratch + {})", type, offset);
}

std::string Emitter::weights_address(std::string_view type, int64_t offset) {
  return fmt::format("(const {} *)(ts_weights + {})", type, offset);
}

std::string Emitter::copy_address(const Schedule& s, int64_t own, int64_t element_bytes) const {
  const auto first = s.input.first * element_bytes;
  return s.in_strip ? fmt::format("(rings + {})", s.ring_at + first)
                    : fmt::format("(f->scratch + {})", own + first);
}

Epilogue::Epilogue(Emitter& e, const Group& group)
    : e_(e),
      group_(group),
      calls_(group.epilogue),
      shape_(group.anchor->call.out[0].shape),
      integers_(group.anchor->call.out[0].dtype == DType::i32) {
  // The sum before the bias must not be read by anything else.
  const auto reads_sum = [&](const Made* made) {
    return std::count(made->in.begin(), made->in.end(), group.anchor->out[0]) > 0;
  };
  if (!calls_.empty() && calls_.front()->op() == "add" &&
      std::count_if(calls_.begin(), calls_.end(), reads_sum) == 1) {
    const auto& in = calls_.front()->in;
    const auto other = in[0] == group.anchor->out[0] ? in[1] : in[0];
    const auto* constant = e.graph.constant_of(other);
    if (constant && in[0] != in[1] && beside(constant->shape(), shape_) == Beside::channel) {
      bias_ = constant;
      calls_.erase(calls_.begin());
    }
  }
  std::vector<Value> made = {group.anchor->out[0]};
  for (const auto* call : group.epilogue) made.push_back(call->out[0]);
  if (!calls_.empty() && calls_.front()->op() == "requantize")
    requantizing_ = Requantizing::find(e, *calls_.front());
  for (const auto* call : std::span(calls_).subspan(requantizing_ ? 1 : 0))
    for (const auto value : call->in)
      if (std::find(made.begin(), made.end(), value) == made.end() &&
          std::find(operands_.begin(), operands_.end(), value) == operands_.end())
        operands_.push_back(value);
}

bool Epilogue::is_heavy() const {
  return std::ranges::any_of(calls_, [&](const Made* call) {
    return !integers_ && !call->call.op->elementwise->math.empty();
  });
}

std::string Epilogue::load(Value value) const {
  const auto k = std::find(operands_.begin(), operands_.end(), value) - operands_.begin();
  const auto type = e_.graph.type(value).dtype;
  switch (beside(e_.graph.shape(value), shape_)) {
    case Beside::whole:
    case Beside::channel:
      return load_text(type, fmt::format("e{}", k), "n");
    default:
      return fill_text(type, fmt::format("e{}[0]", k));
  }
}

// From the start of the operand to the part of it that stands beside a spot of the result.
std::string Epilogue::offset(Value value, const Spot& spot) const {
  const auto layout = e_.layout(value);
  switch (beside(e_.graph.shape(value), shape_)) {
    case Beside::whole:
      return offset_text(layout, spot.picture, spot.row, spot.column, spot.channel);
    case Beside::pixel:
      return offset_text(layout, spot.picture, spot.row, spot.column, "0");
    case Beside::channel:
      return spot.channel;
    default:
      return "0";
  }
}

std::map<Value, std::string> Epilogue::operand_names() const {
  std::map<Value, std::string> names = {{group_.anchor->out[0], "x"}};
  if (bias_) names[group_.epilogue.front()->out[0]] = "x";
  for (size_t i = 0; i < operands_.size(); ++i) names[operands_[i]] = fmt::format("o{}", i);
  return names;
}

void Epilogue::store_reals() {
  auto names = operand_names();
  write_calls(e_.c, calls_, true, names);
  e_.c.line("{};",
            store_text(e_.graph.type(group_.result()).dtype, "y", names.at(group_.result()), "n"));
}

// Writes what follows the sums x; returns the name of the result.
std::string Epilogue::write_integer_result() const {
  auto names = operand_names();
  const auto& first = *calls_.front();
  std::span<const Made* const> rest = calls_;
  if (first.op() == "requantize") {
    e_.c.line("const vi moved = {};", requantized(first, names));
    const bool is_stored = rest.size() == 1 && has_limits_of_type(first);
    names[first.out[0]] =
        is_stored ? "moved"
                  : fmt::format("vi_clamp(moved, {}, {})", c_integer(first.call.i("low")),
                                c_integer(first.call.i("high")));
    rest = rest.subspan(1);
  } else if (first.op() == "rescale" && rest.size() == 1 && is_limited_by_store(first)) {
    e_.c.need("rescale");
    names[first.out[0]] = fmt::format("vi_nearest(vf_of_vi({}) * {}) + {}", names.at(first.in[0]),
                                      names.at(first.in[1]), c_integer(first.call.i("zero")));
    rest = {};
  } else if (first.op() == "rescale" && rest.size() > 1) {
    if (const auto joined = joined_behind(first, *rest[1])) {
      write_joined(*joined, first, *rest[1], names);
      rest = rest.subspan(2);
    }
  }
  write_calls(e_.c, rest, true, names);
  return names.at(group_.result());
}

// C expression of what a requantize makes, before it is limited.
std::string Epilogue::requantized(const Made& made,
                                  const std::map<Value, std::string>& names) const {
  const auto& sums = names.at(made.in[0]);
  if (requantizing_) return requantizing_->result(e_.c, sums);
  e_.c.need("requantize");
  const auto function = requantize_function(made.call.text("rounding"));
  const bool right = function == "v_requantize" && shifts_right(made);
  return fmt::format("{}({}, {}, {}{}) + {}", right ? "v_requantize_right" : function, sums,
                     names.at(made.in[1]), right ? "-" : "", names.at(made.in[2]),
                     c_integer(made.call.i("zero")));
}

// How a sum takes what a rescale makes, which nobody else does, on a machine that joins products
// and sums: as steps from which nothing is added or taken off.
std::optional<JoinedSum> Epilogue::joined_behind(const Made& rescale, const Made& sum) const {
  const auto reads = [&](const Made* call) { return std::ranges::count(call->in, rescale.out[0]); };
  int64_t readers = 0;
  for (const auto* call : calls_) readers += reads(call);
  const bool joins = e_.target.arch == Arch::aarch64 || has_feature(KernelFeature::avx2, e_.target);
  if (!joins || sum.op() != "rescaled_add" || readers != 1 || reads(&sum) != 1) return std::nullopt;
  const auto zero = rescale.call.i("zero");
  const bool is_first = sum.in[0] == rescale.out[0];
  return joined_sum(sum.call, {is_first ? zero : 0, is_first ? 0 : zero});
}

void Epilogue::write_joined(const JoinedSum& joined, const Made& rescale, const Made& sum,
                            std::map<Value, std::string>& names) const {
  auto& c = e_.c;
  c.need("rescale");
  c.line("const vf steps = v_rescaled_steps({}, {}{});", names.at(rescale.in[0]),
         names.at(rescale.in[1]), c_limits(rescale.call));
  const bool is_first = sum.in[0] == rescale.out[0];
  const auto other = fmt::format("vf_of_vi({})", names.at(sum.in[is_first ? 1 : 0]));
  const auto steps = fmt::format("vi_nearest({})", is_first ? c_joined_sum(joined, "steps", other)
                                                            : c_joined_sum(joined, other, "steps"));
  const bool is_stored = sum.out[0] == group_.result() && has_limits_of_type(sum);
  names[sum.out[0]] = is_stored
                          ? steps
                          : fmt::format("vi_clamp({}, {}, {})", steps, c_integer(sum.call.i("low")),
                                        c_integer(sum.call.i("high")));
}

// Whether the limits are those of the type, to which stores saturate.
bool Epilogue::has_limits_of_type(const Made& made) {
  const auto limits = range_of(made.call.out[0].dtype);
  return made.call.i("low") == limits.low && made.call.i("high") == limits.high;
}

// Whether no channel of a requantize is shifted to the left.
bool Epilogue::shifts_right(const Made& requantize) const {
  const auto* shifts = e_.graph.constant_of(requantize.in[2]);
  return shifts && std::ranges::all_of(shifts->as<int32_t>(), [](int32_t s) { return s <= 0; });
}

// Whether all that a rescale may give fits 32 bits, and stores do the rest.
bool Epilogue::is_limited_by_store(const Made& rescale) const {
  constexpr float most = 0.5f;
  const auto* factors = e_.graph.constant_of(rescale.in[1]);
  return factors && has_limits_of_type(rescale) &&
         std::ranges::all_of(factors->as<float>(), [](float f) { return f >= 0 && f <= most; });
}

void Epilogue::write_store(const std::string& name) {
  auto& c = e_.c;
  const auto head = fmt::format("V_INLINE void {}_store(int n, {} x{})", name,
                                integers_ ? "vi" : "vf", parameters());
  if (!integers_)
    return c.block(head, [&] {
      write_operands();
      store_reals();
    });
  if (calls_.empty())
    c.block(head, [&] { c.line("vi_store_n(y, x, n);"); });
  else
    write_integer_store(name, head);
  if (has_feature(KernelFeature::avx2, e_.target)) write_store_pixel(name);
}

// NAME_result becomes bytes, or whatever the result is of, alone or beside others.
void Epilogue::write_integer_store(const std::string& name, const std::string& head) {
  auto& c = e_.c;
  c.block(fmt::format("V_INLINE vi {}_result(int n, vi x{})", name, operand_parameters()), [&] {
    c.line("(void)n;");
    write_operands();
    c.line("return {};", write_integer_result());
  });
  const auto result = fmt::format("{}_result(n, x{})", name, operand_arguments_at({}));
  c.block(head, [&] {
    c.line("{};", store_text(e_.graph.type(group_.result()).dtype, "y", result, "n"));
  });
}

void Epilogue::write_store_pixel(const std::string& name) {
  auto& c = e_.c;
  const Spot spot = {.channel = "k"};
  constexpr std::string_view filled = "n - k < LANES ? n - k : LANES";
  constexpr std::string_view loop = "V_UNROLL for (int k = 0; k < n; k += LANES)";
  c.block(
      fmt::format("V_INLINE void {}_store_pixel(int n, const vi *x{})", name, parameters()), [&] {
        if (!stores_pixels())
          return c.line("{} {}_store({}, x[k / LANES]{});", loop, name, filled, arguments_at(spot));
        c.line("vi results[4];");
        c.line("{} results[k / LANES] = {}_result({}, x[k / LANES]{});", loop, name, filled,
               operand_arguments_at(spot));
        c.line("vi_store_row_{}(y, results, n);", print(e_.graph.type(group_.result()).dtype));
      });
}

bool Epilogue::stores_pixels() const {
  const auto type = e_.graph.type(group_.result()).dtype;
  return integers_ && !calls_.empty() && has_feature(KernelFeature::avx2, e_.target) &&
         (type == DType::u8 || type == DType::i8);
}

std::string Epilogue::store_pixel(const std::string& name, std::string_view n,
                                  std::string_view sums, const Spot& inside) const {
  return fmt::format("{}_store_pixel({}, {}{});", name, n, sums, arguments_at(inside));
}

void Epilogue::write_operands() {
  for (size_t i = 0; i < operands_.size(); ++i)
    e_.c.line("const {} o{} = {};", vector_type(e_.graph.type(operands_[i]).dtype), i,
              load(operands_[i]));
}

std::string Epilogue::parameters() const {
  return fmt::format(", {} *y", kernel_type(e_.graph.type(group_.result()).dtype)) +
         operand_parameters();
}

std::string Epilogue::operand_parameters() const {
  std::string text;
  for (size_t i = 0; i < operands_.size(); ++i)
    text += fmt::format(", const {} *e{}", kernel_type(e_.graph.type(operands_[i]).dtype), i);
  return requantizing_ ? text + requantizing_->parameters() : text;
}

std::string Epilogue::arguments() const { return arguments_at({}); }

namespace {

// ", name + offset".
std::string moved_argument(const std::string& name, const std::string& offset) {
  return ", " + (offset == "0" ? name : name + " + " + offset);
}

}  // namespace

std::string Epilogue::arguments_at(const Spot& spot) const {
  return moved_argument("y", offset_text(e_.layout(group_.result()), spot.picture, spot.row,
                                         spot.column, spot.channel)) +
         operand_arguments_at(spot);
}

std::string Epilogue::operand_arguments_at(const Spot& spot) const {
  std::string text;
  for (size_t i = 0; i < operands_.size(); ++i)
    text += moved_argument(fmt::format("e{}", i), offset(operands_[i], spot));
  return requantizing_ ? text + requantizing_->arguments(spot.channel) : text;
}

std::string Epilogue::store(const std::string& name, std::string_view n, const Spot& inside) const {
  return fmt::format("{}_store({}, value{});", name, n, arguments_at(inside));
}

void Epilogue::write_pointers() const {
  e_.c.line("{} *y = {};", kernel_type(e_.graph.type(group_.result()).dtype),
            e_.address(group_.result(), true));
  for (size_t i = 0; i < operands_.size(); ++i)
    e_.c.line("const {} *e{} = {};", kernel_type(e_.graph.type(operands_[i]).dtype), i,
              e_.address(operands_[i]));
  if (requantizing_) requantizing_->write_pointers(e_);
}

void write_calls(CWriter& c, std::span<const Made* const> calls, bool vectors,
                 std::map<Value, std::string>& names) {
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto& call = calls[i]->call;
    const auto& forms = vectors ? *vector_form_of(call) : *call.op->elementwise;
    std::vector<std::string> operands;
    for (const auto value : calls[i]->in) operands.push_back(names.at(value));
    const auto name = fmt::format("t{}", i);
    c.need(forms.math);
    const auto type = call.out[0].dtype;
    c.line("const {} {} = {};", vectors ? vector_type(type) : c_type(type), name,
           vectors ? forms.vector(call, operands) : forms.scalar(call, operands));
    names[calls[i]->out[0]] = name;
  }
}

// C's own character types, as the templates' loads and stores take them.
std::string_view kernel_type(DType type) {
  switch (type) {
    case DType::i8:
      return "signed char";
    case DType::u8:
      return "unsigned char";
    case DType::i16:
      return "short";
    case DType::i32:
      return "int";
    case DType::f16:
      return "f16";
    case DType::bf16:
      return "bf16";
    default:
      return "float";
  }
}

std::string_view vector_type(DType type) { return is_float(type) ? "vf" : "vi"; }

namespace {

// Behind the names of loads and stores of narrow elements.
std::string narrow_suffix(DType type) {
  return size_of(type) == 4 ? "" : fmt::format("_{}", print(type));
}

}  // namespace

std::string load_text(DType type, std::string_view at, std::string_view n) {
  return fmt::format("{}_load{}_n({}, {})", vector_type(type), narrow_suffix(type), at, n);
}

std::string fill_text(DType type, std::string_view element) {
  return fmt::format("{}_set({})", vector_type(type), widened_text(type, element));
}

std::string store_text(DType type, std::string_view at, std::string_view value,
                       std::string_view n) {
  return fmt::format("{}_store{}_n({}, {}, {})", vector_type(type), narrow_suffix(type), at, value,
                     n);
}

void write_margins(CWriter& c, const MemoryLayout& layout, int64_t element_bytes,
                   std::string_view memory, std::string_view row) {
  const auto bytes = layout.column_step * element_bytes;
  const auto first = fmt::format("{} + {}", memory, offset_text(layout, "picture", row, "0", "0"));
  const auto clear = [&](int64_t from, int64_t columns) {
    if (columns == 0) return;
    const auto at = from * layout.column_step;
    c.line("__builtin_memset({} {} {}, {}, {});", first, at < 0 ? "-" : "+", at < 0 ? -at : at,
           layout.fill & 255, columns * bytes);
  };
  clear(-layout.left, layout.left);
  clear(layout.columns, layout.right);
  write_gaps(c, layout, element_bytes, first, "0", std::to_string(layout.columns));
}

void write_gaps(CWriter& c, const MemoryLayout& layout, int64_t element_bytes,
                std::string_view first, std::string_view from, std::string_view to) {
  if (layout.clears_gap)
    c.line("for (long k = {}; k < {}; ++k) __builtin_memset({} + k * {} + {}, 0, {});", from, to,
           first, layout.column_step, layout.channels, layout.gap * element_bytes);
}

void write_taps(CWriter& c, std::string_view name, std::string_view low, std::string_view high,
                int64_t kernel, int64_t dilation, int64_t extent) {
  c.line("const long first_{0} = {1} < 0 ? (-({1}) + {2}) / {3} : 0;", name, high, dilation - 1,
         dilation);
  c.line("long last_{0} = ({1} - ({2}) + {3}) / {4};", name, extent, low, dilation - 1, dilation);
  c.line("if (last_{0} > {1}) last_{0} = {1};", name, kernel);
}

std::string write_fill_row(Emitter& e, const std::string& name, const MemoryLayout& layout,
                           std::string_view type, int64_t value) {
  // One element more for kernels that take several at once.
  const auto elements = layout.blocks() * std::max(layout.block_step, int64_t{1}) +
                        (layout.left + layout.columns + layout.right) * layout.column_step + 16;
  const auto left = layout.left * layout.column_step;
  if (value == 0) {
    e.zero_bytes = std::max(e.zero_bytes, elements * 4);
    return fmt::format("((const {} *)ts_zeros + {})", type, left);
  }
  e.c.line("static const {} {}_fill[{}] = {{[0 ... {}] = {}}};", type, name, elements, elements - 1,
           c_integer(value));
  return fmt::format("({}_fill + {})", name, left);
}

void write_row_copy(CWriter& c, const std::string& name, const RowCopy& copy,
                    const std::string& from_address, const std::string& to_address) {
  const auto& to = copy.to;
  const bool converts = copy.from_type != copy.type || copy.zero != 0;
  const auto size = copy.type == "float" || copy.type == "int"    ? 4
                    : copy.type == "short" || copy.type == "bf16" ? 2
                                                                  : 1;
  const auto fill = [&](int64_t from, int64_t columns) {
    if (columns == 0) return;
    const auto at = from * to.column_step;
    const auto elements = columns * to.column_step;
    if (copy.fill == 0)
      c.line("__builtin_memset(b + {}, 0, {});", at, elements * size);
    else
      c.line("for (long k = 0; k < {}; ++k) b[{} + k] = {};", elements, at, c_integer(copy.fill));
  };
  const auto elements = [&](std::string_view before, int64_t count, std::string_view to_at,
                            std::string_view from_at) {
    c.line("{}for (long k = 0; k < {}; ++k) b[{}k] = ({})(a[{}k] - {});", before, count, to_at,
           copy.type, from_at, c_integer(copy.zero));
  };
  write_rows_function(c, name + "_copy", [&] {
    c.line("const {0} *x = (const {0} *){1};", copy.from_type, from_address);
    c.line("{0} *p = ({0} *){1};", copy.type, to_address);
    c.block("for (long row = from; row < to; ++row)", [&] {
      c.loop("block", to.blocks(), [&] {
        c.line("const {} *a = x + {} + block * {};", copy.from_type,
               offset_text(copy.from, "picture", "row", "0", "0"), copy.from.block_step);
        c.line("{} *b = p + {} + block * {};", copy.type,
               offset_text(to, "picture", "row", "0", "0"), to.block_step);
        fill(-to.left, to.left);
        // Elements of one block of a row lie side by side, mostly in both.
        const auto run = to.columns * to.block;
        const bool side_by_side =
            copy.from.column_step == to.column_step && to.column_step == to.block;
        if (side_by_side && !converts)
          c.line("__builtin_memcpy(b, a, {});", run * size);
        else if (side_by_side)
          elements("", run, "", "");
        else
          elements(fmt::format("for (long column = 0; column < {}; ++column) ", to.columns),
                   to.block, fmt::format("column * {} + ", to.column_step),
                   fmt::format("column * {} + ", copy.from.column_step));
        fill(to.columns, to.right);
        write_gaps(c, to, size, "b", "0", std::to_string(to.columns));
      });
    });
  });
}

Step write_row_units(CWriter& c, const std::string& name, int64_t pictures, int64_t rows,
                     int64_t height, bool parallel) {
  const auto units = ceil_div(rows, height);
  write_step(c, name, [&] {
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long picture = u / {0}, first = u % {0} * {1};", units, height);
      c.line("{0}_rows(f, rings, picture, first, first + {1} < {2} ? first + {1} : {2});", name,
             height, rows);
    });
  });
  return {name, pictures * units, parallel};
}

void paste_kernel(CWriter& c, std::string_view kernel,
                  const std::vector<std::pair<std::string, std::string>>& parameters) {
  for (const auto& [name, value] : parameters) c.line("#define {} {}", name, value);
  const auto text = kernel_text(kernel);
  CHECK(!text.empty());
  c.paste(text);
}

namespace {

// Where a tile keeps a sum until it is stored.
std::string sum_text(const Tile& tile) {
  const auto pixel = fmt::format("((row) * {} + (column))", tile.columns);
  return tile.vectors == 1
             ? fmt::format("sums + {} * LANES", pixel)
             : fmt::format("sums + ({} * {} + (vector)) * LANES", pixel, tile.vectors);
}

std::string loop_text(std::string_view i, int n, int from = 0) {
  return fmt::format("for (long {0} = {1}; {0} < {2}; ++{0})", i, from, n);
}

void write_stores(CWriter& c, const Tile& tile, const Epilogue& epilogue,
                  const std::string& store) {
  const auto* vector = tile.sum_type == "int" ? "vi" : "vf";
  c.block(fmt::format("V_OWN_OF_FEW void {}_stores(const {} *sums{})", tile.name, tile.sum_type,
                      epilogue.parameters()),
          [&] {
            const auto pixels = loop_text("row", tile.rows) + " " +
                                loop_text("column", tile.columns, tile.first_column);
            const auto vectors = tile.stored_vectors > 0 ? tile.stored_vectors : tile.vectors;
            if (tile.stores_pixels)
              return c.block(pixels, [&] {
                c.line("{} values[{}];", vector, vectors);
                c.line("V_UNROLL {} values[vector] = {}_load({});", loop_text("vector", vectors),
                       vector, sum_text(tile));
                c.line("{}", store);
              });
            c.line("{}", pixels);
            c.block("V_UNROLL_OF_MANY " + loop_text("vector", vectors), [&] {
              c.line("const {0} value = {0}_load({1});", vector, sum_text(tile));
              c.line("{}", store);
            });
          });
  c.block(fmt::format("V_INLINE void {}({}{}{})", tile.name, tile.parameters, epilogue.parameters(),
                      tile.parts > 1 ? parts_parameters : ""),
          [&] {
            if (tile.parts > 1) {
              c.line("{}_sums({}, sums, part);", tile.name, tile.arguments);
              c.line("if (part == {}) {}_stores(sums{});", tile.parts - 1, tile.name,
                     epilogue.arguments());
              return;
            }
            c.line("{} sums[{} * LANES] __attribute__((aligned(64)));", tile.sum_type,
                   tile.rows * tile.columns * tile.vectors);
            c.line("{} *at = sums;", tile.sum_type);
            c.line("if (V_LOADS_APART) V_HIDE(at);");
            c.line("{}_sums({}, at);", tile.name, tile.arguments);
            c.line("{}_stores(at{});", tile.name, epilogue.arguments());
          });
}

}  // namespace

void paste_tile(CWriter& c, std::string_view kernel, const Tile& tile, const Epilogue& epilogue,
                std::string_view store_macro, const std::string& store,
                std::vector<std::pair<std::string, std::string>> parameters) {
  if (tile.parts == 1 && !tile.leaves_sums && !epilogue.is_heavy()) {
    parameters.emplace_back("NAME", tile.name);
    parameters.emplace_back("EPILOGUE_ARGUMENTS", epilogue.parameters());
    parameters.emplace_back(store_macro, store);
    return paste_kernel(c, kernel, parameters);
  }
  parameters.emplace_back("NAME", tile.name + "_sums");
  if (!tile.leaves_sums) {
    parameters.emplace_back("EPILOGUE_ARGUMENTS",
                            tile.parts > 1 ? std::string(parts_parameters) : ", float *sums");
    parameters.emplace_back(store_macro, fmt::format("vf_store({}, value);", sum_text(tile)));
  }
  if (tile.parts > 1)
    parameters.emplace_back(
        "START(row, column, vector)",
        fmt::format(
            "(part > 0 ? vf_load({}) : bias ? vf_load(bias + (vector) * LANES) : vf_set(0))",
            sum_text(tile)));
  paste_kernel(c, kernel, parameters);
  write_stores(c, tile, epilogue, store);
}

}  // namespace turnstone
