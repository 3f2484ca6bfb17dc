// What a station asks the server for, and what it does with the answers. The bytes are RESP3 as a Redis
// server 7 writes it.
#include "plant/station/latch_ask.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace standstill::station {
namespace {

struct Asking : testing::Test {
  RedisSession session{{}, [](std::string_view, const std::string&) {}};
  int as_before = 0;
  std::vector<std::string> whole;
  Asking() {
    session.connected(Instant{});
    take_output();
  }
  std::string take_output() {
    const auto bytes = session.output();
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    session.sent(bytes.size());
    return text;
  }
  void answer(std::string_view text) {
    EXPECT_TRUE(session.feed(std::as_bytes(std::span(text.data(), text.size())), Instant{}));
    EXPECT_FALSE(session.work(Instant{}));
    EXPECT_EQ(session.error(), "");
  }
  void ask(const std::string& head) {
    EXPECT_TRUE(ask_latch(
        session, head, [this] { ++as_before; },
        [this](const resp::Value& value) { whole.push_back(value.is_text() ? value.text : "none"); }));
  }
};

constexpr auto opened =
    "%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
    ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n";
constexpr auto get = "*2\r\n$3\r\nGET\r\n$11\r\nestop:latch\r\n";
constexpr auto get_head = "*4\r\n$8\r\nGETRANGE\r\n$11\r\nestop:latch\r\n$1\r\n0\r\n$1\r\n3\r\n";

struct AskingOnline : Asking {
  AskingOnline() {
    session = RedisSession({{}, {}, {"x"}}, [](std::string_view, const std::string&) {});
    session.connected(Instant{});
    take_output();
    answer(opened);
  }
};

TEST_F(AskingOnline, TheFirstTimeForAllOfIt) {
  ask("");
  EXPECT_EQ(take_output(), get);
  answer("$6\r\nlatch!\r\n");
  EXPECT_EQ(whole, std::vector<std::string>{"latch!"});
}

TEST_F(AskingOnline, ThenForItsBeginning) {
  ask("latc");
  EXPECT_EQ(take_output(), get_head);
  answer("$4\r\nlatc\r\n");
  EXPECT_EQ(as_before, 1);
  EXPECT_TRUE(whole.empty());
  EXPECT_EQ(take_output(), "");
}

// Another one, none, and a server that does not allow it to this user: S7, unknown is found out.
TEST_F(AskingOnline, AndForAllOfItWhenThatIsNotAsBefore) {
  for (const auto* other : {"$4\r\nlate\r\n", "$0\r\n\r\n", "-NOPERM this user has no permissions\r\n"}) {
    ask("latc");
    take_output();
    answer(other);
    EXPECT_EQ(take_output(), get) << other;
    answer("_\r\n");
  }
  EXPECT_EQ(as_before, 0);
  EXPECT_EQ(whole, (std::vector<std::string>{"none", "none", "none"}));
}

}  // namespace
}  // namespace standstill::station
