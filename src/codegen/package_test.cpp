#include "codegen/package.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

const std::vector<PackageFile> files = {{"compiled.so", "code"}, {"model.json", "{}"}};

class PackagePath : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }

  TemporaryFolder folder_ = *TemporaryFolder::make();
};

TEST_F(PackagePath, AFolderOfOtherThingsIsRefused) {
  ASSERT_TRUE(make_folder(path("empty")));
  EXPECT_TRUE(check_package_path(path("empty")));
  EXPECT_TRUE(check_package_path(path("new/package")));
  ASSERT_TRUE(write_package(path("package"), files));
  EXPECT_TRUE(check_package_path(path("package")));
  const auto refused = check_package_path(folder_.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid);
  EXPECT_TRUE(refused.error().text.starts_with(
      folder_.path().string() + ": is a folder that holds other things than a package; "));
}

TEST_F(PackagePath, TheEndingOfAnotherFileIsRefused) {
  for (const auto* name : {"p.zip", "p.tar", "p.tar.xz", "p.gz", "p.onnx"}) {
    const auto refused = check_package_path(path(name));
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().text,
              path(name).string() + ": packages are NAME.tar.gz, NAME.tgz, NAME.so or folders");
  }
  EXPECT_TRUE(check_package_path(path("parts-1.5")));
  ASSERT_TRUE(make_folder(path("folder.zip")));
  EXPECT_TRUE(check_package_path(path("folder.zip")));
}

TEST_F(PackagePath, OnlyABareObjectHasAFileBesideIt) {
  EXPECT_EQ(package_paths("a/p.so"), (std::vector<fs::path>{"a/p.so", "a/p.json"}));
  for (const auto* name : {"p", "p.tar.gz", "p.tgz"})
    EXPECT_EQ(package_paths(name), std::vector<fs::path>{name});
}

TEST_F(PackagePath, NothingNewStaysBehindAFailure) {
  auto unwritable = files;
  unwritable.push_back({"no/where", ""});
  EXPECT_FALSE(write_package(path("new/package"), unwritable));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  ASSERT_TRUE(make_folder(path("empty")));
  EXPECT_FALSE(write_package(path("empty"), unwritable));
  EXPECT_TRUE(fs::is_empty(path("empty")));
  ASSERT_TRUE(write_package(path("package"), files));
  EXPECT_FALSE(write_package(path("package"), unwritable));
  EXPECT_TRUE(fs::exists(path("package/compiled.so")));
}

}  // namespace
}  // namespace turnstone
