#include "wire/xml_text.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

std::string code_of(std::string_view xml) {
  return find_xml_text(xml, "Error/Code").value_or("nothing");
}

TEST(XmlText, IsThatOfThePath) {
  EXPECT_EQ(code_of("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Message>Code</Message>"
                    "<Code>NoSuchBucket</Code></Error>"),
            "NoSuchBucket");
  EXPECT_EQ(
      code_of("<a:Error xmlns:a='x'>\n <!-- <Code>no</Code> -->\n <a:Code >A</a:Code ></a:Error>"),
      "A");
  EXPECT_EQ(code_of("<Error><Inner><Code>no</Code></Inner><Code>yes</Code></Error>"), "yes");
  EXPECT_EQ(code_of("<Error><Empty/><Code></Code></Error>"), "");
}

TEST(XmlText, HasItsEntitiesDecoded) {
  EXPECT_EQ(
      code_of("<Error><Code>&lt;a&gt; &amp;&quot;&apos; &#65;&#x20AC;&#x1F600;</Code></Error>"),
      "<a> &\"' A€😀");
  EXPECT_EQ(code_of("<Error><Code>&unknown;</Code></Error>"), "nothing");
  EXPECT_EQ(code_of("<Error><Code>&#xD800;</Code></Error>"), "nothing");
  EXPECT_EQ(code_of("<Error><Code>&#99999999999;</Code></Error>"), "nothing");
  EXPECT_EQ(code_of("<Error><Code>a & b</Code></Error>"), "nothing");
}

TEST(XmlText, IsMissedInAnythingElse) {
  for (const auto* xml : {"", "<", "<Error", "<Error>", "<Error><Code>A", "<Error><Code>A<",
                          "</Error><Code>A</Code>", "</x><y><Error><Code>A</Code></Error></y>",
                          "<Other><Code>A</Code></Other>", "<Error><Code><b>A</b></Code></Error>",
                          "<Code>A</Code>", "text", "<!-- <Error><Code>A</Code></Error>",
                          "<Error><Code/></Error>", "<Outer><Error><Code>A</Code></Error></Outer>"})
    EXPECT_EQ(code_of(xml), "nothing") << xml;
}

}  // namespace
}  // namespace turnstone
