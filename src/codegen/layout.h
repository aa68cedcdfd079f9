// How the elements of values lie in memory: what the schedule chooses, and operators never see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "codegen/group.h"
#include "codegen/sizes.h"

namespace turnstone {

struct Schedule;

// Steps count elements between neighbours. Extents are [picture, row, column, channel]; a value of
// another rank is one picture of one row, whose columns are all but the last dimension.
struct MemoryLayout {
  int64_t pictures = 1, rows = 1, columns = 1, channels = 1;
  int64_t picture_step = 0, row_step = 0, column_step = 0;
  int64_t block = 1;            // channels that lie side by side
  int64_t block_step = 0;       // between such blocks
  int64_t gap = 0;              // elements behind the channels of each pixel
  bool clears_gap = false;      // these are 0
  int64_t left = 0, right = 0;  // columns at both ends of each row whose elements are `fill`
  int64_t fill = 0;             // of bytes; 0 for others
  int64_t first = 0;            // of element [0,0,0,0] from the start of the memory
  int64_t ring = 0;             // rows that there is memory for: row r stands at r % ring; 0: all
  int64_t elements = 0;         // of the memory, or 0 when it is another value's

  int64_t blocks() const { return ceil_div(channels, block); }
  // Whether there is more to write than the elements themselves.
  bool has_margins() const { return left > 0 || right > 0 || clears_gap; }
  // Channels of a pixel lie side by side.
  bool is_channels_last() const { return block == channels; }
  // Every pixel lies one column step after the one before it.
  bool is_flat() const;
  // Row-major without gaps.
  bool is_plain() const;
};

// Row-major without gaps.
MemoryLayout plain_layout(const Shape& shape);
// Channels last, with margins at both ends of each row.
MemoryLayout margin_layout(const Shape& shape, int64_t left, int64_t right);
// The same for one plane a channel: [picture, row, channel, column].
MemoryLayout plane_layout(const Shape& shape, int64_t left, int64_t right);

// With margins, and channels last or one plane a channel as `like` has it.
MemoryLayout padded_layout(const Shape& shape, const MemoryLayout& like, int64_t left,
                           int64_t right);
// The same values, channels last, with a gap behind each pixel. Elements of the type must be 0
// there if they are reals: a product with NaN would show, whatever it is multiplied by.
MemoryLayout gap_layout(MemoryLayout layout, int64_t gap, DType type);
// The same values, of which only `rows` rows of one picture are kept at a time.
MemoryLayout ring_layout(MemoryLayout layout, int64_t rows);

// C text of the offset of an element; every part is a C expression or a number.
std::string offset_text(const MemoryLayout& layout, std::string_view picture, std::string_view row,
                        std::string_view column, std::string_view channel);

// What is known of the values of one graph.
struct MemoryLayouts {
  std::map<Value, MemoryLayout> of;  // values that are not plain
  std::map<Value, Value> inside;     // values that stand in the memory of another

  // The layout of any value.
  MemoryLayout find(const Graph& graph, Value value) const;
  // The value whose memory this one stands in; itself mostly.
  Value memory_of(Value value) const;
  // Whether no other value stands in the same memory.
  bool stands_alone(Value value) const;
};

// Chooses the layout of every value: margins where all that read and write a value can work with
// them, parts of a concatenation inside its result, planes where a picture comes as such. Calls
// that nothing is left to do for become views.
MemoryLayouts make_layouts(const Graph& graph, const std::vector<Group>& groups,
                           std::vector<Schedule>& schedules);

}  // namespace turnstone
