#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "base/text.h"
#include "station/kinds.h"

namespace turnstone {
namespace {

// Rows of a database that others may read while it is written.
struct SqliteSinkConfig {
  std::string path = {};  // of the database
  int keep_days = 0;      // older rows go; 0: none does
};

const Field<SqliteSinkConfig> sqlite_fields[] = {
    {"path", &SqliteSinkConfig::path, "path", "database file", {.required = true}},
    {"keep_days",
     &SqliteSinkConfig::keep_days,
     "",
     "older rows are deleted, 0: none is",
     {.least = 0, .most = 100'000}},
};

// Columns that people ask for are made of the line, which has everything.
constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS outcome (
  id TEXT PRIMARY KEY NOT NULL,
  line TEXT NOT NULL,
  time TEXT GENERATED ALWAYS AS (json_extract(line, '$.time')) STORED,
  source TEXT GENERATED ALWAYS AS (json_extract(line, '$.source')) VIRTUAL,
  model TEXT GENERATED ALWAYS AS (json_extract(line, '$.model')) VIRTUAL,
  frame INTEGER GENERATED ALWAYS AS (json_extract(line, '$.frame')) VIRTUAL,
  picture TEXT GENERATED ALWAYS AS (json_extract(line, '$.picture')) VIRTUAL,
  part INTEGER GENERATED ALWAYS AS (json_extract(line, '$.part')) VIRTUAL,
  label TEXT GENERATED ALWAYS AS (json_extract(line, '$.label')) VIRTUAL,
  score REAL GENERATED ALWAYS AS (json_extract(line, '$.score')) VIRTUAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outcome_time ON outcome (time);
)";

// Whether the row is wrong, and not the database, its disk or who else uses it.
bool is_of_row(const SQLite::Exception& error) {
  const int code = error.getErrorCode();
  return code == SQLITE_ERROR || code == SQLITE_TOOBIG || code == SQLITE_CONSTRAINT ||
         code == SQLITE_MISMATCH;
}

class SqliteSink final : public Sink {
 public:
  explicit SqliteSink(SqliteSinkConfig config) : config_(std::move(config)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    return {{.body = print_outcome(outcome)}};
  }

  // Errors: invalid (what is at the path is no database).
  Result<> check() {
    try {
      open();
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() == SQLITE_NOTADB)
        return fail(Code::invalid, "{}: is there and no database", config_.path);
    }
    return {};
  }

  // A repeat has the id of a row that is there, and changes nothing.
  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token) override {
    sent = 0;
    try {
      open();
      SQLite::Transaction transaction(*database_);
      SQLite::Statement insert(*database_,
                               "INSERT OR IGNORE INTO outcome (id, line) VALUES (?, ?)");
      size_t rows = 0;
      Result<> legal;
      for (; rows < messages.size() && legal; ++rows)
        if (legal = add(insert, messages[rows]); !legal) break;
      if (config_.keep_days > 0)
        database_->exec(
            fmt::format("DELETE FROM outcome WHERE time < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', "
                        "'-{} days')",
                        config_.keep_days));
      transaction.commit();
      sent = rows;
      return legal;
    } catch (const SQLite::Exception& error) {
      database_.reset();
      return fail(Code::unavailable, "{}: {}", config_.path, printable(error.what()));
    }
  }

 private:
  // A row that the database refuses is the message's fault; all else goes through.
  Result<> add(SQLite::Statement& insert, const Message& message) const {
    try {
      insert.bind(1, message.id);
      insert.bind(2, message.body);
      insert.exec();
      insert.reset();
      return {};
    } catch (const SQLite::Exception& error) {
      if (!is_of_row(error)) throw;
      insert.tryReset();
      return fail(Code::invalid, "{}: {}", config_.path, printable(error.what()));
    }
  }

  void open() {
    if (database_) return;
    auto made = std::make_unique<SQLite::Database>(
        config_.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 2000);
    made->exec("PRAGMA journal_mode = WAL");
    made->exec("PRAGMA synchronous = FULL");
    made->exec(schema);
    database_ = std::move(made);
  }

  SqliteSinkConfig config_;
  std::unique_ptr<SQLite::Database> database_;
};

// A database that cannot be opened is found out by `send`, so that its disk may come back. Errors:
// invalid (another file is at the path).
Result<std::unique_ptr<Sink>> open_sqlite_sink(const SqliteSinkConfig& config) {
  auto sink = std::make_unique<SqliteSink>(config);
  TRY(sink->check());
  return sink;
}

}  // namespace

const Kind<Sink> sqlite_sink = kind_of<Sink, SqliteSinkConfig, sqlite_fields, open_sqlite_sink>(
    "sqlite", "rows of a database");

}  // namespace turnstone
