#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "runtime/test_model.h"

namespace fs = std::filesystem;

namespace {

struct Opened {
  ts_status status;
  std::string text;
};

// Opens and closes again; the text starts behind the path.
Opened try_open(const std::string& path) {
  char text[512] = "untouched";
  ts_model* model = nullptr;
  const auto status = ts_open_detail(path.c_str(), text, sizeof text, &model);
  EXPECT_EQ(model != nullptr, status == TS_OK);
  ts_close(model);
  const std::string said = text;
  const auto start = said.find(".so: ");
  return {status, start == std::string::npos ? said : said.substr(start + 5)};
}

Model open_path(const fs::path& path) {
  ts_model* model = nullptr;
  EXPECT_EQ(ts_open(path.c_str(), &model), TS_OK);
  return {model, ts_close};
}

// What a module with the signature of `good` makes of 1, 2, 3, ...
std::vector<float> run_from_one(const Model& model) {
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  EXPECT_EQ(set_doubled_input(context, numbers), TS_OK);
  EXPECT_EQ(ts_run(context.get()), TS_OK);
  return first_output(context);
}

struct BadModule {
  const char* name;
  ts_status status;
  const char* text;
};

void PrintTo(const BadModule& bad, std::ostream* out) { *out << bad.name; }

struct EveryBadModule : testing::TestWithParam<BadModule> {};

}  // namespace

TEST_P(EveryBadModule, IsRefusedWithWhatIsWrong) {
  const auto opened = try_open(module_path(GetParam().name));
  EXPECT_EQ(opened.status, GetParam().status);
  EXPECT_EQ(opened.text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Modules, EveryBadModule,
    testing::Values(
        BadModule{"newer_abi", TS_BAD_PACKAGE,
                  "package has ABI 4, this runtime reads 1..3: a newer runtime is needed"},
        BadModule{"abi_zero", TS_BAD_PACKAGE,
                  "package has ABI 0, this runtime reads 1..3: the package is damaged"},
        BadModule{"short_module", TS_BAD_PACKAGE, "description has 63 bytes, legal are 64 or more"},
        BadModule{"no_symbol", TS_BAD_PACKAGE, "library holds no symbol turnstone_module"},
        BadModule{"many_inputs", TS_BAD_PACKAGE, "257 inputs are outside 0..256"},
        BadModule{"null_inputs", TS_BAD_PACKAGE, "1 inputs are described nowhere"},
        BadModule{"no_output", TS_BAD_PACKAGE, "0 outputs are outside 1..256"},
        BadModule{"no_variant", TS_BAD_PACKAGE, "0 variants are outside 1..256"},
        BadModule{"bad_rank", TS_BAD_PACKAGE, "input 0: rank 9 is outside 0..8"},
        BadModule{"bad_extent", TS_BAD_PACKAGE, "input 0: extent 0 is less than 1"},
        BadModule{"huge_shape", TS_BAD_PACKAGE, "input 0: size of 4 bytes is not its shape's"},
        BadModule{"bad_size", TS_BAD_PACKAGE, "input 0: size of 193 bytes is not its shape's"},
        BadModule{"bad_type", TS_BAD_PACKAGE, "input 0: type 14 is outside 1..13"},
        BadModule{"bad_layout", TS_BAD_PACKAGE, "input 0: layout 2 does not fit rank 1"},
        BadModule{"bad_bound", TS_BAD_PACKAGE, "input 0: bound of an axis beyond rank 4"},
        BadModule{"bad_scale", TS_BAD_PACKAGE, "input 0: scale 0 is not above 0"},
        BadModule{"null_name", TS_BAD_PACKAGE, "input 0: name is missing"},
        BadModule{"null_shape", TS_BAD_PACKAGE, "input 0: shape is missing"},
        BadModule{"two_names", TS_BAD_PACKAGE, "input 0 and 1 have one name"},
        BadModule{"null_run", TS_BAD_PACKAGE, "variant 0: name or code is missing"},
        BadModule{"null_weights", TS_BAD_PACKAGE, "variant 0: weights are missing"},
        BadModule{"huge_scratch", TS_BAD_PACKAGE, "variant 0: needs more memory than there can be"},
        BadModule{"vast_thread", TS_BAD_PACKAGE, "variant 0: needs more memory than there can be"},
        BadModule{"odd_thread", TS_BAD_PACKAGE,
                  "variant 0: scratch memory is not a multiple of 64 bytes"},
        BadModule{"null_groups", TS_BAD_PACKAGE, "variant 0: groups are missing"},
        BadModule{"unknown_cpu", TS_WRONG_CPU,
                  "none of the 1 variants runs on this CPU, the last is future"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Open, RefusesAModuleThatSaysItIsForAnotherCpu) {
  const auto opened = try_open(module_path("other_arch"));
  EXPECT_EQ(opened.status, TS_WRONG_CPU);
  EXPECT_THAT(opened.text, testing::MatchesRegex("package is for .*, this machine is .*"));
}

TEST(Open, RefusesALibraryBuiltForAnotherCpuBeforeItIsMapped) {
  Folder folder;
  const auto path = folder.path / "other.so";
  fs::copy_file(module_path("good"), path);
  const char s390[] = {22, 0};
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(18).write(s390, 2);
  EXPECT_EQ(try_open(path).status, TS_WRONG_CPU);
}

TEST(Open, FindsTheLibraryInAPackageFolder) {
  Folder folder;
  fs::copy_file(module_path("good"), folder.path / "compiled.so");
  EXPECT_EQ(try_open(folder.path).status, TS_OK);
}

TEST(Open, SaysWhichFileIsMissing) {
  const auto opened = try_open("/nowhere/model.so");
  EXPECT_EQ(opened.status, TS_MISSING);
  EXPECT_EQ(opened.text, "cannot be opened: No such file or directory");
}

TEST(Open, SaysThatAFolderHoldsNoLibrary) {
  Folder folder;
  EXPECT_EQ(try_open(folder.path).status, TS_MISSING);
}

TEST(Open, RefusesAFileThatIsNoLibrary) {
  Folder folder;
  const auto path = folder.path / "text.so";
  std::ofstream(path) << std::string(1000, 'x');
  const auto opened = try_open(path);
  EXPECT_EQ(opened.status, TS_BAD_PACKAGE);
  EXPECT_EQ(opened.text, "file is not a shared library");
}

TEST(Open, SaysThatAFileIsAnArchive) {
  Folder folder;
  const auto path = folder.path / "archive.so";
  std::ofstream(path) << "\x1f\x8b" << std::string(1000, 'x');
  const auto opened = try_open(path);
  EXPECT_EQ(opened.status, TS_BAD_PACKAGE);
  EXPECT_EQ(opened.text, "file is an archive, wanted: the folder in it, or a .so");
}

TEST(Open, RefusesALibraryCutShortAtAnyPlaceWithoutACrash) {
  Folder folder;
  const auto path = folder.path / "cut.so";
  const auto whole = fs::file_size(module_path("good"));
  for (uintmax_t size = 0; size < whole; size += size < whole - 50 ? whole / 50 : 1) {
    fs::copy_file(module_path("good"), path, fs::copy_options::overwrite_existing);
    fs::resize_file(path, size);
    EXPECT_EQ(try_open(path).status, TS_BAD_PACKAGE) << size << " bytes";
  }
}

TEST(Open, RefusesALibraryWithOneBitTurnedAnywhere) {
  Folder folder;
  const auto path = folder.path / "flipped.so";
  fs::copy_file(module_path("good"), path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (std::streamoff at = 32; at < static_cast<std::streamoff>(fs::file_size(path)); at += 37) {
    char byte = 0;
    file.seekg(at).read(&byte, 1);
    file.seekp(at).put(static_cast<char>(byte ^ 1 << at % 8)).flush();
    EXPECT_EQ(try_open(path).status, TS_BAD_PACKAGE) << "at byte " << at;
    file.seekp(at).put(byte).flush();
  }
  EXPECT_EQ(try_open(path).status, TS_OK);
}

TEST(Open, ReadsAFileAnewThatReplacedAnOpenOne) {
  Folder folder;
  const auto path = folder.path / "compiled.so";
  fs::copy_file(module_path("good"), path);
  const auto before = open_path(path);
  fs::copy_file(module_path("replaced"), folder.path / "new.so");
  fs::rename(folder.path / "new.so", path);
  EXPECT_EQ(run_from_one(open_path(path)), std::vector<float>(doubled_count, 7));
  EXPECT_EQ(run_from_one(before), twice(counted_from(1)));
}

TEST(Open, TellsTwoFilesApartWhenOneIsOpenTwiceAndClosedOnce) {
  auto first = open_model("good");
  const auto second = open_model("good");
  first.reset();
  EXPECT_EQ(run_from_one(open_model("replaced")), std::vector<float>(doubled_count, 7));
  EXPECT_EQ(run_from_one(second), twice(counted_from(1)));
}

TEST(Open, KeepsNoFileOpen) {
  const auto open_files = [] {
    const fs::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  };
  const auto before = open_files();
  const auto model = open_model("good");
  EXPECT_EQ(open_files(), before);
}

TEST(Open, RefusesNull) {
  ts_model* model = nullptr;
  EXPECT_EQ(ts_open(nullptr, &model), TS_BAD_ARGUMENT);
  EXPECT_EQ(ts_open("x.so", nullptr), TS_BAD_ARGUMENT);
}

TEST(Open, CutsItsTextWhereTheCallersMemoryEnds) {
  char text[8] = "1234567";
  ts_model* model = nullptr;
  EXPECT_EQ(ts_open_detail("/nowhere", text, 6, &model), TS_MISSING);
  EXPECT_STREQ(text, "/nowh");
  EXPECT_EQ(text[6], '7');
}

TEST(Open, EmptiesTheTextOnSuccess) {
  char text[8] = "before";
  ts_model* model = nullptr;
  ASSERT_EQ(ts_open_detail(module_path("good").c_str(), text, sizeof text, &model), TS_OK);
  ts_close(model);
  EXPECT_STREQ(text, "");
}

TEST(Model, DescribesItsInputsAndOutputs) {
  const auto model = open_model("steps");
  ASSERT_TRUE(model);
  ASSERT_EQ(ts_input_count(model.get()), 2);
  ASSERT_EQ(ts_output_count(model.get()), 1);
  const auto* x = ts_input_info(model.get(), 0);
  EXPECT_STREQ(x->name, "x");
  EXPECT_EQ(x->type, TS_I8);
  EXPECT_EQ(x->rank, 1);
  EXPECT_EQ(x->shape[0], 1000);
  EXPECT_EQ(x->shape[1], 0);
  EXPECT_EQ(x->size_bytes, 1000u);
  EXPECT_EQ(x->quantised, 1);
  EXPECT_EQ(x->zero, 3);
  EXPECT_EQ(x->scale, 0.5);
  EXPECT_EQ(ts_input_info(model.get(), 1)->rank, 0);
  EXPECT_EQ(ts_output_info(model.get(), 0)->bounded, 1u);
  EXPECT_EQ(ts_input_info(model.get(), 2), nullptr);
  EXPECT_EQ(ts_output_info(model.get(), -1), nullptr);
}

TEST(Model, FindsValuesByName) {
  const auto model = open_model("steps");
  int index = -7;
  EXPECT_EQ(ts_find_input(model.get(), "factor", &index), TS_OK);
  EXPECT_EQ(index, 1);
  EXPECT_EQ(ts_find_output(model.get(), "positive", &index), TS_OK);
  EXPECT_EQ(index, 0);
  EXPECT_EQ(ts_find_output(model.get(), "factor", &index), TS_MISSING);
  EXPECT_EQ(index, 0);
}

TEST(Model, KnowsTheLayoutOfAPicture) {
  const auto model = open_model("good");
  EXPECT_EQ(ts_input_info(model.get(), 0)->layout, TS_NCHW);
  EXPECT_EQ(ts_output_info(model.get(), 0)->layout, TS_NO_LAYOUT);
}

TEST(Model, ChoosesTheFirstVariantThatRunsHere) {
  const auto model = open_model("variants");
  EXPECT_STREQ(ts_variant_name(model.get()), "plain");
  EXPECT_EQ(ts_memory_of(model.get())->scratch_bytes, 128u);
  EXPECT_EQ(ts_memory_of(model.get())->outputs_bytes, 192u);
}

TEST(Model, OfAnOlderAbiIsReadAsItWasWritten) {
  const auto model = open_model("abi_one");
  EXPECT_EQ(ts_memory_of(model.get())->thread_bytes, 0u);
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(first_output(context), twice(numbers));
}

TEST(Model, OfTheSecondAbiDoesNotSayWhatItMultiplies) {
  const auto model = open_model("abi_two");
  EXPECT_EQ(ts_memory_of(model.get())->thread_bytes, 64u);
  const auto context = open_context(model);
  const ts_group* groups = nullptr;
  int count = 0;
  ASSERT_EQ(ts_profile(context.get(), &groups, &count), TS_OK);
  ASSERT_EQ(count, 1);
  EXPECT_EQ(groups[0].products, TS_PRODUCTS_F32);
}

TEST(Model, ListsItsVariants) {
  const auto model = open_model("variants");
  ASSERT_EQ(ts_variant_count(model.get()), 3);
  EXPECT_STREQ(ts_variant_name_of(model.get(), 0), "future");
  EXPECT_STREQ(ts_variant_name_of(model.get(), 2), "negated");
  EXPECT_EQ(ts_variant_name_of(model.get(), 3), nullptr);
}

TEST(Model, RunsTheVariantThatWasAskedFor) {
  const auto model = open_model("variants");
  ASSERT_EQ(ts_choose_variant(model.get(), "negated"), TS_OK);
  EXPECT_STREQ(ts_variant_name(model.get()), "negated");
  EXPECT_EQ(ts_memory_of(model.get())->scratch_bytes, 256u);
  const auto context = open_context(model);
  const auto numbers = counted_from(1);
  ASSERT_EQ(set_doubled_input(context, numbers), TS_OK);
  ASSERT_EQ(ts_run(context.get()), TS_OK);
  EXPECT_EQ(first_output(context)[0], -2);
}

TEST(Model, KeepsItsVariantWhenAnotherCannotBeChosen) {
  const auto model = open_model("variants");
  EXPECT_EQ(ts_choose_variant(model.get(), "future"), TS_WRONG_CPU);
  EXPECT_EQ(ts_choose_variant(model.get(), "past"), TS_MISSING);
  EXPECT_STREQ(ts_variant_name(model.get()), "plain");
}

TEST(Types, HaveNamesAndSizes) {
  EXPECT_STREQ(ts_type_name(TS_BF16), "bf16");
  EXPECT_EQ(ts_type_size(TS_BF16), 2u);
  EXPECT_EQ(ts_type_size(TS_BOOL), 1u);
  EXPECT_STREQ(ts_type_name(static_cast<ts_type>(0)), "?");
  EXPECT_EQ(ts_type_size(static_cast<ts_type>(14)), 0u);
}

TEST(Statuses, HaveTextsOfTheirOwn) {
  EXPECT_STREQ(ts_status_text(TS_OK), "done");
  EXPECT_STREQ(ts_status_text(static_cast<ts_status>(99)), "no such status");
}
