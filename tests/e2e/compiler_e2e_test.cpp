// The compiler's commands as a user starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing_tools::run_program;

class Inspect : public testing::Test {
 protected:
  // What `turnstone inspect PATH --json` prints; null when it fails.
  Json inspect(const fs::path& path) const {
    const auto out = folder_.path() / "out";
    fs::remove(out);
    const auto status = run_program({TURNSTONE_PROGRAM, "inspect", path, "--json"}, out, errors());
    return status == 0 ? parse_json(*read_text(out)).value_or(nullptr) : nullptr;
  }
  std::string errors() const { return folder_.path() / "errors"; }

  const fs::path package_ = fs::path(TURNSTONE_TEST_PACKAGES) / "brightness1";
  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-e2e");
};

TEST_F(Inspect, ReadsAPackageInEachOfItsForms) {
  const auto bare = folder_.path() / "bare.so";
  fs::copy_file(package_ / "compiled.so", bare);
  fs::copy_file(package_ / "model.json", folder_.path() / "bare.json");
  const auto archive = folder_.path() / "archive.tgz";
  ASSERT_EQ(run_program({"tar", "-czf", archive, "-C", TURNSTONE_TEST_PACKAGES, "brightness1"}), 0);
  for (const auto& path : {package_, bare, archive}) {
    const auto report = inspect(path);
    ASSERT_TRUE(report.is_object()) << path << ": " << read_text(errors()).value_or("");
    EXPECT_EQ(report["package"], path.string());
    EXPECT_EQ(report["inputs"][0]["shape"], Json({1, 3, 8, 8}));
    EXPECT_EQ(report["model"]["labels"], Json({"Pass", "Fail"})) << path;
  }
}

}  // namespace
}  // namespace turnstone
