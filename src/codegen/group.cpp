#include "codegen/group.h"

#include <algorithm>
#include <map>
#include <set>

#include "ops/conv.h"
#include "ops/narrow.h"

namespace turnstone {

std::vector<std::vector<size_t>> readers_of(const Graph& graph, const std::vector<Group>& groups) {
  std::vector<std::vector<size_t>> readers(graph.value_count());
  const auto add = [&](Value value, size_t g) {
    readers[static_cast<size_t>(value.id)].push_back(g);
  };
  for (size_t g = 0; g < groups.size(); ++g)
    for (const auto value : groups[g].inputs) add(value, g);
  for (const auto& port : graph.outputs()) add(port.value, groups.size());
  return readers;
}

Beside beside(const Shape& operand, const Shape& result) {
  const auto n = count(operand);
  if (operand == result) return Beside::whole;
  if (n == 1) return Beside::scalar;
  const auto channels = result.empty() ? 1 : result.back();
  if (channels == 0) return Beside::other;
  if (n == channels && !operand.empty() && operand.back() == channels) return Beside::channel;
  if (n == count(result) / channels && operand.size() == result.size() && operand.back() == 1)
    return Beside::pixel;
  return Beside::other;
}

namespace {

// Nothing to multiply, or nowhere to put it.
bool is_empty(const Call& call) {
  return count(call.out[0].shape) == 0 || count(call.in[0].shape) == 0;
}

bool is_matrix(const Graph& graph, const Made& made) {
  if (made.op() == "matmul") return made.call.out[0].dtype == DType::f32;
  return made.op() == "conv" && graph.constant_of(made.in[1]);
}

bool is_depthwise(const Graph& graph, const Made& made) {
  if (made.op() != "conv" || !graph.constant_of(made.in[1])) return false;
  const auto c = conv_shape(made.call);
  const auto reach = (c.kernel_columns - 1) * c.column_dilation;
  return c.is_depthwise() && c.group_outputs() == 1 && c.row_dilation == c.column_dilation &&
         c.kernel_rows <= 7 && c.kernel_columns <= 7 && c.left <= reach && c.right <= reach;
}

}  // namespace

std::vector<const Made*> Group::calls() const {
  std::vector<const Made*> all = {anchor};
  all.insert(all.end(), epilogue.begin(), epilogue.end());
  return all;
}

namespace {

// Types of elements that vectors are loaded from and stored to.
bool is_of_vectors(const Type& type) {
  return type.dtype == DType::f32 || type.dtype == DType::i32 || type.dtype == DType::i16 ||
         is_byte(type.dtype);
}

// Types of elements that are f32 in a vector.
bool is_real(const Type& type) { return type.dtype == DType::f32 || type.dtype == DType::bf16; }

// Whether scales that are several are those of the channels.
bool has_channels_last(const Call& call) {
  if (call.op->name != "dequantize" || call.in[1].shape[0] == 1) return true;
  return *normal_axis(call.i("axis"), call.in[0].rank()) == call.in[0].rank() - 1;
}

}  // namespace

const Elementwise* vector_form_of(const Call& call) {
  if (const auto* form = call.op->elementwise) {
    const bool fits = std::ranges::all_of(call.in, is_real) && is_real(call.out[0]);
    return form->vector && fits ? form : nullptr;
  }
  const bool fits = call.op->mixed && std::ranges::all_of(call.in, is_of_vectors) &&
                    is_of_vectors(call.out[0]) && has_channels_last(call);
  return fits ? call.op->mixed : nullptr;
}

bool has_vector_forms(const Group& group) {
  return std::ranges::all_of(
      group.calls(), [](const Made* made) { return vector_form_of(made->call) != nullptr; });
}

Work work_of(const Graph& graph, const Made& made) {
  if (made.call.op->elementwise) return Work::elements;
  if (is_empty(made.call)) return Work::portable;
  if (is_depthwise(graph, made)) return Work::depthwise;
  return is_matrix(graph, made) ? Work::matrix : Work::portable;
}

namespace {

constexpr size_t most_calls = 24;  // in one group

bool is_integer_conv(const Made& made) {
  return made.op() == "conv" && made.call.out[0].dtype == DType::i32;
}

class Grouper {
 public:
  explicit Grouper(const Graph& graph)
      : graph_(graph), live_(graph.live_calls()), uses_(uses_of(graph)) {}

  std::vector<Group> run() {
    for (size_t i = 0; i < live_.size(); ++i)
      if (!taken_.contains(live_[i])) add(i);
    std::stable_sort(groups_.begin(), groups_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Group> groups;
    for (auto& [at, group] : groups_) groups.push_back(std::move(group));
    return groups;
  }

 private:
  void add(size_t i) {
    const Made& anchor = *live_[i];
    Group group{&anchor, {}, {}, anchor.out, false};
    size_t last = i;
    if (work_of(graph_, anchor) != Work::portable)
      last = is_integer_conv(anchor) ? grow_integers(i, group) : grow(i, group);
    group.is_view = anchor.op() == "reshape" && group.epilogue.empty();
    taken_.insert(&anchor);
    for (const auto* made : group.epilogue) taken_.insert(made);
    collect_inputs(group);
    groups_.emplace_back(last, std::move(group));
  }

  // Adds the longest run of elementwise calls after which only one value is read from outside.
  // Returns the place of the group's last call.
  size_t grow(size_t i, Group& group) {
    const Made& anchor = *live_[i];
    std::map<Value, int> unread = {
        {anchor.out[0], use(anchor.out[0])}};  // readers not in the group
    std::vector<const Made*> tried;
    size_t last = i;
    for (size_t k = i + 1; k < live_.size() && tried.size() < most_calls; ++k) {
      const Made& made = *live_[k];
      if (taken_.contains(&made)) continue;
      const bool reads =
          std::any_of(made.in.begin(), made.in.end(), [&](Value v) { return unread.contains(v); });
      if (!reads) continue;
      if (!fits(anchor, made, unread)) break;
      for (const auto value : made.in)
        if (const auto found = unread.find(value); found != unread.end()) --found->second;
      tried.push_back(&made);
      unread[made.out[0]] = use(made.out[0]);
      if (only_last_is_read(unread, made.out[0])) {
        group.epilogue = tried;
        group.outputs = made.out;
        last = k;
      }
    }
    return last;
  }

  // The only call that reads `value`, behind place `i`; null when there are several or none.
  const Made* only_reader(Value value, size_t& i) const {
    if (use(value) != 1) return nullptr;
    for (size_t k = i + 1; k < live_.size(); ++k)
      for (const auto operand : live_[k]->in)
        if (operand == value) {
          i = k;
          return live_[k];
        }
    return nullptr;
  }

  bool is_constant(Value value) const { return graph_.constant_of(value) != nullptr; }

  // Constant and of those that kernels/requantize takes as they are.
  bool are_shifts(Value value) const {
    const auto* constant = graph_.constant_of(value);
    if (!constant) return false;
    const auto shifts = constant->as<int32_t>();
    return std::all_of(shifts.begin(), shifts.end(), [](int32_t s) { return s >= -31 && s <= 30; });
  }

  // Whether the call brings sums to the result's own steps, by constants.
  bool finishes(const Made& made) const {
    if (made.op() == "rescale") return is_constant(made.in[1]);
    return made.op() == "requantize" && is_constant(made.in[1]) && are_shifts(made.in[2]);
  }

  // Bias and requantisation behind a convolution of integers, and what then meets another value.
  size_t grow_integers(size_t i, Group& group) {
    const auto& shape = group.anchor->call.out[0].shape;
    auto last = i;
    const auto* made = only_reader(group.anchor->out[0], last);
    if (made && made->op() == "add" && made->call.out[0].shape == shape) {
      const auto other = made->in[0] == group.anchor->out[0] ? made->in[1] : made->in[0];
      if (!is_constant(other) || beside(graph_.shape(other), shape) != Beside::channel) return i;
      group.epilogue.push_back(made);
      group.outputs = made->out;
      i = last;
      made = only_reader(made->out[0], last);
    }
    if (!made || !finishes(*made)) return i;
    do {
      group.epilogue.push_back(made);
      group.outputs = made->out;
      i = last;
      made = only_reader(made->out[0], last);
    } while (made && meets_another(*made, group));
    return i;
  }

  // Whether the call adds or multiplies the group's result of integers by another value, pixel by
  // pixel.
  bool meets_another(const Made& made, const Group& group) const {
    const auto result = group.result();
    const auto& shape = graph_.shape(result);
    if (taken_.contains(&made) || made.in.size() != 2 || made.in[0] == made.in[1] ||
        !made.call.op->mixed || !on_vectors(made) || made.call.out[0].shape != shape ||
        group.epilogue.size() >= most_calls)
      return false;
    const auto other = made.in[made.in[0] == result ? 1 : 0];
    return !is_constant(other) && beside(graph_.shape(other), shape) != Beside::other;
  }

  static bool only_last_is_read(const std::map<Value, int>& unread, Value last) {
    return std::all_of(unread.begin(), unread.end(),
                       [&](const auto& entry) { return entry.first == last || entry.second == 0; });
  }

  // A chain computes on vectors when every call can, else on scalars.
  static bool on_vectors(const Made& made) { return vector_form_of(made.call) != nullptr; }

  // Single elements have no chains with reals of 16 bits.
  static bool may_follow(const Made& anchor, const Made& made) {
    const auto& from = anchor.call.out[0];
    const auto& to = made.call.out[0];
    if (on_vectors(made)) return is_real(from);
    return from.dtype == to.dtype && !is_narrow(to.dtype) &&
           std::ranges::none_of(made.call.in,
                                [](const Type& type) { return is_narrow(type.dtype); });
  }

  bool fits(const Made& anchor, const Made& made, const std::map<Value, int>& inside) const {
    const auto& forms = made.call.op->elementwise;
    const auto& shape = anchor.call.out[0].shape;
    if (!forms || made.call.out[0].shape != shape) return false;
    const bool loops = anchor.call.op->elementwise != nullptr;
    if (loops ? on_vectors(anchor) != on_vectors(made) : !on_vectors(made)) return false;
    if (!may_follow(anchor, made)) return false;
    if (loops && !on_vectors(made) && !forms->scalar) return false;
    for (const auto value : made.in) {
      if (inside.contains(value)) continue;
      if (!loops && beside(graph_.shape(value), shape) == Beside::other) return false;
    }
    return true;
  }

  int use(Value value) const { return uses_[static_cast<size_t>(value.id)]; }

  void collect_inputs(Group& group) const {
    std::set<Value> inside = {group.anchor->out[0]};
    const auto add_all = [&](const Made& made) {
      for (const auto value : made.in)
        if (!inside.contains(value) &&
            std::find(group.inputs.begin(), group.inputs.end(), value) == group.inputs.end())
          group.inputs.push_back(value);
    };
    add_all(*group.anchor);
    for (const auto* made : group.epilogue) {
      add_all(*made);
      inside.insert(made->out[0]);
    }
  }

  const Graph& graph_;
  std::vector<const Made*> live_;
  std::vector<int> uses_;
  std::set<const Made*> taken_;
  std::vector<std::pair<size_t, Group>> groups_;
};

}  // namespace

std::vector<Group> make_groups(const Graph& graph) { return Grouper(graph).run(); }

}  // namespace turnstone
