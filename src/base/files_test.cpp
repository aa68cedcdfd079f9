#include "base/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace turnstone {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryFolder::make("files test");
    ASSERT_TRUE(made);
    folder_ = std::make_unique<TemporaryFolder>(*std::move(made));
  }
  std::filesystem::path path(std::string_view name) const { return folder_->path() / name; }
  std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(Files, WhatIsWrittenIsRead) {
  const std::string text("a\0b\n", 4);
  ASSERT_TRUE(write_file(path("x"), text));
  EXPECT_EQ(*read_text(path("x")), text);
  ASSERT_TRUE(write_file(path("x"), "shorter"));
  EXPECT_EQ(*read_text(path("x")), "shorter");
  EXPECT_EQ(read_bytes(path("x"))->size(), 7u);
}

TEST_F(Files, WritingLeavesNothingElseBehind) {
  ASSERT_TRUE(write_file(path("x"), "1"));
  ASSERT_TRUE(write_file(path("x"), "2"));
  EXPECT_EQ(list_files(folder_->path())->size(), 1u);
  EXPECT_FALSE(write_file(path("no/x"), "3"));
}

TEST_F(Files, ErrorsSayWhatIsWrongWithThePath) {
  EXPECT_EQ(read_text(path("none")).error().code, Code::missing);
  EXPECT_NE(read_text(path("none")).error().text.find("none"), std::string::npos);
  EXPECT_EQ(read_text(folder_->path()).error().code, Code::invalid);
  ASSERT_TRUE(write_file(path("x"), "12345"));
  EXPECT_EQ(read_text(path("x"), 4).error().code, Code::invalid);
  EXPECT_TRUE(read_text(path("x"), 5));
}

TEST_F(Files, WhatMayNotBeReadIsAsGoodAsMissing) {
  ASSERT_TRUE(write_file(path("closed"), "x"));
  std::filesystem::permissions(path("closed"), std::filesystem::perms::none);
  const auto user = ::geteuid();
  if (user == 0) {  // who may read everything
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto read = read_text(path("closed"));
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_EQ(read.error().text, path("closed").string() + ": cannot open: Permission denied");
  EXPECT_EQ(read.error().code, Code::missing);
}

TEST_F(Files, WhatCanBeMadeIsToldBefore) {
  ASSERT_TRUE(write_file(path("file"), "x"));
  EXPECT_TRUE(check_new_folder(path("")));
  EXPECT_TRUE(check_new_folder(path("a/b/c")));
  EXPECT_TRUE(check_new_folder(path("a/b/c/")));
  EXPECT_TRUE(check_new_file(path("a/b/c")));
  EXPECT_TRUE(check_new_file(path("file")));
  EXPECT_FALSE(std::filesystem::exists(path("a")));
  EXPECT_EQ(check_new_file(path("file/b/c")).error().text,
            fmt::format("{0}/b: cannot make the folder: {0} is a file", path("file").string()));
  EXPECT_EQ(check_new_folder(path("file")).error().code, Code::unavailable);
  EXPECT_EQ(check_new_file(path("")).error().code, Code::unavailable);
  std::filesystem::create_directory(path("closed"));
  std::filesystem::permissions(path("closed"), std::filesystem::perms::owner_read);
  const bool may_do_all = ::geteuid() == 0;
  EXPECT_EQ(check_new_folder(path("closed/a")).has_value(), may_do_all);
  EXPECT_EQ(check_new_folder("/proc/a").error().code, Code::unavailable);
}

TEST_F(Files, KnowsPathsThatLeadToOneFile) {
  ASSERT_TRUE(make_folder_of(path("new/one")));
  ASSERT_TRUE(write_file(path("new/one"), "1"));
  std::filesystem::create_symlink(path("new"), path("link"));
  EXPECT_TRUE(is_same_file(path("new/one"), path("link/../link/one")));
  EXPECT_TRUE(is_same_file(path("new/later"), path("link/later")));
  EXPECT_FALSE(is_same_file(path("new/one"), path("new/later")));
}

TEST_F(Files, ListsInTheOrderOfNumbers) {
  for (const auto* name : {"img10", "img2", "img1", "a"}) ASSERT_TRUE(write_file(path(name), ""));
  ASSERT_TRUE(make_folder(path("deep/er")));
  std::vector<std::string> names;
  const auto files = list_files(folder_->path());
  ASSERT_TRUE(files);
  for (const auto& file : *files) names.push_back(file.filename());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "img1", "img2", "img10"}));
  EXPECT_EQ(list_files(path("none")).error().code, Code::missing);
  EXPECT_EQ(list_files(path("a")).error().code, Code::invalid);
}

TEST(TemporaryFolders, GoWithTheirObject) {
  std::filesystem::path path;
  {
    auto folder = TemporaryFolder::make();
    ASSERT_TRUE(folder);
    path = folder->path();
    ASSERT_TRUE(make_folder(path / "a"));
    ASSERT_TRUE(write_file(path / "a/b", "c"));
    auto moved = *std::move(folder);
    EXPECT_TRUE(std::filesystem::exists(moved.path() / "a/b"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace turnstone
