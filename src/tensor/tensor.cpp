#include "tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

namespace turnstone {

int64_t count(const Shape& shape) {
  int64_t n = 1;
  for (const auto extent : shape) n *= extent;
  return n;
}

Result<int64_t> checked_count(const Shape& shape, int64_t most) {
  if (shape.size() > most_rank)
    return fail(Code::invalid, "rank {} is outside [0, {}]", shape.size(), most_rank);
  int64_t n = 1;  // as if extents of 0 were 1: strides have to be counted too
  for (const auto extent : shape) {
    if (extent < 0) return fail(Code::invalid, "extent {} is negative", extent);
    if (extent != 0 && n > most / extent)
      return fail(Code::invalid, "shape {} has more than {} elements", print(shape), most);
    n *= std::max<int64_t>(extent, 1);
  }
  return count(shape);
}

std::string print(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += fmt::format("{}{}", i ? "," : "", shape[i]);
  return text + "]";
}

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Tensor::Tensor(DType type, Shape shape)
    : type_(type), shape_(std::move(shape)), count_(count(shape_)) {
  CHECK(count_ >= 0);
  constexpr auto alignment = std::align_val_t{64};
  const auto bytes = std::max<size_t>(static_cast<size_t>(size_bytes()), 1);
  auto* memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  std::memset(memory, 0, bytes);
  data_ = std::shared_ptr<std::byte>(memory, [](std::byte* p) { ::operator delete(p, alignment); });
}

Tensor Tensor::filled(DType type, Shape shape, double value) {
  Tensor made(type, std::move(shape));
  for (int64_t i = 0; i < made.size(); ++i) made.set_real(i, value);
  return made;
}

namespace {

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Out of range is undefined in C++: saturate to 64 bits, then keep the low bits.
    if (std::isnan(value)) return To{};
    constexpr auto high = std::numeric_limits<int64_t>::max();
    constexpr auto low = std::numeric_limits<int64_t>::min();
    const auto real = static_cast<double>(value);
    if (real >= 0x1p63)
      return real < 0x1p64 && std::is_same_v<To, uint64_t>
                 ? static_cast<To>(static_cast<uint64_t>(real))
                 : static_cast<To>(high);
    return static_cast<To>(real <= -0x1p63 ? low : static_cast<int64_t>(real));
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace

double Tensor::real_at(int64_t i) const {
  return visit_type(type_, [&](auto tag) {
    return convert<double>(as<decltype(tag)>()[static_cast<size_t>(i)]);
  });
}

int64_t Tensor::integer_at(int64_t i) const {
  return visit_type(type_, [&](auto tag) {
    return convert<int64_t>(as<decltype(tag)>()[static_cast<size_t>(i)]);
  });
}

void Tensor::set_real(int64_t i, double value) {
  visit_type(type_, [&](auto tag) {
    mutable_as<decltype(tag)>()[static_cast<size_t>(i)] = convert<decltype(tag)>(value);
  });
}

void Tensor::set_integer(int64_t i, int64_t value) {
  visit_type(type_, [&](auto tag) {
    mutable_as<decltype(tag)>()[static_cast<size_t>(i)] = convert<decltype(tag)>(value);
  });
}

Tensor Tensor::reshaped(Shape shape) const {
  CHECK(count(shape) == count_);
  Tensor made = *this;
  made.shape_ = std::move(shape);
  return made;
}

std::vector<int64_t> integers_of(const Tensor& tensor) {
  std::vector<int64_t> values(static_cast<size_t>(tensor.size()));
  for (int64_t i = 0; i < tensor.size(); ++i) values[static_cast<size_t>(i)] = tensor.integer_at(i);
  return values;
}

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::memcmp(a.bytes(), b.bytes(), static_cast<size_t>(a.size_bytes())) == 0;
}

}  // namespace turnstone
