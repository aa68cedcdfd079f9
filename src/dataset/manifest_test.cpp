#include "dataset/manifest.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/files.h"

namespace turnstone {
namespace {

std::filesystem::path data_folder() {
  const char* given = std::getenv("TURNSTONE_DATA");
  return given ? std::filesystem::path(given)
               : std::filesystem::path(TURNSTONE_SOURCE_DIR) / "../shared/data";
}

std::string line(std::string_view file, int label, std::string_view name,
                 std::string_view more = "") {
  return fmt::format(
      R"({{"source-ref":"{}","state":{},"state-metadata":{{"class-name":"{}","confidence":0.00,)"
      R"("type":"groundtruth/image-classification","human-annotated":"yes"}}{}}})"
      "\n",
      file, label, name, more);
}

Result<Dataset> parse(std::string_view text, const ManifestOptions& options = {}) {
  return parse_manifest(text, "/data", "m", options);
}

std::string error_of(std::string_view text) {
  const auto dataset = parse(text);
  return dataset ? "none" : dataset.error().text;
}

TEST(Manifest, LinesBecomeSamplesWithTheirClassNames) {
  const auto dataset = parse(line("a/1.jpg", 1, "Fail", R"(,"stop":3)") +
                             line("/other/2.jpg", 0, "Pass") + line("../3.jpg", 1, "Fail"));
  ASSERT_TRUE(dataset) << dataset.error().text;
  EXPECT_EQ(dataset->labels, (std::vector<std::string>{"Pass", "Fail"}));
  ASSERT_EQ(dataset->samples.size(), 3U);
  EXPECT_EQ(dataset->samples[0].path, "/data/a/1.jpg");
  EXPECT_EQ(dataset->samples[1].path, "/other/2.jpg");
  EXPECT_EQ(dataset->samples[2].path, "/3.jpg");
  EXPECT_EQ(dataset->samples[0].label, 1);
  EXPECT_EQ(dataset->samples[2].where, "m:3");
  EXPECT_EQ(*field_of(dataset->samples[0], "stop"), "3");
}

TEST(Manifest, LineEndsEmptyLinesAndAByteOrderMarkDoNotMatter) {
  auto crlf = line("1.jpg", 0, "a");
  crlf.insert(crlf.size() - 1, "\r");
  const auto dataset = parse("\xef\xbb\xbf" + crlf + "\n  \r\n" + line("2.jpg", 0, "a"));
  ASSERT_TRUE(dataset) << dataset.error().text;
  EXPECT_EQ(dataset->samples.size(), 2U);
  EXPECT_EQ(dataset->samples[1].where, "m:4");
}

TEST(Manifest, AClassThatWasNeverNamedHasANumber) {
  const auto dataset = parse(line("1.jpg", 2, "third"));
  EXPECT_EQ(dataset->labels, (std::vector<std::string>{"class 0", "class 1", "third"}));
}

TEST(Manifest, TheLabelMayBeWrittenAsTextOrWithoutMetadata) {
  EXPECT_EQ(
      parse(R"({"source-ref":"a","l":"1","l-metadata":{"class-name":"x"}})")->samples[0].label, 1);
  const auto named = parse(R"({"source-ref":"a","l":4,"other":1})", {"l"});
  EXPECT_EQ(named->samples[0].label, 4);
}

TEST(Manifest, AMaskBesideTheClassIsNoLabel) {
  const auto dataset = parse(
      R"({"source-ref":"a","l":1,"l-metadata":{"class-name":"x"},"m-ref":"b.png","m-ref-metadata":)"
      R"({"type":"groundtruth/semantic-segmentation"}})");
  ASSERT_TRUE(dataset) << dataset.error().text;
  EXPECT_EQ(dataset->samples[0].label, 1);
}

TEST(Manifest, OfSeveralLabelsOneHasToBeNamed) {
  const std::string text =
      R"({"source-ref":"a","l":1,"l-metadata":{},"k":0,"k-metadata":{"class-name":"y"}})";
  EXPECT_EQ(error_of(text), "m:1: which attribute is the label is not clear, name one of l, k");
  EXPECT_EQ(parse(text, {"k"})->samples[0].label, 0);
}

TEST(Manifest, PicturesWithoutALabelAreKept) {
  const auto dataset =
      parse("{\"source-ref\":\"a\"}\n" + line("b", 0, "x") + R"({"source-ref":"c","state":null})");
  ASSERT_TRUE(dataset) << dataset.error().text;
  EXPECT_EQ(dataset->samples[0].label, -1);
  EXPECT_EQ(dataset->samples[1].label, 0);
  EXPECT_EQ(dataset->samples[2].label, -1);
}

TEST(Manifest, HostileLinesAreNamedWithFileAndLine) {
  const auto good = line("1.jpg", 0, "a");
  EXPECT_EQ(error_of(good + "{\"source-ref\": 5}"), "m:2: 'source-ref' is not a text");
  EXPECT_EQ(error_of(good + "{\"source-ref\": "), "m:2: column 15: not JSON");
  EXPECT_EQ(error_of("[1]"), "m:1: line is not a JSON object");
  EXPECT_EQ(error_of("{}"), "m:1: 'source-ref' is missing");
  EXPECT_EQ(error_of(R"({"source":"some text"})"),
            "m:1: 'source' holds text, legal are pictures by 'source-ref'");
  EXPECT_EQ(error_of(R"({"source-ref":""})"), "m:1: 'source-ref' is empty");
  EXPECT_EQ(error_of(R"({"source-ref":"a\u0000b"})"), "m:1: 'source-ref' holds a zero byte");
  EXPECT_EQ(error_of(std::string(R"({"source-ref":"a"})") + '\0' + '"'),
            "m:1: column 19: not JSON");
  EXPECT_EQ(error_of(R"({"source-ref":"a","x":1,"x":2})"), "m:1: key 'x' stands twice");
  EXPECT_EQ(error_of("\xff"), "m:1: line is not UTF-8");
  EXPECT_EQ(error_of(R"({"source-ref":")" + std::string(100'001, 'a') + "\"}"),
            "m:1: line is longer than 100000 characters");
  EXPECT_EQ(error_of(std::string(1000, '[') + std::string(1000, ']')),
            "m:1: JSON is nested deeper than 64 levels");
  EXPECT_EQ(error_of("\n\n"), "m: holds no picture, each line names one");
}

TEST(Manifest, KeysThatLookAlikeInValuesAreNotRepeated) {
  EXPECT_TRUE(parse(R"({"source-ref":"x","a":"a","b":{"a":1,"c\"":2},"c":["a",":"],"d\\":"{"})"));
}

TEST(Manifest, WrongLabelsAreNamed) {
  const auto with = [](std::string_view label) {
    return error_of(fmt::format(R"({{"source-ref":"a","l":{},"l-metadata":{{}}}})", label));
  };
  EXPECT_EQ(with("-1"), "m:1: 'l' is -1, legal are whole numbers 0..9999");
  EXPECT_EQ(with("1.5"), "m:1: 'l' is 1.5, legal are whole numbers 0..9999");
  EXPECT_EQ(with("10000"), "m:1: 'l' is 10000, legal are whole numbers 0..9999");
  EXPECT_EQ(with("1e300"), "m:1: 'l' is 1e+300, legal are whole numbers 0..9999");
  EXPECT_EQ(with("true"), "m:1: 'l' is true, legal are whole numbers 0..9999");
  EXPECT_EQ(with("[1,2]"),
            "m:1: 'l' holds boxes or several classes, legal is one class as a number");
  EXPECT_EQ(with("9999"), "none");
}

TEST(Manifest, OneClassHasOneName) {
  EXPECT_EQ(error_of(line("1", 0, "cat") + line("2", 0, "dog")),
            "m:2: class 0 is called 'dog' here and 'cat' before");
}

TEST(Manifest, ReferencesIntoABucketAreUnsupported) {
  const auto dataset = parse(line("s3://bucket/1.jpg", 0, "a"));
  EXPECT_EQ(dataset.error().code, Code::unsupported);
  EXPECT_EQ(dataset.error().text,
            "m:1: 'source-ref' s3://bucket/1.jpg is not read, fetch the pictures and refer to "
            "files");
  EXPECT_EQ(parse(line("file:///x/1.jpg", 0, "a"))->samples[0].path, "/x/1.jpg");
}

TEST(Manifest, SeveralFilesBecomeOneDataSet) {
  const auto folder = *TemporaryFolder::make();
  const auto a = folder.path() / "a.manifest";
  const auto b = folder.path() / "b.manifest";
  ASSERT_TRUE(write_file(a, line("1.jpg", 1, "Fail")));
  ASSERT_TRUE(write_file(b, line("2.jpg", 0, "Pass") + line("3.jpg", 2, "Odd")));
  const std::filesystem::path both[] = {a, b};
  const auto dataset = read_manifests(both);
  ASSERT_TRUE(dataset) << dataset.error().text;
  EXPECT_EQ(dataset->labels, (std::vector<std::string>{"Pass", "Fail", "Odd"}));
  EXPECT_EQ(dataset->samples[2].path, folder.path() / "3.jpg");
  ASSERT_TRUE(write_file(b, line("2.jpg", 1, "Bad")));
  EXPECT_EQ(read_manifests(both).error().text,
            b.string() + ": class 1 is called 'Bad' here and 'Fail' before");
  EXPECT_EQ(read_manifest(folder.path() / "none").error().code, Code::missing);
}

TEST(Manifest, MissingFieldsNameThoseThatAreThere) {
  const auto dataset = *parse(R"({"source-ref":"a","stop":2,"day":"mon","box":[1]})");
  const auto& sample = dataset.samples[0];
  EXPECT_EQ(*field_of(sample, "day"), "mon");
  EXPECT_EQ(field_of(sample, "stops").error().text,
            "m:1: has no field 'stops', there are source-ref, stop, day, box");
  EXPECT_EQ(field_of(sample, "box").error().text, "m:1: field 'box' is no text or number");
}

TEST(Manifest, DamagedTextNeverCrashes) {
  const auto original = line("a.jpg", 1, "x", R"(,"stop":[{"k":"\"\\"}])") + line("b.jpg", 0, "y");
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    auto text = original;
    for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % 8 ? text.size() : random() % text.size());
    const auto dataset = parse(text);
    EXPECT_TRUE(dataset || !dataset.error().text.empty());
  }
}

TEST(Manifest, TheRealOnesAreRead) {
  const auto folder = data_folder();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data folder";
  const auto turntable = read_manifest(folder / "turntable/turntable.manifest");
  ASSERT_TRUE(turntable) << turntable.error().text;
  EXPECT_EQ(turntable->labels, (std::vector<std::string>{"Pass", "Fail"}));
  EXPECT_TRUE(std::filesystem::exists(turntable->samples[0].path));
  for (const auto* name : {"train_class.manifest", "train_segmentation.manifest"}) {
    const auto cookies = read_manifest(folder / "cookies" / name);
    ASSERT_TRUE(cookies) << cookies.error().text;
    EXPECT_EQ(cookies->samples.size(), 63U);
    EXPECT_EQ(cookies->labels, (std::vector<std::string>{"normal", "anomaly"}));
  }
}

}  // namespace
}  // namespace turnstone
