// How a graph is computed: which calls together, by which kernels, tiles and loop nests, and how
// the values in between lie in memory.
#pragma once

#include <optional>

#include "codegen/attention.h"
#include "codegen/group.h"
#include "codegen/layout.h"
#include "codegen/strip.h"
#include "codegen/target.h"
#include "codegen/tuning.h"
#include "kernels/kernels.h"
#include "ops/conv.h"

namespace turnstone {

// A convolution or matrix product as a matrix kernel sees it: `pixels` results of `channels` each,
// every one a sum over `depth` inputs.
struct MatrixShape {
  int64_t batches = 1;                 // products with weights of their own
  int64_t pixels = 0;                  // in one batch
  int64_t groups = 1;                  // of channels, each a product of its own
  int64_t depth = 0;                   // of one group
  int64_t channels = 0;                // of the result, in one group
  std::optional<ConvShape> conv = {};  // absent for matrix products
  bool constant_weights = true;
  bool integers = false;
  DType input = DType::f32;    // elements of what the model has
  DType weights = DType::f32;  // what reals are stored as for the kernel

  // A convolution whose inputs lie as its results do: a plain product.
  bool is_pointwise() const;
};

// How one group is computed.
struct Schedule {
  enum class Kind {
    view,       // nothing to do
    portable,   // the operator's own code
    elements,   // chains of elementwise calls on whatever shapes
    rows,       // the same, on vectors, pixel by pixel, also between f32 and integers
    matrix,     // convolutions and matrix products
    winograd,   // 3x3 convolutions by minimal filtering
    depthwise,  // depthwise convolutions
    pool,       // the largest or the mean of windows, f32
    mean,       // the mean of all pixels of each picture, f32
    reduce,     // one number of all channels of a pixel, f32
    concat,     // parts of channels side by side
    slice,      // some channels, until its layout makes it a view
  } kind = Kind::portable;
  std::string_view kernel = {};  // template of kernels/, "" for code that operators emit
  int lanes = 1;                 // 32-bit elements of a vector
  int rows = 1;                  // of a tile: output rows
  int columns = 1;               // of a tile: output columns
  int vectors = 1;               // of a tile: vectors of channels
  bool flat = false;             // columns run over all pixels, without regard to rows
  bool copies_input = false;     // into scratch memory with margins, as its layout `input`
  MemoryLayout input = {};       // what the kernel reads
  int outputs = 0;               // winograd: rows and columns of results of a tile, 4 or 2
  int64_t block = 1;             // tiles of pixels that stay in the cache while all weights pass
  int parts = 1;                 // of the depth, one after the other, with sums in memory
  int64_t panels = 1;            // of channels that one part is added up for before the next
  bool parallel = false;         // worth waking other threads for
  int64_t own_bytes = 0;         // scratch memory that only this group uses
  int64_t ring_bytes = 0;        // the same of each thread
  bool in_strip = false;         // a strip, or an attention, asks for its rows
  int most_rows = 4;             // of a tile
  int64_t ring_at = 0;           // then, where the copied input stands in a thread's own memory
};

// The tiles of a 3x3 convolution that is computed by minimal filtering, and how the elements
// between its transforms lie: [product][tile][channel], steps in elements.
struct WinogradShape {
  int64_t taps = 0;  // rows and columns of a tile of the input
  int64_t batch = 1, tile_rows = 0, tile_columns = 0;
  int64_t block = 1;  // tiles at a time
  int64_t input_step = 0, input_plane = 0;
  int64_t output_step = 0, output_plane = 0;

  int64_t products() const { return taps * taps; }
  int64_t tiles() const { return batch * tile_rows * tile_columns; }
  int64_t blocks() const { return ceil_div(tiles(), block); }
  int64_t bytes() const { return products() * (input_plane + output_plane) * 4; }
};
WinogradShape winograd_shape(const ConvShape& conv, const Schedule& schedule);

// What computes a group, in one word: the name of its template, or "elements", "portable", ...
std::string_view print_kernel(const Schedule& schedule);

// A graph in groups, each with its schedule.
struct Scheduled {
  std::vector<Group> groups;
  std::vector<Schedule> schedules;
  MemoryLayouts layouts;
  std::vector<Strip> strips;
  std::vector<Attention> attentions;
};

// The shape of a convolution or matrix product.
MatrixShape matrix_shape(const Graph& graph, const Made& made);

// Whether a convolution of integers has weights of signed bytes that nothing is taken off.
bool has_byte_weights(const Made& made);

// How many neighbouring inputs a kernel multiplies at a time that are bytes, 4 or 8, 0 where they
// are none.
int64_t bytes_at_once(std::string_view kernel);

// Whether a kernel takes the elements of a convolution's input as they are; whether it then reads
// them where they lie, as far as their margins fit; and whether those of a layout do.
bool takes_elements_of_value(const Made& made, std::string_view kernel);
bool reads_in_place(const Made& made, std::string_view kernel);
bool reads_as_it_lies(const Graph& graph, const Made& made, std::string_view kernel,
                      const MemoryLayout& layout);

// Whether a kernel multiplies tiles; the inputs that it then takes at once; and the elements behind
// each pixel that it needs of the input of a convolution for that, 0 for other kernels.
bool takes_tiles(std::string_view kernel);
int64_t tile_step(DType type);
int64_t wanted_gap(const Graph& graph, const Made& made, std::string_view kernel);

// A copy of the input of a convolution, which lies as `like`, with the margins and the gap that the
// kernel asks for.
MemoryLayout copied_layout(const Graph& graph, const Made& made, std::string_view kernel,
                           const MemoryLayout& like);

// The window that slides over the input of a convolution or product; of one place for the latter.
Window window_of(const MatrixShape& shape, const MemoryLayout& input);

// Columns right of the picture that windows cover.
int64_t columns_beyond(const Window& window);

// The one place where groups, kernels, tiles, loops and layouts are chosen: as measured where
// `tuning` knows a layer, else by what the work is expected to cost.
Scheduled make_schedule(const Graph& graph, const Target& target, const Tuning* tuning = nullptr);

// What distinguishes a convolution or product from others, for Tuning; "" for other groups.
std::string layer_key(const Graph& graph, const Group& group);

// Ways to compute such a group that are worth measuring, the most promising first.
std::vector<Choice> candidates_of(const Graph& graph, const Group& group, const Target& target);

// Multiply-adds counted as two, other elements as one; and bytes of operands and results.
uint64_t flops_of(const Graph& graph, const Group& group);
uint64_t bytes_of(const Graph& graph, const Group& group);

// "conv 3x3 [1,112,112,32]->[1,56,56,64]": for --explain and profiles; our words only.
std::string describe(const Graph& graph, const Group& group);

}  // namespace turnstone
