// More than a hundred configurations that somebody got wrong, or means ill: each gives clear
// lines, one for each mistake, and nothing else happens.
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "station/config.h"

namespace turnstone {
namespace {

const std::string source = "[[source]]\nname = \"a\"\nkind = \"folder\"\npath = \"p\"\n";
const std::string model = "[[model]]\nname = \"m\"\npackage = \"p\"\n";

// What a key of a section may not be.
struct Wrong {
  std::string section;
  std::string key;
  std::vector<std::string> values;
};

std::vector<std::string> broken_texts() {
  return {"",
          "\xff\xfe[",
          std::string("a\0b", 3),
          "=",
          "[",
          "[[",
          "[source",
          "[[source]",
          "[source]",
          "source = 1",
          "[[source]]",
          "[[source]]\nname = 1",
          "a = ",
          "a = \"",
          "a = '''",
          "a = [1,",
          "a = {b = ",
          "a = 1 2",
          "a = 1\na = 2",
          "[a]\n[a]",
          "a = 99999999999999999999",
          "a = 0x",
          "a = 2026-13-01",
          "a = \"\\q\"",
          "a = \"\\uD800\"",
          "a.b.c.d = 1",
          "[[source]]\n[source.deep]\n",
          "[page]\nport = 1\n",
          "[cycle]\n",
          source + source,
          source + model + model,
          source + "[page]\n[page]\n",
          source + "[spool]\n",
          source + "[cycle]\ntable = 1\n",
          source + model + "[cycle]\ntable = { turns = 1 }\n",
          "model = 5\n" + source,
          "sink = \"x\"\n" + source,
          "page = []\n" + source,
          "spool = true\n" + source,
          "cycle = 1.5\n" + source,
          "[[page]]\n" + source,
          std::string(100'000, '['),
          "a = " + std::string(10'000, '['),
          "a = \"" + std::string(1 << 16, 'x'),
          std::string(70'000, 'k') + " = 1"};
}

const std::vector<Wrong> wrongs = {
    {"source", "name", {"\"\"", "\"../x\"", "\"a b\"", "\"\\u0000\"", "[]", "{}", "1"}},
    {"source", "kind", {"\"\"", "\"exec\"", "\"foldr\"", "1", "[\"folder\"]"}},
    {"source", "path", {"1", "true", "[]", "\"a\\u0000b\""}},
    {"source", "loop", {"1", "\"yes\"", "\"true\""}},
    {"source", "interval_s", {"-1", "nan", "inf", "1e300", "\"1\""}},
    {"source", "unheard_of", {"1"}},
    {"model", "threads", {"-1", "257", "1.5", "9223372036854775807", "\"2\""}},
    {"model", "top", {"0", "-5", "1001"}},
    {"model", "frames", {"\"some\"", "1"}},
    {"model", "interval_ms", {"-1", "1e3", "86400001"}},
    {"model", "sources", {"\"a\"", "[1]", "[\"b\"]", "[[]]"}},
    {"model", "zones", {"1", "[1]"}},
    {"model", "after", {"\"m\"", "\"nobody\"", "1"}},
    {"model", "padding", {"-1", "11", "nan"}},
    {"model", "most", {"0", "1001", "1.5"}},
    {"model", "of", {"\"face\"", "[\"face\"]", "[1]"}},
    {"model", "every", {"0", "-1", "1.5"}},
    {"model", "motion", {"1", "\"yes\""}},
    {"model", "still_s", {"-1", "3601", "nan"}},
    {"model", "motion_share", {"0", "1.1"}},
    {"model", "motion_level", {"-1", "255"}},
    {"model", "message_topic", {"\"judge\"", "1"}},
    {"sink", "queue", {"0", "1000001", "\"many\""}},
    {"sink", "from", {"[\"nobody\"]", "5"}},
    {"sink", "kind", {"\"pipe\"", "true"}},
    {"page", "port", {"-1", "65536", "80.5", "\"80\""}},
    {"page", "quality", {"0", "101"}},
    {"page", "fps", {"0", "1e9", "nan"}},
    {"spool", "results_mb", {"0", "-1", "1073741825"}},
    {"spool", "path", {"\"\"", "7"}},
    {"mqtt", "url", {"\"\"", "5"}},
    {"mqtt", "version", {"2", "\"5\"", "6"}},
    {"mqtt", "topic", {"\"a\""}},
    {"cycle", "vote", {"\"most\"", "1"}},
    {"cycle", "judge_s", {"-1", "3601", "\"1\""}},
    {"cycle", "source", {"\"nobody\""}},
};

// The section as it should be, with one key that is wrong.
std::string text_of(const Wrong& wrong, const std::string& value) {
  static const std::map<std::string, std::string> sections = {
      {"source", source},
      {"model", source + model},
      {"sink", source + "[[sink]]\nname = \"s\"\nkind = \"jsonl\"\n"},
      {"page", source + "[page]\n"},
      {"spool", source + "[spool]\npath = \"p\"\n"},
      {"mqtt", source + "[mqtt]\nurl = \"tcp://127.0.0.1\"\n"},
      {"cycle", source + model + "[cycle]\n"},
  };
  auto text = sections.at(wrong.section);
  if (const auto at = text.rfind("\n" + wrong.key + " = "); at != text.npos)
    text.erase(at + 1, text.find('\n', at + 1) - at);
  return text + wrong.key + " = " + value + "\n";
}

TEST(HostileConfig, EachGivesClearLines) {
  auto texts = broken_texts();
  for (const auto& wrong : wrongs)
    for (const auto& value : wrong.values) texts.push_back(text_of(wrong, value));
  EXPECT_GE(texts.size(), 100u);
  for (const auto& text : texts) {
    SCOPED_TRACE(printable(text, 200));
    const auto config = parse_config(text, "line3.toml", "/etc/station");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, Code::invalid);
    for (const auto& line : split(config.error().text, '\n')) {
      EXPECT_TRUE(line.starts_with("line3.toml:")) << line;
      EXPECT_LT(line.size(), 1200u) << line;
      EXPECT_TRUE(is_utf8(line));
      for (const char letter : line) EXPECT_GE(static_cast<unsigned char>(letter), 0x20) << line;
    }
  }
}

}  // namespace
}  // namespace turnstone
