// What all commands have in common: help, wrong command lines, exit codes.
#include <gmock/gmock.h>

#include "programs.h"

namespace turnstone {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class CommandLine : public testing_tools::Programs {
 protected:
  // A program beside `turnstone`, run by the shell.
  int shell(const std::string& line) const {
    return testing_tools::run_program({"sh", "-c", line}, file("out"), file("err"));
  }
  static std::string program(const std::string& name) {
    return std::filesystem::path(TURNSTONE_PROGRAM).parent_path() / name;
  }
};

TEST_F(CommandLine, WhatIsUnknownIsToldInItsOrderWithTheNearest) {
  EXPECT_EQ(run({"bench", package(), "b", "--treads=4", "a", "--xyz"}), 2);
  EXPECT_EQ(err(),
            "turnstone bench: argument 'b' is not expected\n"
            "turnstone bench: option '--treads' is unknown, did you mean '--threads'\n"
            "turnstone bench: argument 'a' is not expected\n"
            "turnstone bench: option '--xyz' is unknown\n"
            "Try 'turnstone bench --help'.\n");
}

TEST_F(CommandLine, ANumberIsToldApartFromARange) {
  EXPECT_EQ(run({"bench", package(), "--runs", "abc"}), 2);
  EXPECT_THAT(err(), HasSubstr("--runs: 'abc' is no whole number, legal are 1 to 1000000\n"));
  EXPECT_EQ(run({"bench", package(), "--runs", "0"}), 2);
  EXPECT_THAT(err(), HasSubstr("--runs: '0' is out of range, legal are 1 to 1000000\n"));
}

TEST_F(CommandLine, AWrongValueIsAWrongCommandLine) {
  const std::vector<std::vector<std::string>> wrong = {
      {"compile", "x.onnx", "--preprocess", "imagnet"},
      {"compile", "x.onnx", "--decoder", "yol"},
      {"compile", "x.onnx", "--target", "arm64"},
      {"compile", "x.onnx", "--shape", "x=1,a"},
      {"compile", "x.onnx", "--math", "f8"},
      {"compile", "x.onnx", "--weights", "i4"},
      {"compile", "x.onnx", "--inputs", "x"},
      {"compile", "x.onnx", "--calibrate", "x"},
      {"inspect", "x.onnx", "--shape", "x"},
      {"inspect", package(), "--dump"},
      {"quantize", "x.onnx", "--calibrate", "x", "-o", "y.onnx", "--range", "best"},
      {"predict", package(), "--output-dir", file("o"), "--input", "x"},
      {"predict", package(), "--output-dir", file("o"), "--top", "3"},
      {"run", file("station.toml"), "--set", "page.port=abc"},
      {"run", file("station.toml"), "--set", "abc"}};
  for (const auto& arguments : wrong) {
    EXPECT_EQ(run(arguments), 2) << arguments.back() << err();
    EXPECT_THAT(err(), EndsWith(fmt::format("Try 'turnstone {} --help'.\n", arguments[0])));
  }
}

TEST_F(CommandLine, AnUnknownOptionIsToldBeforeWhatIsMissing) {
  EXPECT_EQ(run({"compile", "--hlep"}), 2);
  EXPECT_EQ(err(),
            "turnstone compile: option '--hlep' is unknown, did you mean '--help'\n"
            "Try 'turnstone compile --help'.\n");
}

TEST_F(CommandLine, NoOptionIsEmpty) {
  const std::vector<std::vector<std::string>> wrong = {{"compile", "x.onnx", "--preprocess", ""},
                                                       {"compile", "x.onnx", "--target", ""},
                                                       {"compile", "x.onnx", "--output", ""},
                                                       {"inspect", "x.onnx", "--shape", ""},
                                                       {"run", file("station.toml"), "--set", ""}};
  for (const auto& arguments : wrong) {
    EXPECT_EQ(run(arguments), 2) << arguments[2] << err();
    EXPECT_EQ(err(), fmt::format("turnstone {0}: {1} is empty\nTry 'turnstone {0} --help'.\n",
                                 arguments[0], arguments[2]));
  }
  EXPECT_EQ(run({"predict", ""}), 2);
  EXPECT_THAT(err(), HasSubstr("PACKAGE is empty"));
}

TEST_F(CommandLine, AWrongFileIsNot) {
  ASSERT_TRUE(write_file(file("wrong.toml"), "[[source]]\nname =\n"));
  EXPECT_EQ(run({"run", file("wrong.toml"), "--set", "page.port=0"}), 1);
  EXPECT_THAT(err(), StartsWith(fmt::format("turnstone run: {}:2: ", file("wrong.toml"))));
  EXPECT_EQ(run({"predict", package(), file("none.png")}), 1);
  EXPECT_EQ(run({"run", file("none.toml")}), 1);
}

TEST_F(CommandLine, TooManyThreadsAreNoted) {
  EXPECT_EQ(run({"bench", package(), "--runs", "1", "--threads", "256"}), 0) << err();
  EXPECT_THAT(err(), StartsWith("note: 256 threads share "));
  EXPECT_EQ(run({"bench", package(), "--runs", "1", "--threads", "256", "-q"}), 0);
  EXPECT_EQ(err(), "");
}

TEST_F(CommandLine, EachProgramTellsItsCommands) {
  EXPECT_EQ(shell(program("turnstone-station") + " --help"), 0);
  EXPECT_THAT(out(), HasSubstr("Commands: run, predict, bench\n"));
  EXPECT_EQ(shell(program("turnstone-compiler") + " -h"), 0);
  EXPECT_THAT(out(), HasSubstr("Commands: compile, inspect, quantize\n"));
  EXPECT_EQ(shell(program("turnstone-compiler")), 2);
}

TEST_F(CommandLine, HelpThatCannotBeWrittenIsAFailure) {
  for (const auto* line : {"turnstone --help", "turnstone-station --help", "tvm-live --help"}) {
    EXPECT_EQ(shell(program(line) + " > /dev/full"), 3) << line;
    EXPECT_THAT(err(), HasSubstr("cannot write the output: No space left on device"));
  }
}

TEST_F(CommandLine, AnArchiveIsNamedAsTheUserDoes) {
  const auto archive = file("face.tar.gz");
  ASSERT_TRUE(make_folder(file("broken")));
  ASSERT_TRUE(write_file(file("broken/compiled.so"), "no code"));
  std::filesystem::copy_file(package() + "/model.json", file("broken/model.json"));
  ASSERT_EQ(shell("tar -czf " + archive + " -C " + folder_.path().string() + " broken"), 0);
  EXPECT_EQ(run({"bench", archive}), 1);
  EXPECT_EQ(err(),
            fmt::format("turnstone bench: {}/broken/compiled.so: file is not a shared library\n",
                        archive));
}

}  // namespace
}  // namespace turnstone
