// Walks over all places of a shape: in memory for `eval`, as nested loops for `emit`.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "emit/c_writer.h"
#include "ir/op.h"

namespace turnstone {

// Index along each dimension of element `i` of a shape, row-major.
Shape place_of(const Shape& shape, int64_t i);

// The first operand as [outer, n, inner]: its elements before, along and behind the dimension that
// the attribute `axis` names, which is legal.
struct Extents {
  int64_t outer, n, inner;
};
Extents extents_of(const Call& call);

// Sum of index * stride over all dimensions.
int64_t offset_of(const Shape& place, const Shape& strides);

// Product of the extents of the dimensions [from, to).
int64_t count_between(const Shape& shape, size_t from, size_t to);

// The C text of an offset over the loop variables i0, i1, ...: "12 * i0 + i2", or "0".
std::string c_offset(const Shape& strides);

// Loops i0, i1, ... over `shape`, outermost first, around what `body` writes.
void emit_nest(CWriter& c, const Shape& shape, const std::function<void()>& body);

// The same loops in parts, as OpDef::parts says: the outermost of more than one step goes over
// [from, to) of `parts_of`.
int64_t parts_of(const Shape& shape);
void emit_parts(CWriter& c, const Shape& shape, const std::function<void()>& body);

// Loops over n elements, a vector at each k: `one` writes a whole vector with "" and "", and what
// is left with "_n" and ", how many", as the loads and stores of kernels/vector.c take them.
void emit_vectors(CWriter& c, int64_t n,
                  const std::function<void(std::string_view form, const std::string& n)>& one);

// Stride of each dimension of `out` in an operand that is repeated to it: 0 where it is repeated.
Shape repeated_strides(const Shape& operand, const Shape& out);

// For samples: a whole number in [low, high], a shape, an element type of `types`.
int64_t pick(std::mt19937& rng, int64_t low, int64_t high);
Shape pick_shape(std::mt19937& rng, int64_t least_rank, int64_t most_rank, int64_t most_extent);
DType pick_type(std::mt19937& rng, std::initializer_list<DType> types);

// f32, or integers; not bool and not the types that are only stored.
bool is_number(DType type);

}  // namespace turnstone
