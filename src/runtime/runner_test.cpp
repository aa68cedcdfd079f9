// The command line of ts_runner, and the files it reads and writes.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/test_model.h"

namespace fs = std::filesystem;

namespace {

struct Runner : testing::Test {
  Folder own;
  fs::path folder = own.path;

  fs::path write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }

  std::string read(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(folder / name, std::ios::binary).rdbuf();
    return text.str();
  }

  // Runs the program and gives its exit code; what it said is in the file `said`.
  int run(const std::string& arguments) {
    const auto command =
        TURNSTONE_TEST_RUNNER " " + arguments + " 2> " + (folder / "said").string();
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int run_good(const fs::path& input) {
    return run(module_path("good") + " --threads 2 --input x=" + input.string() + " --output-dir " +
               folder.string());
  }
};

std::string bytes_of(const std::vector<float>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

// A .npy file of the numbers.
std::string npy(const std::string& header, const std::vector<float>& numbers) {
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
         bytes_of(numbers);
}

const std::string doubled_header =
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2, 3, 2), }\n";

}  // namespace

TEST_F(Runner, WritesOneFileForEachOutput) {
  const auto numbers = counted_from(1);
  ASSERT_EQ(run_good(write("x.npy", npy(doubled_header, numbers))), 0) << read("said");
  const auto written = read("doubled.npy");
  ASSERT_EQ(written.size() % 64, 0u) << "the header is padded, the elements are 192 bytes";
  EXPECT_EQ(written.substr(0, 10 + doubled_header.size() - 1),
            npy(doubled_header, {}).substr(0, 6) + std::string("\x01\x00\x76\x00", 4) +
                doubled_header.substr(0, doubled_header.size() - 1));
  EXPECT_EQ(written.substr(128), bytes_of(twice(numbers)));
}

TEST_F(Runner, ReadsWhatItWrote) {
  const auto numbers = counted_from(1);
  ASSERT_EQ(run_good(write("x.npy", npy(doubled_header, numbers))), 0);
  ASSERT_EQ(run_good(folder / "doubled.npy"), 0) << read("said");
  EXPECT_EQ(read("doubled.npy").substr(128), bytes_of(twice(twice(numbers))));
}

TEST_F(Runner, RefusesAnotherShape) {
  const auto file = write(
      "x.npy",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 2, 2), }\n", counted_from(1)));
  EXPECT_EQ(run_good(file), 1);
  EXPECT_EQ(read("said"), file.string() + ": array is f32[4,3,2,2], input 'x' is f32[4,2,3,2]\n");
}

TEST_F(Runner, RefusesAnotherType) {
  const auto file = write(
      "x.npy",
      npy("{'descr': '<i4', 'fortran_order': False, 'shape': (4, 2, 3, 2), }\n", counted_from(1)));
  EXPECT_EQ(run_good(file), 1);
  EXPECT_EQ(read("said"), file.string() + ": array is i32[4,2,3,2], input 'x' is f32[4,2,3,2]\n");
}

TEST_F(Runner, RefusesColumnMajorOrder) {
  const auto file = write(
      "x.npy",
      npy("{'descr': '<f4', 'fortran_order': True, 'shape': (4, 2, 3, 2), }\n", counted_from(1)));
  EXPECT_EQ(run_good(file), 1);
  EXPECT_EQ(read("said"), file.string() + ": order of elements is not row-major\n");
}

TEST_F(Runner, RefusesAFileCutShortAtAnyPlace) {
  const auto whole = npy(doubled_header, counted_from(1));
  for (size_t size = 0; size < whole.size(); size += 13)
    EXPECT_EQ(run_good(write("x.npy", whole.substr(0, size))), 1) << size << " bytes";
}

TEST_F(Runner, RefusesAFileThatGoesOnBehindItsElements) {
  EXPECT_EQ(run_good(write("x.npy", npy(doubled_header, counted_from(1)) + "x")), 1);
}

TEST_F(Runner, RefusesAShapeLargerThanMemory) {
  const auto file =
      write("x.npy",
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }\n",
                counted_from(1)));
  EXPECT_EQ(run_good(file), 1);
  EXPECT_EQ(read("said"), file.string() + ": array is empty or larger than memory\n");
}

TEST_F(Runner, SaysWhichInputIsNotGiven) {
  EXPECT_EQ(run(module_path("good") + " --output-dir " + folder.string()), 1);
  EXPECT_EQ(read("said"), "ts_runner: input 'x' is not given\n");
}

TEST_F(Runner, SaysThatAFileIsMissing) {
  EXPECT_EQ(run_good(folder / "none.npy"), 1);
  EXPECT_EQ(read("said"), (folder / "none.npy").string() + ": No such file or directory\n");
}

TEST_F(Runner, WritesTheActualExtentsOfAnOutput) {
  std::string x(1000, '\3');
  x[4] = 9;
  const std::string header = "{'descr': '|i1', 'fortran_order': False, 'shape': (1000,), }\n";
  const auto numbers = write("numbers.npy", npy(header, {}) + x);
  const auto factor =
      write("factor.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", {2}));
  ASSERT_EQ(run(module_path("steps") + " --input x=" + numbers.string() +
                " --input factor=" + factor.string() + " --output-dir " + folder.string()),
            0)
      << read("said");
  EXPECT_NE(read("positive.npy").find("'<f8', 'fortran_order': False, 'shape': (1, 2), }"),
            std::string::npos);
}

TEST_F(Runner, RefusesAWrongCommandLineWithCodeTwo) {
  EXPECT_EQ(run(""), 2);
  EXPECT_EQ(run(module_path("good")), 2);
  EXPECT_EQ(run(module_path("good") + " --output-dir x --input x"), 2);
  EXPECT_EQ(run(module_path("good") + " --output-dir x --threads 0"), 2);
  EXPECT_EQ(run(module_path("good") + " --output-dir x --what 0"), 2);
}
