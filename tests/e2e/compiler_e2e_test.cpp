// The compiler's commands as a user starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "exchange/onnx/export.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "tensor/npy.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing_tools::run_program;

#ifdef __x86_64__
constexpr auto foreign_target = "aarch64";
#else
constexpr auto foreign_target = "x86_64_v3";
#endif

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

TEST_F(Inspect, SaysWhatAPackageOfAnotherMachineIsFor) {
  const auto graph =
      parse_graph("graph(x: f32[1,4]) { reduce_mean(exp(x), axes=[1]) }", core_ops());
  const auto model = folder_.path() / "small.onnx", package = folder_.path() / "package";
  ASSERT_TRUE(write_file(model, *export_onnx(*graph, "small")));
  ASSERT_EQ(run_program({TURNSTONE_PROGRAM, "compile", model, "-o", package, "--decoder",
                         "regression", "--target", foreign_target},
                        "", errors()),
            0)
      << read_text(errors()).value_or("");
  const auto report = inspect(package);
  ASSERT_TRUE(report.is_object()) << read_text(errors()).value_or("");
  EXPECT_THAT(report["trouble"].get<std::string>(), testing::HasSubstr("this machine is "));
  EXPECT_EQ(report["inputs"][0]["shape"], Json({1, 4}));
  EXPECT_EQ(report["model"]["decoder"]["kind"], "regression");
}

TEST_F(Inspect, ListsWhatAModelCanBeCutAt) {
  const auto graph =
      parse_graph("graph(x: f32[1,4]) { \"mean\": reduce_mean(exp(x), axes=[1]) }", core_ops());
  const auto model = folder_.path() / "small.onnx";
  ASSERT_TRUE(write_file(model, *export_onnx(*graph, "small")));
  const auto out = folder_.path() / "out";
  ASSERT_EQ(run_program({TURNSTONE_PROGRAM, "inspect", model, "--taps"}, out, errors()), 0);
  EXPECT_THAT(*read_text(out), testing::HasSubstr("tap      mean: f32[1,1]\n"));
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

TEST_F(Compile, WritesIntoNoFolderOfOtherThings) {
  EXPECT_EQ(compile({"-o", folder_.path()}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("is a folder that holds other things than a package"));
}

TEST_F(Compile, SaysWhichTargetWasChosen) {
  EXPECT_EQ(compile({"-o", path("package"), "--decoder", "regression"}), 0) << errors();
  const auto said = read_text(path("out")).value_or("");
  EXPECT_THAT(said, testing::HasSubstr("package: code for "));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("native")));
}

TEST_F(Compile, MakesATargetOnceHoweverOftenItIsNamed) {
  EXPECT_EQ(compile({"--target", "native,native", "-o", path("package.tgz")}), 0) << errors();
  ASSERT_EQ(run_program({TURNSTONE_PROGRAM, "inspect", path("package.tgz"), "--json"},
                        path("report"), path("errors")),
            0)
      << errors();
  EXPECT_EQ(parse_json(*read_text(path("report"))).value_or(nullptr)["variants"].size(), 1U);
}

TEST_F(Compile, ADecoderThatCannotReadTheModelIsRefused) {
  EXPECT_EQ(compile({"-o", path("package"), "--decoder", "movenet"}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("movenet needs keypoints [batch,people,points,3]"));
  EXPECT_FALSE(fs::exists(path("package")));
}

TEST_F(Compile, AModelOfOnePictureTakesABatch) {
  EXPECT_EQ(compile({"--batch", "4", "-o", path("package")}), 0) << errors();
  EXPECT_THAT(read_text(path("package/model.json")).value_or(""),
              testing::HasSubstr("\"shape\":[4,4]"));
}

TEST_F(Compile, ReplacesNothingThatItReads) {
  ASSERT_TRUE(write_file(path("labels.so"), "a\nb\n"));
  ASSERT_TRUE(write_file(path("labels.json"), "a\nb\n"));
  for (const auto* labels : {"labels.so", "labels.json"}) {
    EXPECT_EQ(compile({"-o", path("labels.so"), "--labels", path(labels)}), 1);
    EXPECT_THAT(errors(), testing::HasSubstr(fmt::format(
                              "{}: is the file of labels itself, wanted: another", path(labels))));
    EXPECT_EQ(*read_text(path(labels)), "a\nb\n");
  }
  for (const auto* other : {"labels", "labels.tar.gz"}) {
    std::filesystem::remove(path("errors"));
    compile({"-o", path(other), "--labels", path("labels.json")});
    EXPECT_THAT(errors(), testing::Not(testing::HasSubstr("itself"))) << other;
  }
  const auto tuning = path("package.json");
  EXPECT_EQ(compile({"-o", path("package.so"), "--tune=1", "--tuning", tuning}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("package.json: is the file of --tuning itself, wanted"));
  EXPECT_EQ(compile({"-o", path("package.so"), "--tune=1", "--tuning", model_}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("small.onnx: is the model itself, wanted"));
  EXPECT_EQ(compile({"-o", path("package.so"), "--keep-sources", path("")}), 1);
  EXPECT_THAT(errors(),
              testing::HasSubstr("is a folder that holds other things than kept sources"));
}

TEST_F(Compile, SaysWhatAUserOfThePackageWillMiss) {
  EXPECT_EQ(compile({"-o", path("package")}), 0) << errors();
  EXPECT_THAT(errors(), testing::HasSubstr("want --decoder"));
}

TEST_F(Compile, SaysThatThereIsNothingToNarrow) {
  for (const auto& [option, type] : {std::pair{"--weights", "f16"}, std::pair{"--math", "bf16"}}) {
    EXPECT_EQ(compile({"-o", path("package"), option, type}), 0) << errors();
    EXPECT_THAT(errors(), testing::HasSubstr(fmt::format("note: {} {} changes nothing: the model "
                                                         "has no weights that it rounds\n",
                                                         option, type)));
  }
}

class CompileNarrow : public Compile {
 protected:
  void SetUp() override {
    const auto graph = parse_graph(
        "graph(x: f32[1,4]) { clamp(matmul(x, f32[4,2] [1.003 -2.007 3.3 0.17 -1.1 2.9 0.7 0.13]), "
        "low=0.0) }",
        core_ops());
    ASSERT_TRUE(graph) << graph.error().text;
    ASSERT_TRUE(write_file(model_, *export_onnx(*graph, "small")));
    ASSERT_TRUE(
        write_npy(path("a.npy"), Tensor::of<float>({1, 4}, std::vector<float>{9, 8, 7, 9})));
    ASSERT_TRUE(
        write_npy(path("b.npy"), Tensor::of<float>({1, 4}, std::vector<float>{8, 9, 9, 6})));
  }
};

TEST_F(CompileNarrow, SaysThatNothingIsKnownOfInputsThatAreNoPictures) {
  EXPECT_EQ(compile({"-o", path("package"), "--math", "bf16"}), 0) << errors();
  EXPECT_THAT(errors(), testing::HasSubstr("note: weights are rounded without knowing what meets "
                                           "them: input 'x'"));
}

TEST_F(CompileNarrow, RoundsByWhatItIsCalibratedWith) {
  const auto dumped = [&](std::vector<std::string> more) {
    fs::remove(path("out"));
    fs::remove(path("errors"));
    more.insert(more.begin(), {"-o", path("package"), "--math", "bf16", "--dump"});
    EXPECT_EQ(compile(std::move(more)), 0) << errors();
    return read_text(path("out")).value_or("");
  };
  const auto unknown = dumped({});
  const auto known = dumped({"--calibrate", path("a.npy"), path("b.npy")});
  EXPECT_THAT(errors(), testing::Not(testing::HasSubstr("without knowing")));
  EXPECT_THAT(unknown, testing::HasSubstr("# after --math bf16"));
  EXPECT_THAT(known, testing::HasSubstr("# after --math bf16"));
  EXPECT_NE(known, unknown);
}

TEST_F(CompileNarrow, NeedsWhatItIsCalibratedWith) {
  EXPECT_EQ(compile({"-o", path("package"), "--math", "bf16", "--calibrate", path("none")}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("none: is not there"));
  ASSERT_TRUE(write_npy(path("a.npy"), Tensor(DType::f32, {1, 5})));
  EXPECT_EQ(compile({"-o", path("package"), "--weights", "f16", "--calibrate", path("a.npy")}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("--calibrate: "));
  EXPECT_THAT(errors(), testing::HasSubstr("is f32[1,5], wanted: f32[1,4]"));
  ASSERT_TRUE(make_folder(path("pictures/inside")));
  ASSERT_TRUE(write_npy(path("pictures/inside/good.npy"), Tensor(DType::f32, {1, 4})));
  ASSERT_TRUE(write_npy(path("pictures/wrong.npy"), Tensor(DType::f32, {1, 5})));
  EXPECT_EQ(compile({"-o", path("made"), "--weights", "f16", "--calibrate", path("pictures")}), 0);
  EXPECT_THAT(errors(),
              testing::HasSubstr("pictures left out since they cannot be read: 1, the first: " +
                                 path("pictures/wrong.npy")));
  for (const float wild : {NAN, INFINITY, 1e30F}) {
    ASSERT_TRUE(
        write_npy(path("b.npy"), Tensor::of<float>({1, 4}, std::vector<float>{1, 2, wild, 3})));
    EXPECT_EQ(compile({"-o", path("package"), "--weights", "f16", "--calibrate", path("b.npy")}),
              1);
  }
  EXPECT_THAT(errors(),
              testing::HasSubstr("b.npy: element 2 is nan, wanted: numbers within 1e+09"));
  EXPECT_THAT(errors(), testing::HasSubstr("b.npy: element 2 is 1e+30, wanted"));
  ASSERT_EQ(::mkfifo(path("c.npy").c_str(), 0600), 0);
  EXPECT_EQ(compile({"-o", path("package"), "--weights", "f16", "--calibrate", path("c.npy")}), 1);
  EXPECT_THAT(errors(), testing::HasSubstr("c.npy: is no picture"));
  EXPECT_FALSE(fs::exists(path("package")));
}

// Sensors from a CSV file, two channels of four steps, judged by `graph` and a decoder.
class Sensors : public testing::Test {
 protected:
  std::vector<Json> judge(std::string_view graph, const std::string& decoder,
                          const std::string& labels) const {
    const auto made = parse_graph(graph, core_ops());
    EXPECT_TRUE(made) << made.error().text;
    EXPECT_TRUE(write_file(path("model.onnx"), *export_onnx(*made, "sensors")));
    EXPECT_TRUE(write_file(path("labels.txt"), labels));
    EXPECT_TRUE(write_file(path("log.csv"),
                           "left,right\n1,0\n2,0\n1,1\n2,1\n"
                           "0,1\n0,2\nworn out\n1,2\n1,1\n"));
    EXPECT_TRUE(write_file(path("line.toml"),
                           "[[source]]\nname = \"shaker\"\nkind = \"csv\"\npath = \"log.csv\"\n"
                           "follow = false\nwindow = 4\n"
                           "[[model]]\nname = \"wear\"\npackage = \"package\"\n"
                           "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\n"));
    EXPECT_EQ(run_program({TURNSTONE_PROGRAM, "compile", path("model.onnx"), "--decoder", decoder,
                           "--labels", path("labels.txt"), "-o", path("package"), "-q"},
                          "/dev/null", path("errors")),
              0)
        << read_text(path("errors")).value_or("");
    EXPECT_EQ(run_program({TURNSTONE_PROGRAM, "run", path("line.toml"), "--once"}, path("out"),
                          path("errors")),
              0)
        << read_text(path("errors")).value_or("");
    std::vector<Json> lines;
    for (const auto& line : split(read_text(path("out")).value_or(""), '\n'))
      if (!line.empty()) lines.push_back(*parse_json(line));
    return lines;
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-e2e");
};

TEST_F(Sensors, ANetworkTellsWhichSideIsLouder) {
  const auto lines = judge(
      "graph(x: f32[1,8]) { matmul(clamp(matmul(x, f32[8,2] [1 -1 1 -1 1 -1 1 -1 -1 1 -1 1 -1 1 -1 "
      "1]), low=0, high=99), f32[2,2] [1 0 0 1]) }",
      "softmax", "left\nright\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["label"], "left") << lines[0].dump();
  EXPECT_NEAR(lines[0]["score"].get<double>(), 1 / (1 + std::exp(-4)), 1e-4);
  EXPECT_EQ(lines[1]["label"], "right");
  EXPECT_EQ(lines[1]["source"], "shaker");
}

TEST_F(Sensors, RegressionTellsValues) {
  const auto lines =
      judge("graph(x: f32[1,2,4]) { reduce_mean(x, axes=[2]) }", "regression", "left\nright\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["values"][0]["label"], "left") << lines[0].dump();
  EXPECT_EQ(lines[0]["values"][0]["value"], 1.5);
  EXPECT_EQ(lines[1]["values"][1]["value"], 1.5);
}

TEST_F(Sensors, SeveralLabelsMayHoldAtOnce) {
  const auto lines =
      judge("graph(x: f32[1,2,4]) { reduce_mean(x, axes=[2]) }", "multilabel", "left\nright\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["label"], "left") << lines[0].dump();
  EXPECT_NEAR(lines[0]["score"].get<double>(), 1 / (1 + std::exp(-1.5)), 1e-4);
}

TEST_F(Sensors, AnAnomalyIsScored) {
  const auto lines =
      judge("graph(x: f32[1,8]) { reduce_mean(x, axes=[1]) }", "anomaly,range=0:4", "calm\nodd\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NEAR(lines[0]["anomaly"]["score"].get<double>(), 0.25, 1e-4) << lines[0].dump();
  EXPECT_EQ(lines[0]["label"], "calm");
}

TEST_F(Compile, LeavesNothingBehindWhenItIsInterrupted) {
  const auto slow = path("slow-clang");
  ASSERT_TRUE(write_file(slow, "#!/bin/sh\nexec sleep 60\n"));
  fs::permissions(slow, fs::perms::owner_all);
  testing_tools::Process program({"env", "TURNSTONE_CLANG=" + slow, "TMPDIR=" + temporary_,
                                  TURNSTONE_PROGRAM, "compile", model_, "-o", path("package")},
                                 "", path("errors"));
  // The thread sanitizer puts a file of its own there before the program begins.
  const auto works = [](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with("turnstone-compile");
  };
  ASSERT_TRUE(testing_tools::eventually(
      [&] { return std::ranges::any_of(fs::directory_iterator(temporary_), works); }));
  EXPECT_EQ(program.end(SIGINT), 130);
  EXPECT_TRUE(fs::is_empty(temporary_));
  EXPECT_FALSE(fs::exists(path("package")));
  EXPECT_THAT(errors(), testing::HasSubstr("turnstone compile: interrupted"));
}

}  // namespace
}  // namespace turnstone
