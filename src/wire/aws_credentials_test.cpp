#include "wire/aws_credentials.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "base/files.h"

namespace turnstone {
namespace {

const std::string file =
    "# ours\n"
    "[default]\r\n"
    "aws_access_key_id = AKIA1\r\n"
    "aws_secret_access_key=secret/1+=\r\n"
    "region = eu-central-1\r\n"
    "\n"
    "[ line3 ]\n"
    "AWS_ACCESS_KEY_ID = AKIA2\n"
    "aws_secret_access_key = secret2\n"
    "aws_session_token = token==\n"
    "s3 =\n"
    "  addressing_style\n";

std::string problem(std::string_view text, std::string_view profile = "default") {
  const auto parsed = parse_aws_credentials(text, profile, "keys");
  return parsed ? "fine" : parsed.error().text;
}

TEST(AwsCredentials, AreReadByProfile) {
  const auto first = parse_aws_credentials(file, "default", "keys");
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(first->access_key_id, "AKIA1");
  EXPECT_EQ(first->secret_access_key, "secret/1+=");
  EXPECT_EQ(first->session_token, "");
  const auto second = parse_aws_credentials(file, "line3", "keys");
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(second->access_key_id, "AKIA2");
  EXPECT_EQ(second->session_token, "token==");
}

TEST(AwsCredentials, AreRefusedWithoutSayingWhatTheyAre) {
  EXPECT_EQ(problem(file, "line4"), "keys: no profile [line4]");
  EXPECT_EQ(problem("[default]\naws_access_key_id = A\n"),
            "keys: profile [default]: aws_secret_access_key is missing");
  EXPECT_EQ(problem("[default]\naws_secret_access_key = A\n"),
            "keys: profile [default]: aws_access_key_id is missing");
  EXPECT_EQ(problem("[default\n"), "keys:1: a profile has no ']'");
  EXPECT_EQ(problem("[default]\nsecret\n"), "keys:2: no '=', legal are [PROFILE] and KEY = VALUE");
  EXPECT_EQ(
      problem("[default]\naws_access_key_id = A B\naws_secret_access_key = C\n"),
      "keys: profile [default]: a value is wrong, legal are printable ASCII characters but blanks");
}

TEST(AwsCredentials, MissTheirFile) {
  const auto read = read_aws_credentials("/nowhere/credentials");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::missing);
}

using Values = std::map<std::string, std::string>;

// The environment as it was, again after the test.
class Environment {
 public:
  explicit Environment(const Values& values = {}) {
    for (const auto* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                             "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE", "HOME"}) {
      const char* before = std::getenv(name);
      before_[name] = before ? std::optional<std::string>(before) : std::nullopt;
      ::unsetenv(name);
    }
    for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto& [name, value] : before_) {
      if (value)
        ::setenv(name.c_str(), value->c_str(), 1);
      else
        ::unsetenv(name.c_str());
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

TEST(AwsCredentials, AreFoundInTheEnvironmentFirst) {
  const Environment environment({{"AWS_ACCESS_KEY_ID", "A"},
                                 {"AWS_SECRET_ACCESS_KEY", "B"},
                                 {"AWS_SESSION_TOKEN", "C"},
                                 {"AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials"}});
  const auto found = find_aws_credentials();
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_EQ(found->access_key_id, "A");
  EXPECT_EQ(found->secret_access_key, "B");
  EXPECT_EQ(found->session_token, "C");
}

TEST(AwsCredentials, AreFoundInTheFileOfTheProfile) {
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "credentials";
  ASSERT_TRUE(write_file(path, file));
  const Environment environment(
      {{"AWS_SHARED_CREDENTIALS_FILE", path.string()}, {"AWS_PROFILE", "line3"}});
  const auto found = find_aws_credentials();
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_EQ(found->access_key_id, "AKIA2");
}

TEST(AwsCredentials, AreFoundBelowHome) {
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(make_folder(folder.path() / ".aws"));
  ASSERT_TRUE(write_file(folder.path() / ".aws/credentials", file));
  const Environment environment(Values{{"HOME", folder.path().string()}});
  EXPECT_EQ(find_aws_credentials()->access_key_id, "AKIA1");
}

TEST(AwsCredentials, AreMissedWhereNothingNamesThem) {
  const Environment nothing;
  EXPECT_EQ(find_aws_credentials().error().text,
            "no credentials: AWS_ACCESS_KEY_ID and HOME are not set");
}

TEST(AwsCredentials, AreRefusedByHalves) {
  const Environment half(Values{{"AWS_ACCESS_KEY_ID", "A"}});
  EXPECT_EQ(find_aws_credentials().error().text, "environment: aws_secret_access_key is missing");
}

}  // namespace
}  // namespace turnstone
