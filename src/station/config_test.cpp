#include "station/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace turnstone {
namespace {

using testing::HasSubstr;

constexpr std::string_view good = R"([[source]]
name = "camera"
kind = "folder"
path = "pictures"

[[model]]
name = "inspection"
package = "/models/turntable"
sources = ["camera"]
interval_ms = 250

[[sink]]
name = "broker"
kind = "mqtt"
from = ["inspection"]
url = "tcp://127.0.0.1:1883"
topic = "line3/verdict"

[page]
port = 0
)";

std::string problem(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const auto config = parse_config(text, "line3.toml", "/etc/station", overrides);
  return config ? "fine" : config.error().text;
}

std::string with(std::string_view from, std::string_view to) {
  std::string text(good);
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Config, ReadsEverySection) {
  const auto config = parse_config(good, "line3.toml", "/etc/station");
  ASSERT_TRUE(config) << config.error().text;
  ASSERT_EQ(config->sources.size(), 1u);
  EXPECT_EQ(config->sources[0].name, "camera");
  EXPECT_EQ(config->sources[0].open().error().text, "/etc/station/pictures: no such folder");
  EXPECT_EQ(config->models[0].package, "/models/turntable");
  EXPECT_EQ(config->models[0].interval, std::chrono::milliseconds(250));
  EXPECT_EQ(config->sinks[0].kind, "mqtt");
  EXPECT_TRUE(config->sinks[0].open());
  ASSERT_TRUE(config->page);
  EXPECT_EQ(config->page->port, 0);
  EXPECT_EQ(config->page->address, "127.0.0.1");
}

TEST(Config, SuggestsTheNearestKey) {
  EXPECT_EQ(problem(with("interval_ms", "intervall_ms")),
            "line3.toml:10: model 'inspection': key 'intervall_ms' is unknown, did you mean "
            "'interval_ms'");
  EXPECT_EQ(problem(with("[page]", "[pages]")),
            "line3.toml:19: station: key 'pages' is unknown, did you mean 'page'");
}

TEST(Config, SuggestsTheNearestKind) {
  const auto said = problem(with("\"folder\"", "\"foldr\""));
  EXPECT_TRUE(said.starts_with(
      "line3.toml:3: source 'camera': kind 'foldr' is unknown, legal are alsa, csv, folder, "))
      << said;
  EXPECT_TRUE(said.ends_with("; did you mean 'folder'")) << said;
}

TEST(Config, AMessageThatAsksForAFrameNeedsABroker) {
  EXPECT_EQ(problem(with("interval_ms = 250", "message_topic = \"judge\"")),
            "line3.toml:10: model 'inspection': 'message_topic' needs a section [mqtt]");
  EXPECT_EQ(problem(with("interval_ms = 250", "message_topic = \"judge\"") +
                    "[mqtt]\nurl = \"tcp://broker\"\n"),
            "fine");
}

TEST(Config, ModelsInARowEndAtOneThatSeesFrames) {
  const auto stages = [](std::string_view second, std::string_view third = {}) {
    return problem(with("sources = [\"camera\"]\ninterval_ms = 250\n", "") +
                   fmt::format("[[model]]\nname = \"b\"\npackage = \"b\"\n{}\n", second) +
                   std::string(third));
  };
  EXPECT_EQ(stages("after = \"inspection\"\nof = [\"face\"]\npadding = 0.2\nmost = 3"), "fine");
  EXPECT_EQ(stages("after = \"inspektion\""),
            "line3.toml:22: model 'b': there is no model 'inspektion', did you mean 'inspection'");
  EXPECT_EQ(stages("after = \"b\""), "line3.toml:22: model 'b': 'after' leads from 'b' back to it");
  EXPECT_EQ(stages("after = \"c\"", "[[model]]\nname = \"c\"\npackage = \"c\"\nafter = \"b\"\n"),
            "line3.toml:22: model 'b': 'after' leads from 'c' back to it\n"
            "line3.toml:26: model 'c': 'after' leads from 'b' back to it");
  EXPECT_EQ(stages("of = [\"face\"]"),
            "line3.toml:22: model 'b': 'of' needs 'after', the model that finds these");
  EXPECT_EQ(
      stages("after = \"inspection\"\nsources = [\"camera\"]\nframes = \"latest\""),
      "line3.toml:23: model 'b': 'sources' and 'after' exclude each other\n"
      "line3.toml:24: model 'b': 'frames' is latest, with 'after' everything that is found is "
      "judged");
  EXPECT_EQ(stages("after = \"inspection\"\ntrack = true"),
            "line3.toml:23: model 'b': things are tracked by the model that finds them in whole "
            "frames, not after 'inspection'");
  EXPECT_EQ(stages("after = \"inspection\"", "[cycle]\nmodel = \"b\"\n"),
            "line3.toml:23: cycle: model 'b' judges what 'inspection' finds, wanted: one that sees "
            "whole frames");
}

TEST(Config, SuggestsTheNearestName) {
  EXPECT_EQ(problem(with("[\"camera\"]", "[\"camra\"]")),
            "line3.toml:9: model 'inspection': there is no source 'camra', did you mean 'camera'");
}

TEST(Config, ReportsEveryIndependentProblem) {
  auto text = with("port = 0", "port = 70000");
  text.replace(text.find("topic"), 5, "topik");
  EXPECT_EQ(problem(text),
            "line3.toml:12: sink 'broker': key 'topic' is missing (topic of the messages)\n"
            "line3.toml:17: sink 'broker': key 'topik' is unknown, did you mean 'topic'\n"
            "line3.toml:20: page: 'port' is 70000, 0 to 65535 is legal");
}

TEST(Config, ChecksWhatATextSaysBeforeAnythingOpens) {
  auto text = with("interval_ms = 250", "zones = [\"door=0.1,0.2\"]\nmotion_region = \"0.1,2\"");
  text.replace(text.find("line3/verdict"), 13, "line3/#");
  text +=
      "[[source]]\nname = \"gate\"\nkind = \"rtsp\"\nurl = \"http://gate/1\"\n"
      "[[sink]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://a:b@c\"\n"
      "words = [\"Fail\"]\npayload = \"template\"\ntemplate = \"{lable}\"\n";
  const auto said = problem(text);
  EXPECT_THAT(said, HasSubstr("line3.toml:10: model 'inspection': zones: door: "));
  EXPECT_THAT(said, HasSubstr("line3.toml:11: model 'inspection': motion_region: '2' is no "));
  EXPECT_THAT(said, HasSubstr("sink 'broker': topic: topic 'line3/#' is wrong, legal is "));
  EXPECT_THAT(said, HasSubstr("line3.toml:25: source 'gate': url: 'http://gate/1' is wrong, legal "
                              "is rtsp:// or rtsps:// with a host, and a port of 1 to 65535"));
  EXPECT_THAT(said, HasSubstr("line3.toml:29: sink 'hook': url: holds a user or a password"));
  EXPECT_THAT(said, HasSubstr("line3.toml:30: sink 'hook': words: 'Fail' is not LABEL=WORD"));
  EXPECT_THAT(said, HasSubstr("line3.toml:32: sink 'hook': template: "));
}

TEST(Config, SaysWhereItsSectionsStand) {
  const auto config = parse_config(good, "line3.toml", {}, std::vector<std::string>{"page.port=1"});
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->places.at("source 'camera'"), "line3.toml:1");
  EXPECT_EQ(config->places.at("sink 'broker'"), "line3.toml:12");
  EXPECT_EQ(config->places.at("page"), "line3.toml:19");
}

TEST(Config, ReportsReferencesWithTheRestInTheOrderOfTheFile) {
  auto text = with("sources = [\"camera\"]", "sources = [\"camara\"]");
  text.replace(text.find("port = 0"), 8, "port = true");
  EXPECT_EQ(problem(text),
            "line3.toml:9: model 'inspection': there is no source 'camara', did you mean 'camera'\n"
            "line3.toml:20: page: 'port' is true or false, not a whole number");
}

TEST(Config, DoesNotMissANameThatCouldNotBeRead) {
  EXPECT_EQ(problem(with("name = \"camera\"", "name = 5")),
            "line3.toml:2: source: 'name' is a whole number, not a text");
}

TEST(Config, NamesTheTypeThatIsWrong) {
  EXPECT_EQ(problem(with("port = 0", "port = \"0\"")),
            "line3.toml:20: page: 'port' is a text, not a whole number");
}

TEST(Config, NamesTheLineOfBrokenToml) {
  EXPECT_TRUE(problem("[[source]\n").starts_with("line3.toml:1: ")) << problem("[[source]\n");
}

TEST(Config, RefusesAKeyOfManyTables) {
  std::string key = "a";
  for (int i = 0; i < 10'000; ++i) key += ".a";
  EXPECT_EQ(problem("# b\n" + key + " = 1\n"), "line3.toml:2: has more than 1000 dots");
  EXPECT_EQ(problem("[" + key + "]\n"), "line3.toml:1: has more than 1000 dots");
  std::string less = "a";
  for (int i = 0; i < 999; ++i) less += ".a";
  EXPECT_NE(problem(less + " = 1\n").find("key 'a' is unknown"), std::string::npos);
}

TEST(Config, RefusesAHeaderWithoutAKey) {
  for (const auto* text : {"[!]", "[[!]]", "[\x1bx]", "[", "[[", "[]", "[[]]", "a.! = 1"})
    EXPECT_TRUE(problem(text).starts_with("line3.toml:1: ")) << text << problem(text);
}

TEST(Config, RefusesAStationWithoutSources) {
  EXPECT_EQ(problem(""), "line3.toml: there is no [[source]]");
}

TEST(Config, RefusesTheSameNameTwice) {
  EXPECT_EQ(problem(std::string(good) + "[[source]]\nname = \"camera\"\nkind = \"folder\"\n"
                                        "path = \"x\"\n"),
            "line3.toml:22: source 'camera' stands twice");
}

TEST(Config, RefusesANameThatIsNoPathSegment) {
  EXPECT_EQ(problem(with("name = \"camera\"", "name = \"../x\"")),
            "line3.toml:2: source: name '../x' is wrong, legal are 1 to 64 letters, digits, - "
            "and _");
}

TEST(Config, OverridesByNumberAndByName) {
  const std::vector<std::string> overrides = {"source.0.path=here", "model.inspection.threads=3",
                                              "page.port=99", "sink.broker.queue=7"};
  const auto config = parse_config(good, "line3.toml", "/etc/station", overrides);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->sources[0].open().error().text, "here: no such folder");
  EXPECT_EQ(config->models[0].threads, 3);
  EXPECT_EQ(config->page->port, 99);
  EXPECT_EQ(config->sinks[0].queue, 7);
}

TEST(Config, ChecksOverridesLikeTheFile) {
  EXPECT_EQ(problem(std::string(good), {"page.prt=1"}),
            "--set: page: key 'prt' is unknown, did you mean 'port'");
  EXPECT_EQ(problem(std::string(good), {"source.camera.loop="}),
            "--set: source 'camera': 'loop' is a text, not true or false");
  EXPECT_EQ(problem(std::string(good), {"model.inspection.sources=[1]"}),
            "--set: model 'inspection': 'sources' is a whole number, not a text\n"
            "--set: model 'inspection': there is no source '', there are camera");
  EXPECT_EQ(problem(std::string(good), {"page.port=many"}),
            "--set: page: 'port' is a text, not a whole number");
  EXPECT_EQ(problem(std::string(good), {"source.lamp.path=x"}),
            "--set: 'source.lamp.path': there is no such part of the configuration, legal are keys "
            "such as page.port, source.0.path, source.NAME.path");
  EXPECT_EQ(problem(std::string(good), {"page.port"}), "--set: 'page.port' is not KEY=VALUE");
}

TEST(Config, ReadsTheCycleAndItsTable) {
  const auto config = parse_config(
      std::string(good) + "[cycle]\nstops = \"stops.txt\"\n[cycle.table]\nsections = 7\n",
      "line3.toml", "/etc/station");
  ASSERT_TRUE(config) << config.error().text;
  ASSERT_TRUE(config->cycle);
  EXPECT_EQ(config->cycle->source, "camera");
  EXPECT_EQ(config->cycle->model, "inspection");
  EXPECT_EQ(config->cycle->stops, "/etc/station/stops.txt");
  EXPECT_EQ(config->cycle->table.sections, 7);
}

TEST(Config, ReadsTheSorterAndWhatStopsTheLine) {
  const auto config =
      parse_config(std::string(good) +
                       "[cycle]\nsort_timeout_s = 3\nunsorted = \"count\"\nreinspections = 2\n"
                       "stop_after_fails = 4\nstop_labels = [\"Scratch\", \"Dent\"]\n"
                       "[cycle.sorter]\ndriver = \"simulated\"\nactions = [\"Pass=keep\"]\n",
                   "line3.toml");
  ASSERT_TRUE(config) << config.error().text;
  const auto& cycle = *config->cycle;
  EXPECT_EQ(cycle.sort_timeout_seconds, 3);
  EXPECT_EQ(cycle.unsorted, "count");
  EXPECT_EQ(cycle.reinspections, 2);
  EXPECT_EQ(cycle.stop_after_fails, 4);
  EXPECT_EQ(cycle.stop_labels, (std::vector<std::string>{"Scratch", "Dent"}));
  EXPECT_EQ(cycle.sorter.driver, "simulated");
  EXPECT_EQ(cycle.sorter.actions, (std::vector<std::string>{"Pass=keep"}));
}

TEST(Config, RefusesASorterThatIsNoTable) {
  EXPECT_EQ(problem(std::string(good) + "[cycle]\nsorter = \"mqtt\"\n"),
            "line3.toml:22: cycle: 'sorter' is a text, write [cycle.sorter]");
  EXPECT_EQ(problem(std::string(good) + "[cycle.sorter]\nactionz = []\n"),
            "line3.toml:22: cycle.sorter: key 'actionz' is unknown, did you mean 'actions'");
}

TEST(Config, RefusesACycleOfAnUnknownModel) {
  EXPECT_EQ(problem(std::string(good) + "[cycle]\nmodel = \"inspektion\"\n"),
            "line3.toml:21: cycle: there is no model 'inspektion', did you mean 'inspection'");
}

TEST(Config, ReferenceNamesEveryKindAndDefault) {
  const auto text = print_config_reference();
  for (const auto* part : {"kind \"v4l2\"", "kind \"mqtt\"", "port = 8080", "interval_ms = 0",
                           "queue = 1000", "auto | every | latest"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(Config, APageForOtherMachinesWantsALoginOverTls) {
  EXPECT_EQ(problem(with("port = 0", "port = 0\naddress = \"0.0.0.0\"\nkey_file = \"k\"")),
            "line3.toml:21: page: address '0.0.0.0' is seen by other machines, which wants a login "
            "over TLS: key 'token_file' is missing\n"
            "line3.toml:21: page: address '0.0.0.0' is seen by other machines, which wants a login "
            "over TLS: key 'certificate_file' is missing");
  EXPECT_EQ(problem(with("port = 0", "port = 0\ntoken_file = \"t\"")),
            "line3.toml:19: page: key 'certificate_file' is missing, a login is over TLS\n"
            "line3.toml:19: page: key 'key_file' is missing, a login is over TLS");
  EXPECT_EQ(problem(with("port = 0", "address = \"camera.example\"")),
            "line3.toml:20: page: address 'camera.example' is no IP address");
  EXPECT_EQ(problem(with("port = 0",
                         "address = \"::\"\ntoken_file = \"t\"\ncertificate_file = \"c\"\n"
                         "key_file = \"k\"")),
            "fine");
}

TEST(ConfigReference, IsInTheDocuments) {
  const auto written = read_text(TURNSTONE_SOURCE_DIR "/docs/reference.toml");
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_TRUE(*written == print_config_reference())
      << "write it anew: turnstone run --fields > docs/reference.toml";
}

}  // namespace
}  // namespace turnstone
