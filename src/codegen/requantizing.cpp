#include "codegen/requantizing.h"

#include <algorithm>

#include "codegen/emitter.h"

namespace turnstone {
namespace {

// The numbers of all channels, or the one that stands for all, as whole vectors and one vector more
// for those who read beside.
template <class T>
std::vector<T> filled(const std::vector<T>& numbers, int lanes) {
  auto all = numbers.size() == 1 ? std::vector<T>(static_cast<size_t>(lanes), numbers[0]) : numbers;
  all.resize(static_cast<size_t>(ceil_div(std::ssize(all), lanes) + 1) * lanes, all.back());
  return all;
}

}  // namespace

std::optional<Requantizing> Requantizing::find(Emitter& e, const Made& requantize) {
  if (!has_feature(KernelFeature::avx2, e.target)) return std::nullopt;
  Requantizing found(requantize, e.target.lanes);
  if (found.join(e) || found.fold(e, true) || found.fold(e, false)) return found;
  return std::nullopt;
}

template <class T>
void Requantizing::add(Emitter& e, std::string_view type, const std::vector<T>& numbers) {
  const auto all = filled(numbers, lanes_);
  arrays_.push_back(
      {type, e.weights.add<T>(std::ssize(all), [&](T* to) { std::ranges::copy(all, to); })});
}

bool Requantizing::join(Emitter& e) {
  const auto multipliers = e.graph.constant_of(made_->in[1])->as<int32_t>();
  const auto shifts = e.graph.constant_of(made_->in[2])->as<int32_t>();
  std::vector<float> factors, above, below;
  bool by_sign = false;
  for (size_t i = 0; i < multipliers.size(); ++i) {
    const auto product = joined_product(made_->call, multipliers[i], shifts[i]);
    if (!product) return false;
    factors.push_back(product->factor);
    above.push_back(product->above);
    below.push_back(product->below);
    by_sign = by_sign || !product->ignores_sign();
  }
  for_each_ = multipliers.size() > 1;
  joins_ = true;
  add(e, "float", factors);
  add(e, "float", above);
  if (by_sign) add(e, "float", below);
  return true;
}

bool Requantizing::fold(Emitter& e, bool with_zero) {
  const auto multipliers = e.graph.constant_of(made_->in[1])->as<int32_t>();
  const auto shifts = e.graph.constant_of(made_->in[2])->as<int32_t>();
  const auto zero = with_zero ? made_->call.i("zero") : 0;
  std::vector<int64_t> added;
  std::vector<int32_t> rights;
  for (size_t i = 0; i < multipliers.size(); ++i) {
    const auto product = folded_product(made_->call, multipliers[i], shifts[i], zero);
    if (!product) return false;
    added.push_back(product->added);
    rights.push_back(product->shift);
  }
  for_each_ = multipliers.size() > 1;
  with_zero_ = with_zero;
  // The kernel has the channels of even places before the others.
  added = filled(added, lanes_);
  auto sorted = added;
  for (size_t i = 0; i < added.size(); ++i) {
    const auto lane = i % static_cast<size_t>(lanes_);
    sorted[i - lane + lane / 2 + (lane % 2) * static_cast<size_t>(lanes_) / 2] = added[i];
  }
  add(e, "int", std::vector(multipliers.begin(), multipliers.end()));
  add(e, "long long", sorted);
  add(e, "int", rights);
  return true;
}

std::string Requantizing::result(CWriter& c, std::string_view sums) const {
  if (joins_) {
    c.need("rescale");
    const auto added = arrays_.size() == 2
                           ? std::string("vf_load(w1)")
                           : fmt::format("v_select({} < 0, vf_load(w2), vf_load(w1))", sums);
    return fmt::format("vi_nearest(vf_fma(vf_of_vi({}), vf_load(w0), {}))", sums, added);
  }
  c.need("requantize");
  return fmt::format("v_requantize_folded({}, w0, w1, w2, {}) + {}", sums,
                     FoldedProduct::depends_on_sign(made_->call) ? 1 : 0,
                     with_zero_ ? "0" : c_integer(made_->call.i("zero")));
}

std::string Requantizing::parameters() const {
  std::string text;
  for (size_t i = 0; i < arrays_.size(); ++i)
    text += fmt::format(", const {} *w{}", arrays_[i].type, i);
  return text;
}

std::string Requantizing::arguments(std::string_view channel) const {
  std::string text;
  for (size_t i = 0; i < arrays_.size(); ++i)
    text += for_each_ && channel != "0" ? fmt::format(", w{} + {}", i, channel)
                                        : fmt::format(", w{}", i);
  return text;
}

void Requantizing::write_pointers(Emitter& e) const {
  for (size_t i = 0; i < arrays_.size(); ++i)
    e.c.line("const {} *w{} = {};", arrays_[i].type, i,
             e.weights_address(arrays_[i].type, arrays_[i].at));
}

}  // namespace turnstone
