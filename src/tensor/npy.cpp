#include "tensor/npy.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/files.h"
#include "base/number.h"
#include "base/text.h"

namespace turnstone {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct Name {
  DType type;
  std::string_view text;  // without the byte order
};

constexpr Name names[] = {{DType::f32, "f4"}, {DType::f16, "f2"}, {DType::f64, "f8"},
                          {DType::i8, "i1"},  {DType::u8, "u1"},  {DType::i16, "i2"},
                          {DType::u16, "u2"}, {DType::i32, "i4"}, {DType::u32, "u4"},
                          {DType::i64, "i8"}, {DType::u64, "u8"}, {DType::boolean, "b1"}};

// What stands behind `'key':` in the header, which is a Python dictionary.
Result<std::string_view> entry(std::string_view header, std::string_view key) {
  const auto at = header.find(fmt::format("'{}':", key));
  if (at == header.npos) return fail(Code::invalid, "header has no '{}'", key);
  return trim(header.substr(at + key.size() + 3));
}

Result<DType> type_of(std::string_view header) {
  const auto text = TRY(entry(header, "descr"));
  if (text.size() < 4 || text[0] != '\'')
    return fail(Code::invalid, "'descr' is not a simple type");
  const auto end = text.find('\'', 1);
  if (end == text.npos) return fail(Code::invalid, "'descr' does not end");
  const auto name = text.substr(1, end - 1);
  for (const auto& row : names)
    if (name.size() == 3 && name.substr(1) == row.text &&
        (name[0] == '<' || name[0] == '|' || (name[0] == '=')))
      return row.type;
  return fail(Code::unsupported, "type '{}' is not supported", printable(name));
}

Result<Shape> shape_of(std::string_view header) {
  auto text = TRY(entry(header, "shape"));
  if (text.empty() || text[0] != '(') return fail(Code::invalid, "'shape' is not a tuple");
  const auto end = text.find(')');
  if (end == text.npos) return fail(Code::invalid, "'shape' does not end");
  Shape shape;
  for (const auto& part : split(text.substr(1, end - 1), ',')) {
    const auto digits = trim(part);
    if (digits.empty()) continue;
    const auto extent = find_number<int64_t>(digits);
    if (!extent) return fail(Code::invalid, "extent '{}' is not a number", printable(digits));
    shape.push_back(*extent);
  }
  return shape;
}

}  // namespace

Result<Tensor> parse_npy(std::span<const std::byte> bytes) {
  const auto text = as_text(bytes);
  if (text.substr(0, magic.size()) != magic || text.size() < 10)
    return fail(Code::invalid, "not an .npy file");
  const auto byte = [&](size_t i) {
    return static_cast<size_t>(std::to_integer<uint8_t>(bytes[i]));
  };
  const auto version = byte(6);
  if (version < 1 || version > 3) return fail(Code::unsupported, ".npy version {}", version);
  size_t start = 10;
  size_t length = byte(8) | byte(9) << 8;
  if (version > 1) {
    start = 12;
    if (text.size() < start) return fail(Code::invalid, "header is cut off");
    length |= byte(10) << 16 | byte(11) << 24;
  }
  if (text.size() - start < length) return fail(Code::invalid, "header is cut off");
  const auto header = text.substr(start, length);
  const auto type = TRY(type_of(header));
  auto shape = TRY(shape_of(header));
  if (TRY(entry(header, "fortran_order")).substr(0, 5) != "False")
    return fail(Code::unsupported, "Fortran order is not supported, save with order='C'");
  const auto n = TRY(checked_count(shape));
  const auto content = text.size() - start - length;
  if (static_cast<uint64_t>(n) * static_cast<uint64_t>(size_of(type)) != content)
    return fail(Code::invalid, "{} bytes of content do not fit {}{}", content, print(type),
                print(shape));
  const auto values = text.substr(start + length);
  if (type == DType::boolean &&
      !std::ranges::all_of(values, [](char c) { return c == 0 || c == 1; }))
    return fail(Code::invalid, "a boolean is neither 0 nor 1");
  Tensor made(type, std::move(shape));
  std::memcpy(made.mutable_bytes(), values.data(), content);
  return made;
}

Result<Tensor> read_npy(const std::filesystem::path& path) {
  const auto bytes = TRY(read_bytes(path));
  return TRY(parse_npy(bytes), path.string());
}

Result<> write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  std::string_view name = "u2";
  for (const auto& row : names)
    if (row.type == tensor.dtype()) name = row.text;
  std::string extents;
  for (const auto extent : tensor.shape()) extents += fmt::format("{},", extent);
  auto header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                            size_of(tensor.dtype()) == 1 ? '|' : '<', name, extents);
  header.append(64 - (header.size() + 11) % 64, ' ');
  header += '\n';
  std::string text(magic);
  text += '\x01';
  text += '\0';
  text += static_cast<char>(header.size() & 0xFF);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  text.append(reinterpret_cast<const char*>(tensor.bytes()),
              static_cast<size_t>(tensor.size_bytes()));
  return write_file(path, text);
}

}  // namespace turnstone
