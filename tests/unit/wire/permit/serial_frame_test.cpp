// Expected bytes are from struct and zlib of Python's library and a stuffing written after the paper, not
// from this codec.
#include "wire/permit/serial_frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "wire/permit/board.hpp"

namespace standstill::permit {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <class Array>
Bytes bytes_of(const Array& array) {
  return {array.begin(), array.end()};
}

const std::string order_frame =
    "045001020207010106bebafeca0c010105d202964901010103341201010101010201054f91944e010befcdab8967452301f40101"
    "05"
    "e94949b700";
const std::string status_frame =
    "065301021709010102070101020c010105d2029649010101033412010101010102030201058f385af600";

Order the_order() {
  return {.want = Want::run,
          .epoch = 7,
          .host = 0xCAFEBABE,
          .session = 12,
          .heard_us = 1'234'567'890,
          .sequence = 0x1234,
          .sent_ns = 86'400'000'000'001,
          .plan_hash = 0x0123'4567'89AB'CDEF,
          .timeout_ms = 500};
}

TEST(SerialFrame, IsWhatThePaperAndTheCrcSay) {
  EXPECT_EQ(bytes_of(framed(std::array<std::uint8_t, 3>{1, 2, 3})), hex("080102031d80bc5500"));
  EXPECT_EQ(bytes_of(framed(std::array<std::uint8_t, 4>{0, 0, 0x11, 0})), hex("01010211050cfc9d7200"));
  EXPECT_EQ(bytes_of(framed(packed(the_order()))), hex(order_frame));
}

TEST(SerialFrame, AnOrderIsReadFieldByField) {
  SerialReader<Order::size> reader;
  int frames = 0;
  for (const std::uint8_t byte : hex(order_frame)) frames += reader.take(byte) ? 1 : 0;
  ASSERT_EQ(frames, 1);
  const auto order = order_in(reader.payload());
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(order->want, Want::run);
  EXPECT_EQ(order->epoch, 7U);
  EXPECT_EQ(order->host, 0xCAFEBABEU);
  EXPECT_EQ(order->session, 12U);
  EXPECT_EQ(order->heard_us, 1'234'567'890U);
  EXPECT_EQ(order->sequence, 0x1234U);
  EXPECT_EQ(order->sent_ns, 86'400'000'000'001);
  EXPECT_EQ(order->plan_hash, 0x0123'4567'89AB'CDEFU);
  EXPECT_EQ(order->timeout_ms, 500);
}

TEST(SerialFrame, AStatusIsReadFieldByField) {
  SerialReader<BoardStatus::size> reader;
  int frames = 0;
  for (const std::uint8_t byte : hex(status_frame)) frames += reader.take(byte) ? 1 : 0;
  ASSERT_EQ(frames, 1);
  const auto status = status_in(reader.payload());
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->state, LatchState::running);
  EXPECT_TRUE(status->closed_ordered && status->closed[0] && status->closed[1] && status->permit_good);
  EXPECT_FALSE(status->button_open || status->faulty);
  EXPECT_EQ(status->first_out, CauseCode::supervisor_lost);
  EXPECT_EQ(status->epoch, 7U);
  EXPECT_EQ(status->session, 12U);
  EXPECT_EQ(status->now_us, 1'234'567'890U);
  EXPECT_EQ(status->sequence, 0x1234U);
  EXPECT_EQ(status->unreadable, 3);
  EXPECT_EQ(status->refused, 1);
  EXPECT_EQ(bytes_of(framed(packed(*status))), hex(status_frame));
}

TEST(SerialFrame, WhatNoOrderSaysIsNoOrder) {
  const auto good = packed(the_order());
  ASSERT_TRUE(order_in(good).has_value());
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    auto bytes = good;
    bytes[at] = value;
    return order_in(bytes).has_value();
  };
  EXPECT_FALSE(with(0, 0x53));  // a status
  EXPECT_FALSE(with(1, 2));     // another version
  EXPECT_FALSE(with(2, 3));     // wants what nobody wants
  EXPECT_FALSE(with(3, 1));
  EXPECT_FALSE(with(51, 1));
  Order order = the_order();
  for (const std::uint16_t ms : std::initializer_list<std::uint16_t>{0, 99, 2001, 65535}) {
    order.timeout_ms = ms;
    EXPECT_FALSE(order_in(packed(order)).has_value()) << ms;
  }
  for (const std::uint16_t ms : std::initializer_list<std::uint16_t>{100, 2000}) {
    order.timeout_ms = ms;
    EXPECT_TRUE(order_in(packed(order)).has_value()) << ms;
  }
}

TEST(SerialFrame, WhatNoBoardSaysIsNoStatus) {
  const auto good = packed(BoardStatus{});
  ASSERT_TRUE(status_in(good).has_value());
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    auto bytes = good;
    bytes[at] = value;
    return status_in(bytes).has_value();
  };
  EXPECT_FALSE(with(0, 0x50));
  EXPECT_FALSE(with(1, 0));
  EXPECT_FALSE(with(2, 3));
  EXPECT_FALSE(with(3, 0x40));
  EXPECT_FALSE(with(4, static_cast<std::uint8_t>(cause_code_names.size())));
  EXPECT_FALSE(with(5, 1));
}

TEST(SerialFrame, EveryBitErrorIsSeen) {
  const Bytes good = hex(order_frame);
  for (std::size_t bit = 0; bit < (good.size() - 1) * 8; ++bit) {
    Bytes bytes = good;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    SerialReader<Order::size> reader;
    for (const std::uint8_t byte : bytes) EXPECT_FALSE(reader.take(byte)) << "bit " << bit;
    EXPECT_GE(reader.unreadable(), 1U) << "bit " << bit;
  }
}

TEST(SerialFrame, EveryTwoBitErrorsAreSeen) {
  const Bytes good = hex(status_frame);
  for (std::size_t one = 0; one < (good.size() - 1) * 8; ++one)
    for (std::size_t two = one + 1; two < (good.size() - 1) * 8; ++two) {
      Bytes bytes = good;
      for (const std::size_t bit : {one, two})
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
      SerialReader<BoardStatus::size> reader;
      for (const std::uint8_t byte : bytes) ASSERT_FALSE(reader.take(byte)) << one << " and " << two;
    }
}

TEST(SerialFrame, AZeroMoreBetweenFramesCostsNothing) {
  SerialReader<Order::size> reader;
  Bytes bytes = hex("0000" + order_frame + "00" + order_frame);
  int frames = 0;
  for (const std::uint8_t byte : bytes) frames += reader.take(byte) ? 1 : 0;
  EXPECT_EQ(frames, 2);
  EXPECT_EQ(reader.unreadable(), 0U);
}

TEST(SerialFrame, AfterAnyGarbageTheFrameBehindTheNextZeroIsRead) {
  EXPECT_TRUE(rc::check([] {
    const auto garbage = *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>());
    SerialReader<Order::size> reader;
    int before = 0, after = 0;
    for (const std::uint8_t byte : garbage) before += reader.take(byte) ? 1 : 0;
    before += reader.take(0) ? 1 : 0;
    for (const std::uint8_t byte : hex(order_frame)) after += reader.take(byte) ? 1 : 0;
    RC_ASSERT(before == 0);
    RC_ASSERT(after == 1);
    RC_ASSERT(order_in(reader.payload()).has_value());
  }));
}

TEST(SerialFrame, BytesLostOrDoubledNeverMakeAnotherFrame) {
  EXPECT_TRUE(rc::check([] {
    Bytes stream;
    for (int i = 0; i < 3; ++i)
      for (const std::uint8_t byte : hex(order_frame)) stream.push_back(byte);
    const auto at = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, stream.size()));
    const auto count = static_cast<std::ptrdiff_t>(*rc::gen::inRange(1, 60));
    const bool doubled = *rc::gen::arbitrary<bool>();
    const auto end = std::min(stream.begin() + at + count, stream.end());
    if (doubled) {
      const Bytes piece(stream.begin() + at, end);
      stream.insert(end, piece.begin(), piece.end());
    } else {
      stream.erase(stream.begin() + at, end);
    }
    SerialReader<Order::size> reader;
    const auto want = hex(order_frame);
    for (const std::uint8_t byte : stream)
      if (reader.take(byte)) RC_ASSERT(bytes_of(framed(reader.payload())) == want);
  }));
}

TEST(SerialFrame, AnyOrderComesBackWhateverItIsCutInto) {
  EXPECT_TRUE(rc::check([] {
    Order order;
    order.want = static_cast<Want>(*rc::gen::inRange(0, 3));
    order.epoch = *rc::gen::arbitrary<std::uint32_t>();
    order.host = *rc::gen::arbitrary<std::uint32_t>();
    order.session = *rc::gen::arbitrary<std::uint32_t>();
    order.heard_us = *rc::gen::arbitrary<std::uint64_t>();
    order.sequence = *rc::gen::arbitrary<std::uint64_t>();
    order.sent_ns = *rc::gen::arbitrary<std::int64_t>();
    order.plan_hash = *rc::gen::arbitrary<std::uint64_t>();
    order.timeout_ms = *rc::gen::inRange<std::uint16_t>(100, 2001);
    SerialReader<Order::size> reader;
    int frames = 0;
    for (const std::uint8_t byte : framed(packed(order))) frames += reader.take(byte) ? 1 : 0;
    RC_ASSERT(frames == 1);
    const auto back = order_in(reader.payload());
    RC_ASSERT(back.has_value());
    RC_ASSERT(packed(*back) == packed(order));
    RC_ASSERT(back->sent_ns == order.sent_ns && back->heard_us == order.heard_us);
  }));
}

}  // namespace
}  // namespace standstill::permit
