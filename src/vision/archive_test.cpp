#include "vision/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "vision/package.h"

namespace turnstone {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

struct Entry {
  std::string name;
  std::string content;
  std::string link = {};
};

struct Fixture {
  TemporaryFolder folder = *TemporaryFolder::make("turnstone-archive");

  std::filesystem::path make(const std::vector<Entry>& entries) const {
    const auto path = folder.path() / "package.tar.gz";
    auto* writer = ::archive_write_new();
    ::archive_write_add_filter_gzip(writer);
    ::archive_write_set_format_pax_restricted(writer);
    CHECK(::archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
    for (const auto& entry : entries) {
      auto* header = ::archive_entry_new();
      ::archive_entry_set_pathname(header, entry.name.c_str());
      ::archive_entry_set_perm(header, 0644);
      ::archive_entry_set_filetype(header, entry.link.empty() ? AE_IFREG : AE_IFLNK);
      if (!entry.link.empty()) ::archive_entry_set_symlink(header, entry.link.c_str());
      ::archive_entry_set_size(header, static_cast<int64_t>(entry.content.size()));
      ::archive_write_header(writer, header);
      ::archive_write_data(writer, entry.content.data(), entry.content.size());
      ::archive_entry_free(header);
    }
    ::archive_write_free(writer);
    return path;
  }

  std::string problem(const std::vector<Entry>& entries) const {
    const auto out = folder.path() / "out";
    CHECK(make_folder(out).has_value());
    const auto unpacked = unpack_archive(make(entries), out);
    return unpacked ? "fine" : unpacked.error().text;
  }
};

TEST(Archive, UnpacksFiles) {
  Fixture fixture;
  EXPECT_EQ(fixture.problem({{"a.txt", "one"}, {"deep/b.txt", "two"}}), "fine");
  EXPECT_EQ(read_text(fixture.folder.path() / "out/deep/b.txt"), "two");
}

TEST(Archive, RefusesNamesThatLeaveTheFolder) {
  Fixture fixture;
  EXPECT_THAT(fixture.problem({{"../escaped", "x"}}),
              EndsWith("entry '../escaped' leaves the archive's folder"));
  EXPECT_THAT(fixture.problem({{"a/../../escaped", "x"}}),
              HasSubstr("leaves the archive's folder"));
  EXPECT_THAT(fixture.problem({{"/tmp/escaped", "x"}}), HasSubstr("leaves the archive's folder"));
  EXPECT_FALSE(std::filesystem::exists(fixture.folder.path() / "escaped"));
}

TEST(Archive, RefusesLinks) {
  Fixture fixture;
  EXPECT_THAT(fixture.problem({{"out", "", "/etc"}, {"out/x", "x"}}),
              EndsWith("entry 'out' is neither a file nor a folder"));
}

TEST(Archive, RefusesTooManyEntries) {
  Fixture fixture;
  std::vector<Entry> entries;
  for (int i = 0; i < 100; ++i) entries.push_back({fmt::format("f{}", i), "x"});
  EXPECT_THAT(fixture.problem(entries), HasSubstr("has more than 64 entries"));
}

TEST(Archive, RefusesWhatIsNoArchive) {
  Fixture fixture;
  const auto path = fixture.folder.path() / "x.tar.gz";
  ASSERT_TRUE(write_file(path, "this is no archive at all"));
  EXPECT_THAT(open_package(path).error().text, HasSubstr("is damaged or no .tar.gz"));
  auto text = *read_text(fixture.make({{"compiled.so", std::string(100'000, 'x')}}));
  ASSERT_TRUE(write_file(path, text.substr(0, text.size() / 2)));
  EXPECT_FALSE(open_package(path));
}

TEST(Package, MayLieInAFolderOfItsArchive) {
  Fixture fixture;
  const std::string json =
      R"({"format": 1, "name": "m", "inputs": [], "outputs": [{"name": "y"}]})";
  const auto package =
      open_package(fixture.make({{"m/compiled.so", "code"}, {"m/model.json", json}}));
  ASSERT_TRUE(package) << package.error().text;
  EXPECT_EQ(package->model->name, "m");
  EXPECT_THAT(
      open_package(
          fixture.make({{"m/compiled.so", "code"}, {"m/model.json", json}, {"n/compiled.so", ""}}))
          .error()
          .text,
      EndsWith("package.tar.gz: is no package, it has no compiled.so"));
}

TEST(Package, IsNamedAsTheUserDoes) {
  Fixture fixture;
  const auto path = fixture.make({{"m/compiled.so", "code"}, {"m/model.json", "{\n!"}});
  EXPECT_EQ(open_package(path).error().text, path.string() + "/m/model.json:2:1: not JSON");
}

TEST(Package, IsToldApartByItsName) {
  Fixture fixture;
  EXPECT_EQ(open_package("/nowhere/x").error().text, "/nowhere/x: no such package");
  EXPECT_THAT(open_package(fixture.folder.path()).error().text,
              EndsWith("is no package, it has no compiled.so"));
  const auto path = fixture.folder.path() / "x.zip";
  ASSERT_TRUE(write_file(path, "x"));
  EXPECT_THAT(open_package(path).error().text,
              EndsWith("is no package, legal are a folder, .tar.gz and .so"));
}

}  // namespace
}  // namespace turnstone
