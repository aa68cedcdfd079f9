// Sinks that fill tables: CSV files and SQLite databases.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "station/testing_kinds.h"
#include "station/testing_outcomes.h"

namespace turnstone {
namespace {

using testing_tools::some_faces;
using testing_tools::some_verdict;

class TableSinks : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  std::unique_ptr<Sink> open(std::string_view kind, std::string_view more = "") const {
    auto sink = testing_tools::open_sink(
        fmt::format("kind = \"{}\"\npath = \"{}\"\n{}", kind, file("table"), more));
    EXPECT_TRUE(sink) << sink.error().text;
    return std::move(*sink);
  }

  static Result<> take(Sink& sink, const Outcome& outcome) {
    auto messages = sink.messages_of(outcome);
    for (auto& message : messages) message.id = outcome.id;
    size_t sent = 0;
    TRY(sink.send(messages, sent, {}));
    EXPECT_EQ(sent, messages.size());
    return {};
  }

  // What the statement gives, row by row, columns apart by |.
  std::vector<std::string> ask(const std::string& statement) const {
    SQLite::Database database(file("table"));
    SQLite::Statement query(database, statement);
    std::vector<std::string> rows;
    while (query.executeStep()) {
      std::string row;
      for (int i = 0; i < query.getColumnCount(); ++i)
        row += (i ? "|" : "") + query.getColumn(i).getString();
      rows.push_back(row);
    }
    return rows;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-tables");
};

constexpr const char* header =
    "time,source,model,frame,picture,part,label,class,score,left,top,right,bottom,id\r\n";

TEST_F(TableSinks, ACsvFileHasAHeaderAndARowForEachFinding) {
  ASSERT_TRUE(take(*open("csv"), some_verdict()));
  ASSERT_TRUE(take(*open("csv"), some_faces()));
  EXPECT_EQ(*read_text(file("table")),
            std::string(header) +
                "2026-03-07T08:05:09.250Z,camera,inspection,91,img00091.jpg,3,Fail,1,0.987,0,0,1,1,"
                "0199\r\n"
                "2026-03-07T08:05:09.250Z,camera,inspection,91,img00091.jpg,,face,1,0.87,0.1,0.2,"
                "0.3,0.6,0199\r\n"
                "2026-03-07T08:05:09.250Z,camera,inspection,91,img00091.jpg,,face,1,0.553,0.5,0.5,"
                "1,1,0199\r\n");
}

TEST_F(TableSinks, ACsvFileThatWasRenamedBeginsAnewWithItsHeader) {
  const auto sink = open("csv");
  ASSERT_TRUE(take(*sink, some_verdict()));
  std::filesystem::rename(file("table"), file("old"));
  ASSERT_TRUE(take(*sink, some_verdict()));
  EXPECT_EQ(*read_text(file("table")), *read_text(file("old")));
}

TEST_F(TableSinks, LabelsNeverBecomeColumnsOrFormulas) {
  const auto outcome = testing_tools::some_classes({"a,\"b\"", "=1+1"});
  ASSERT_TRUE(take(*open("csv", "append = false\n"), outcome));
  const auto text = *read_text(file("table"));
  EXPECT_NE(text.find(",'=1+1,1,0.217,"), std::string::npos) << text;
  EXPECT_NE(text.find(",\"a,\"\"b\"\"\",0,0.1,"), std::string::npos) << text;
}

TEST_F(TableSinks, ADatabaseHasARowForEachOutcomeAndOneForItsRepeats) {
  const auto sink = open("sqlite");
  ASSERT_TRUE(take(*sink, some_verdict()));
  ASSERT_TRUE(take(*sink, some_verdict()));
  EXPECT_EQ(
      ask("SELECT id, time, source, model, frame, part, label, score FROM outcome"),
      std::vector<std::string>{"0199|2026-03-07T08:05:09.250Z|camera|inspection|91|3|Fail|0.987"});
  auto next = some_faces();
  next.id = "0200";
  ASSERT_TRUE(take(*sink, next));
  EXPECT_EQ(ask("SELECT count(*), count(label) FROM outcome"), std::vector<std::string>{"2|1"});
}

TEST_F(TableSinks, RowsThatAreTooOldAreDeleted) {
  const auto sink = open("sqlite", "keep_days = 1\n");
  ASSERT_TRUE(take(*sink, some_verdict()));
  EXPECT_EQ(ask("SELECT count(*) FROM outcome"), std::vector<std::string>{"0"});
}

TEST_F(TableSinks, AFileThatIsNoDatabaseIsRefusedAndStays) {
  const std::string text = "this is a text and no database at all, long enough";
  ASSERT_TRUE(write_file(file("table"), text));
  const auto sink =
      testing_tools::open_sink(fmt::format("kind = \"sqlite\"\npath = \"{}\"\n", file("table")));
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, Code::invalid);
  EXPECT_EQ(sink.error().text, file("table") + ": is there and no database");
  EXPECT_EQ(*read_text(file("table")), text);
}

TEST_F(TableSinks, ARowThatIsRefusedDoesNotHoldUpTheOthers) {
  const auto sink = open("sqlite");
  const Message messages[] = {
      {.id = "a", .body = "{}"}, {.id = "b", .body = "this is no JSON"}, {.id = "c", .body = "{}"}};
  size_t sent = 0;
  const auto first = sink->send(messages, sent, {});
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Code::invalid);
  EXPECT_EQ(sent, 1u);
  ASSERT_TRUE(sink->send(std::span(messages).subspan(2), sent, {}));
  EXPECT_EQ(ask("SELECT id FROM outcome"), (std::vector<std::string>{"a", "c"}));
}

}  // namespace
}  // namespace turnstone
