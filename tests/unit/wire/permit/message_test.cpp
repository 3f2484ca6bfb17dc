#include "wire/permit/message.hpp"

#include <gtest/gtest.h>

namespace standstill::permit {
namespace {

// One packet is one message of one size: whatever has another size is refused before it is looked at.
static_assert(sizeof(Message) % 8 == 0 && sizeof(Message) < 2048);

TEST(Message, ABodyComesBackAsItWasSent) {
  WordBody word{};
  word.word = Word::reset;
  word.epoch = 41;
  word.id = 7;
  word.who = "anna";
  const Message message = Message::of(Type::word, word);
  EXPECT_EQ(message.magic_number, magic);
  EXPECT_EQ(message.type, Type::word);
  const auto back = message.as<WordBody>();
  EXPECT_EQ(back.word, Word::reset);
  EXPECT_EQ(back.epoch, 41U);
  EXPECT_EQ(back.id, 7U);
  EXPECT_EQ(back.who.view(), "anna");
}

TEST(Message, AShortBodyIsFollowedByZeros) {
  const Message message = Message::of(Type::stage, StageBody{3, 4});
  for (std::size_t i = sizeof(StageBody); i < message.body.size(); ++i)
    ASSERT_EQ(message.body[i], std::byte{0}) << i;
}

TEST(Message, TextsThatFillTheirFieldAreEndedByTheReader) {
  Message message = Message::of(Type::word, WordBody{});
  message.body.fill(std::byte{'x'});
  auto body = message.as<WordBody>();
  body.who.terminate();
  body.detail.terminate();
  EXPECT_EQ(body.who.view().size(), sizeof(OperatorName) - 1);
  EXPECT_EQ(body.detail.view().size(), sizeof(CauseDetail) - 1);
}

TEST(Message, EveryKindOfEventAndWordHasItsName) {
  EXPECT_EQ(event_kind_names[static_cast<std::size_t>(EventKind::guard_started)], "guard_started");
  EXPECT_EQ(event_kind_names[static_cast<std::size_t>(EventKind::acknowledged)], "ack");
  EXPECT_EQ(event_kind_names[static_cast<std::size_t>(EventKind::proof)], "proof");
  EXPECT_EQ(event_kind_names.size(), static_cast<std::size_t>(EventKind::watchdog) + 1);
  EXPECT_EQ(word_names[static_cast<std::size_t>(Word::start)], "start");
  EXPECT_EQ(readback_names[static_cast<std::size_t>(ReadbackState::failed)], "failed");
}

// Must hold the whole state of the largest plan.
static_assert(max_outputs == 32 && max_sources == 128);
static_assert(sizeof(StateBody) <= sizeof(Message::body) && sizeof(EventBody) <= sizeof(Message::body));

}  // namespace
}  // namespace standstill::permit
