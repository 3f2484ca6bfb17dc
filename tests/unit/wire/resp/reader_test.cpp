// RESP as redis.io describes it ("Redis serialization protocol specification"): the bytes are from there.
#include "wire/resp/reader.hpp"

#include <gtest/gtest.h>

namespace standstill::resp {
namespace {

using Type = Value::Type;

std::vector<Value> read(std::string_view bytes, std::size_t step = 1000) {
  Reader reader;
  std::vector<Value> found;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(std::as_bytes(std::span(bytes.substr(at, step))));
    while (auto value = reader.next()) found.push_back(std::move(*value));
  }
  EXPECT_EQ(reader.error(), "") << bytes;
  EXPECT_EQ(reader.waiting(), 0U) << bytes;
  return found;
}

bool refused(std::string_view bytes) {
  Reader reader;
  reader.feed(std::as_bytes(std::span(bytes)));
  while (reader.next()) {
  }
  return !reader.error().empty();
}

TEST(Resp, ReadsEveryTypeHoweverItIsCut) {
  const std::string bytes =
      "+OK\r\n-ERR unknown command "
      "'asdf'\r\n:-1000\r\n$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.23\r\n"
      "(3492890328409238509324850943850943825024385\r\n!21\r\nSYNTAX invalid syntax\r\n=15\r\ntxt:Some "
      "string\r\n"
      "*2\r\n$5\r\nhello\r\n*1\r\n:1\r\n%2\r\n+first\r\n:1\r\n+second\r\n:2\r\n~1\r\n+a\r\n"
      "|1\r\n+key-popularity\r\n%1\r\n$1\r\na\r\n,0.1923\r\n*1\r\n:2039123\r\n"
      ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\na\r\n\r\n*0\r\n";
  for (std::size_t step = 1; step < 40; ++step) {
    const auto found = read(bytes, step);
    ASSERT_EQ(found.size(), 19U) << step;
    EXPECT_EQ(found[0].text, "OK");
    EXPECT_EQ(found[1].type, Type::error);
    EXPECT_EQ(found[2].integer, -1000);
    EXPECT_EQ(found[3].text, "hello");
    EXPECT_EQ(found[4].type, Type::text);
    for (const int i : {5, 6, 7}) EXPECT_EQ(found[static_cast<std::size_t>(i)].type, Type::nothing);
    EXPECT_EQ(found[8].integer, 1);
    EXPECT_EQ(found[11].text, "SYNTAX invalid syntax");
    EXPECT_EQ(found[12].text, "Some string");
    EXPECT_EQ(found[13].items.at(1).items.at(0).integer, 1);
    EXPECT_EQ(found[14].items.size(), 4U);
    EXPECT_EQ(found[16].items.at(0).integer, 2039123) << "the attribute before it is dropped";
    EXPECT_EQ(found[17].type, Type::push);
    EXPECT_EQ(found[17].items.at(2).text, "a\r\n") << "texts may hold line ends";
    EXPECT_EQ(found[18].type, Type::list);
  }
}

TEST(Resp, RefusesWhatIsNoResp) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "$3\r\nhello\r\n", "$99999999999\r\n",
                            "*-2\r\n", ":1x\r\n", "$\r\n", "#x\r\n"})
    EXPECT_TRUE(refused(bytes)) << bytes;
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "*1\r\n";
  EXPECT_TRUE(refused(deep));
  EXPECT_TRUE(refused(std::string(100'000, '+')));
}

TEST(Resp, WritesCommandsAsBulkStrings) {
  std::string text;
  write_command(text, {"LLEN", "mylist"});
  EXPECT_EQ(text, "*2\r\n$4\r\nLLEN\r\n$6\r\nmylist\r\n");
}

}  // namespace
}  // namespace standstill::resp
