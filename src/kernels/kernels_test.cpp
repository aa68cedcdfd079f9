#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace turnstone {
namespace {

TEST(Kernels, EveryRowHasItsText) {
  for (const auto& row : kernel_rows()) EXPECT_FALSE(kernel_text(row.name).empty()) << row.name;
  EXPECT_TRUE(kernel_text("gemm/none").empty());
}

TEST(Kernels, TextsAreThoseOfTheFiles) {
  const std::string folder = TURNSTONE_SOURCE_DIR "/src/kernels/";
  std::stringstream vector, fma, tile;
  vector << std::ifstream(folder + "vector.c").rdbuf();
  EXPECT_EQ(kernel_text("vector"), vector.str());
  fma << std::ifstream(folder + "gemm/fma.c").rdbuf();
  tile << std::ifstream(folder + "gemm/tile.c").rdbuf();
  auto whole = fma.str();
  const std::string line = "#include \"gemm/tile.c\"\n";
  whole.replace(whole.find(line), line.size(), tile.str());
  EXPECT_EQ(kernel_text("gemm/fma"), whole);
}

TEST(Kernels, NoTextIncludesAnything) {
  for (const auto& row : kernel_rows())
    EXPECT_EQ(kernel_text(row.name).find("#include"), std::string_view::npos) << row.name;
}

TEST(Kernels, EveryTileIsLegal) {
  for (const auto& tile : kernel_tiles())
    EXPECT_TRUE(std::ranges::any_of(kernel_rows(),
                                    [&](const KernelRow& row) {
                                      return row.name == tile.name && row.lanes == tile.lanes &&
                                             row.rows.contains(tile.rows) &&
                                             row.columns.contains(tile.columns) &&
                                             row.vectors.contains(tile.vectors);
                                    }))
        << tile.machine << " " << tile.name << " " << tile.rows << " x " << tile.vectors;
}

TEST(Kernels, FeaturesHaveNames) {
  EXPECT_EQ(print_kernel_feature(KernelFeature::avx512_vnni), "avx512_vnni");
  EXPECT_EQ(print_kernel_feature(KernelFeature::avx_vnni), "avx_vnni");
  EXPECT_EQ(print_kernel_feature(KernelFeature::neon_dot), "neon_dot");
  EXPECT_EQ(print_kernel_feature(KernelFeature::neon_i8mm), "neon_i8mm");
}

}  // namespace
}  // namespace turnstone
