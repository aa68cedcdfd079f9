// The compiler's commands as a user starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "exchange/onnx/export.h"
#include "ir/text.h"
#include "ops/ops.h"
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

class Compile : public testing::Test {
 protected:
  void SetUp() override {
    const auto graph =
        parse_graph("graph(x: f32[1,4]) { reduce_mean(exp(x), axes=[1]) }", core_ops());
    ASSERT_TRUE(graph) << graph.error().text;
    ASSERT_TRUE(write_file(model_, *export_onnx(*graph, "small")));
    ASSERT_TRUE(make_folder(temporary_));
  }

  // Everything behind `turnstone compile MODEL`; the exit status.
  int compile(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {TURNSTONE_PROGRAM, "compile", model_});
    return run_program(std::move(arguments), path("out"), path("errors"));
  }
  std::string path(const std::string& name) const { return folder_.path() / name; }
  std::string errors() const { return read_text(path("errors")).value_or(""); }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-e2e");
  const std::string model_ = path("small.onnx");
  const std::string temporary_ = path("tmp");
};

TEST_F(Compile, SaysBeforeTheWorkThatThePackageCannotBeWritten) {
  // A compiler that is not there would be told first if the work began.
  const auto status = run_program({"env", "TURNSTONE_CLANG=/nowhere", TURNSTONE_PROGRAM, "compile",
                                   model_, "-o", model_ + "/package"},
                                  "", path("errors"));
  EXPECT_EQ(status, 3);
  EXPECT_THAT(errors(), testing::EndsWith("small.onnx is a file\n"));
}

TEST_F(Compile, AModelOfOnePictureTakesABatch) {
  EXPECT_EQ(compile({"--batch", "4", "-o", path("package")}), 0) << errors();
  EXPECT_THAT(read_text(path("package/model.json")).value_or(""),
              testing::HasSubstr("\"shape\":[4,4]"));
}

TEST_F(Compile, SaysWhatAUserOfThePackageWillMiss) {
  EXPECT_EQ(compile({"-o", path("package")}), 0) << errors();
  EXPECT_THAT(errors(), testing::HasSubstr("want --decoder"));
}

TEST_F(Compile, LeavesNothingBehindWhenItIsInterrupted) {
  const auto slow = path("slow-clang");
  ASSERT_TRUE(write_file(slow, "#!/bin/sh\nexec sleep 60\n"));
  fs::permissions(slow, fs::perms::owner_all);
  testing_tools::Process program({"env", "TURNSTONE_CLANG=" + slow, "TMPDIR=" + temporary_,
                                  TURNSTONE_PROGRAM, "compile", model_, "-o", path("package")},
                                 "", path("errors"));
  ASSERT_TRUE(testing_tools::eventually([&] { return !fs::is_empty(temporary_); }));
  EXPECT_EQ(program.end(SIGINT), 130);
  EXPECT_TRUE(fs::is_empty(temporary_));
  EXPECT_FALSE(fs::exists(path("package")));
  EXPECT_THAT(errors(), testing::HasSubstr("turnstone compile: interrupted"));
}

}  // namespace
}  // namespace turnstone
