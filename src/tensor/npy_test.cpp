#include "tensor/npy.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace turnstone {
namespace {

// An .npy file of version 1 with this header and as much content.
std::string file_of(const std::string& header, size_t content, char version = 1) {
  std::string text = "\x93NUMPY";
  text += version;
  text += '\0';
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  if (version > 1) text += std::string(2, '\0');
  return text + header + std::string(content, '\x01');
}

Result<Tensor> parse(const std::string& text) {
  return parse_npy(std::as_bytes(std::span(text.data(), text.size())));
}

const std::string good = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";

TEST(Npy, TensorsOfEveryTypeComeBack) {
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const auto path = folder->path() / "x.npy";
  for (int i = 0; i < dtype_count; ++i) {
    const auto type = static_cast<DType>(i);
    if (type == DType::bf16) continue;
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 1, 2}, Shape{0, 2}}) {
      Tensor tensor(type, shape);
      for (int64_t k = 0; k < tensor.size(); ++k) tensor.set_integer(k, k % 2);
      ASSERT_TRUE(write_npy(path, tensor));
      const auto again = read_npy(path);
      ASSERT_TRUE(again) << again.error().text;
      EXPECT_TRUE(same(*again, tensor)) << print(type) << print(shape);
    }
  }
}

TEST(Npy, ReadsEveryVersion) {
  for (const char version : {'\1', '\2', '\3'}) {
    const auto tensor = parse(file_of(good, 12, version));
    ASSERT_TRUE(tensor) << tensor.error().text;
    EXPECT_EQ(tensor->dtype(), DType::i16);
    EXPECT_EQ(tensor->shape(), (Shape{2, 3}));
    EXPECT_EQ(tensor->integer_at(5), 0x0101);
  }
  EXPECT_FALSE(parse(file_of(good, 12, 4)));
}

TEST(Npy, ContentMustFitTheShape) {
  EXPECT_TRUE(parse(file_of(good, 12)));
  EXPECT_FALSE(parse(file_of(good, 11)));
  EXPECT_FALSE(parse(file_of(good, 13)));
}

TEST(Npy, CutOffFilesAreErrors) {
  const auto whole = file_of(good, 12);
  for (size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse(whole.substr(0, n))) << n;
}

TEST(Npy, HostileHeadersAreErrors) {
  const auto header = [](const std::string& descr, const std::string& order,
                         const std::string& shape) {
    return file_of(
        "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }", 12);
  };
  EXPECT_TRUE(parse(header("'<i2'", "False", "(6,)")));
  EXPECT_FALSE(parse(header("'<i2'", "True", "(6,)")));
  EXPECT_FALSE(parse(header("'>i2'", "False", "(6,)")));
  EXPECT_FALSE(parse(header("'|O'", "False", "(6,)")));
  EXPECT_FALSE(parse(header("[('a', '<i2')]", "False", "(6,)")));
  EXPECT_FALSE(parse(header("'<i2", "False", "(6,)")));
  EXPECT_FALSE(parse(header("'<i2'", "False", "(-6,)")));
  EXPECT_FALSE(parse(header("'<i2'", "False", "(6")));
  EXPECT_FALSE(parse(header("'<i2'", "False", "6")));
  EXPECT_FALSE(parse(header("'<i2'", "False", "(99999999999999999999,)")));
  EXPECT_FALSE(parse(header("'<i2'", "False", "(4294967296, 4294967296)")));
  EXPECT_FALSE(parse(header("'<i2'", "False", "(1,1,1,1,1,1,1,1,6)")));
  auto booleans = header("'|b1'", "False", "(12,)");
  EXPECT_TRUE(parse(booleans));
  booleans.back() = '\2';
  EXPECT_EQ(parse(booleans).error().text, "a boolean is neither 0 nor 1");
  EXPECT_FALSE(parse(file_of("", 12)));
  EXPECT_FALSE(parse(file_of("{}", 12)));
}

TEST(Npy, AMissingFileIsMissing) {
  const auto tensor = read_npy("/nonexistent/x.npy");
  ASSERT_FALSE(tensor);
  EXPECT_EQ(tensor.error().code, Code::missing);
}

}  // namespace
}  // namespace turnstone
