// What a real snap7 server and client said to each other, byte by byte.
#include <gtest/gtest.h>

#include <array>

#include "unit/wire/s7/hex.hpp"
#include "wire/s7/frame.hpp"
#include "wire/s7/message.hpp"
#include "wire/s7/user_data.hpp"

namespace standstill::s7 {
namespace {

constexpr auto connect_bytes = "03 00 00 16 11 e0 00 00 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02";
constexpr auto confirm_bytes = "03 00 00 16 11 d0 00 01 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02";
constexpr auto setup_bytes = "03 00 00 19 02 f0 80 32 01 00 00 00 00 00 08 00 00 f0 00 00 01 00 01 01 e0";
constexpr auto setup_answer =
    "03 00 00 1b 02 f0 80 32 03 00 00 00 00 00 08 00 00 00 00 f0 00 00 01 00 01 01 e0";
constexpr auto read_bytes =
    "03 00 00 1f 02 f0 80 32 01 00 00 00 01 00 0e 00 00 04 01 12 0a 10 02 00 04 00 01 84 00 00 00";
constexpr auto read_answer =
    "03 00 00 1d 02 f0 80 32 03 00 00 00 01 00 02 00 08 00 00 04 01 ff 04 00 20 00 01 02 03";
constexpr auto write_bytes =
    "03 00 00 27 02 f0 80 32 01 00 00 00 08 00 0e 00 08 05 01 12 0a 10 02 00 04 00 01 84 00 10 00"
    "00 04 00 20 11 22 33 44";
constexpr auto write_answer = "03 00 00 16 02 f0 80 32 03 00 00 00 08 00 02 00 01 00 00 05 01 ff";

// The message in a frame; `keep` holds its bytes.
struct Received {
  FrameReader reader;
  Message message;
};
void receive(Received& into, std::string_view text) {
  into.reader.add(hex(text));
  ASSERT_EQ(into.reader.next(), FrameReader::Result::data) << into.reader.error();
  const auto message = read_message(into.reader.message());
  ASSERT_TRUE(message) << message.error();
  into.message = *message;
}

TEST(S7Recorded, ConnectAndConfirm) {
  const Tsaps op_slot_2 = tsaps(ConnectionType::op, 0, 2);
  EXPECT_EQ(tsaps(ConnectionType::pg, 0, 2), (Tsaps{0x0100, 0x0102}));
  EXPECT_EQ(op_slot_2.remote, 0x0202);
  EXPECT_EQ(tsaps(ConnectionType::basic, 1, 3).remote, 0x0323);
  EXPECT_EQ(shown(connect_frame({0, 1, tsaps(ConnectionType::pg, 0, 2), 0x0A})), connect_bytes);
  EXPECT_EQ(shown(confirm_frame({1, 1, tsaps(ConnectionType::pg, 0, 2), 0x0A})), confirm_bytes);
  FrameReader reader;
  reader.add(hex(confirm_bytes));
  ASSERT_EQ(reader.next(), FrameReader::Result::confirm);
  EXPECT_EQ(reader.connect().destination, 1);
  EXPECT_EQ(reader.connect().tsaps, (Tsaps{0x0100, 0x0102}));
  EXPECT_EQ(reader.next(), FrameReader::Result::need_more);
}

TEST(S7Recorded, Setup) {
  EXPECT_EQ(shown(setup_request(0, {1, 1, 480})), setup_bytes);
  EXPECT_EQ(shown(setup_reply(0, {1, 1, 480})), setup_answer);
  Received got;
  receive(got, setup_answer);
  const auto setup = read_setup(got.message);
  ASSERT_TRUE(setup);
  EXPECT_EQ(setup->pdu, 480);
  EXPECT_EQ(setup->calling, 1);
}

TEST(S7Recorded, ReadFourBytes) {
  const std::array ranges{bytes_range(Area::db, 1, 0, 4)};
  Bytes request;
  append_read_request(request, 1, ranges);
  EXPECT_EQ(shown(request), read_bytes);
  Received got;
  receive(got, read_answer);
  std::array<ItemReply, 1> items;
  ASSERT_TRUE(read_read_reply(got.message, ranges, items));
  EXPECT_EQ(items[0].code, ItemCode::good);
  EXPECT_EQ(shown(items[0].data), "00 01 02 03");
  const std::array answered{AnsweredRange{ranges[0], items[0]}};
  EXPECT_EQ(shown(read_reply(1, answered)), read_answer);
}

TEST(S7Recorded, WriteFourBytes) {
  const Bytes data = hex("11 22 33 44");
  const std::array items{WriteItem{bytes_range(Area::db, 1, 512, 4), data}};
  Bytes request;
  append_write_request(request, 8, items);
  EXPECT_EQ(shown(request), shown(hex(write_bytes)));
  Received got;
  receive(got, write_answer);
  std::array<ItemCode, 1> codes{};
  ASSERT_TRUE(read_write_reply(got.message, 1, codes));
  EXPECT_EQ(codes[0], ItemCode::good);
  EXPECT_EQ(shown(write_reply(8, codes)), write_answer);

  receive(got, write_bytes);
  const auto asked = read_write_items(got.message);
  ASSERT_TRUE(asked) << asked.error();
  EXPECT_EQ(asked->at(0).range, items[0].range);
  EXPECT_EQ(shown(asked->at(0).data), "11 22 33 44");
}

TEST(S7Recorded, BitRealAndFailedItemsInOneAnswer) {
  // A bit (its length counts elements), a real (bytes), one byte with its pad, a word, two failures of four
  // bytes each.
  const std::array ranges{bit_range(Area::db, 1, 0, 0),    Range{Area::db, 1, WordLength::real, 1, 32},
                          bytes_range(Area::db, 1, 1, 1),  bytes_range(Area::db, 1, 2, 2),
                          bytes_range(Area::db, 99, 0, 2), bytes_range(Area::db, 1, 60000, 2)};
  const auto parameters = hex("04 06");
  const auto data =
      hex("ff 03 00 01 01 00 | ff 07 00 04 3f 80 00 00 | ff 04 00 08 01 05 | ff 04 00 10 02 03 | 0a 00 00 04 "
          "| 05 00 00 04");
  std::array<ItemReply, 6> items;
  const auto read = read_read_reply({Kind::ack_data, 1, 0, parameters, data}, ranges, items);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(shown(items[0].data), "01");
  EXPECT_EQ(shown(items[1].data), "3f 80 00 00");
  EXPECT_EQ(shown(items[2].data), "01");
  EXPECT_EQ(shown(items[3].data), "02 03");
  EXPECT_EQ(items[4].code, ItemCode::missing);
  EXPECT_EQ(items[5].code, ItemCode::address);
  std::vector<AnsweredRange> answered;
  for (std::size_t i = 0; i < ranges.size(); ++i) answered.push_back({ranges[i], items[i]});
  auto expected = data;
  expected[17 + 2] = std::byte{0};  // the pad, which the real server leaves as it was
  const auto ours = read_reply(1, answered);
  EXPECT_EQ(shown(View(ours).last(data.size())).size(), shown(expected).size());
  Received got;
  receive(got, shown(ours));
  std::array<ItemReply, 6> again;
  ASSERT_TRUE(read_read_reply(got.message, ranges, again));
  EXPECT_EQ(shown(again[3].data), "02 03");
}

TEST(S7Recorded, SeveralWrites) {
  std::array<ItemCode, 3> codes{};
  const auto parameters = hex("05 03");
  const auto data = hex("ff ff 0a");
  ASSERT_TRUE(read_write_reply({Kind::ack_data, 1, 0, parameters, data}, 3, codes));
  EXPECT_EQ(codes[1], ItemCode::good);
  EXPECT_EQ(codes[2], ItemCode::missing);
}

TEST(S7Recorded, Control) {
  const auto program = std::string("09 50 5f 50 52 4f 47 52 41 4d");
  EXPECT_EQ(shown(View(stop_request(5)).subspan(17)), "29 00 00 00 00 00 " + program);
  EXPECT_EQ(shown(View(start_request(5, Start::warm)).subspan(17)),
            "28 00 00 00 00 00 00 fd 00 00 " + program);
  EXPECT_EQ(shown(View(start_request(5, Start::cold)).subspan(17)),
            "28 00 00 00 00 00 00 fd 00 02 43 20 " + program);
}

TEST(S7Recorded, CpuState) {
  const auto question = status_list_question(0x0424, 0);
  EXPECT_EQ(shown(View(user_request(0x0203, {UserFunction::status_list, question})).subspan(7)),
            "32 07 00 00 02 03 00 08 00 08 00 01 12 04 11 44 01 00 ff 09 00 04 04 24 00 00");
  const auto data =
      hex("04 24 00 00 00 14 00 01 51 44 ff 08 00 00 00 00 00 00 00 00 94 02 08 09 35 35 76 27");
  ASSERT_EQ(data.size(), 0x1CU);
  EXPECT_EQ(read_cpu_state(data).value(), CpuState::running);
  auto stopped = data;
  stopped[11] = std::byte{4};
  EXPECT_EQ(read_cpu_state(stopped).value(), CpuState::stopped);
  stopped[11] = std::byte{0};
  EXPECT_EQ(read_cpu_state(stopped).value(), CpuState::unknown);
  EXPECT_FALSE(read_cpu_state(View(data).first(11)));
}

TEST(S7Frames, EveryCutGivesTheSameMessagesAndEveryTruncationNone) {
  const auto stream = hex(std::string(confirm_bytes) + " " + setup_answer + " " + read_answer);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader reader;
    int messages = 0;
    const auto drain = [&] {
      for (;;) {
        const auto result = reader.next();
        ASSERT_NE(result, FrameReader::Result::failed) << reader.error();
        if (result == FrameReader::Result::need_more) return;
        ++messages;
      }
    };
    reader.add(View(stream).first(cut));
    drain();
    EXPECT_EQ(messages, cut < 22 ? 0 : cut < 49 ? 1 : cut < 78 ? 2 : 3);
    reader.add(View(stream).subspan(cut));
    drain();
    EXPECT_EQ(messages, 3);
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(S7Frames, AMessageInSeveralUnitsIsPutTogether) {
  FrameReader reader;
  reader.add(hex("03 00 00 09 02 f0 00 32 03 | 03 00 00 0a 02 f0 80 01 02 03"));
  ASSERT_EQ(reader.next(), FrameReader::Result::data);
  EXPECT_EQ(shown(reader.message()), "32 03 01 02 03");
  EXPECT_EQ(reader.next(), FrameReader::Result::need_more);
}

TEST(S7Frames, RubbishIsRefusedAndNamed) {
  const auto failed = [](std::string_view text) {
    FrameReader reader;
    reader.add(hex(text));
    const bool bad = reader.next() == FrameReader::Result::failed;
    return bad ? reader.error() : "accepted";
  };
  EXPECT_EQ(failed("48 54 54 50"), "what comes is no ISO-on-TCP: a packet begins with 03, not 48");
  EXPECT_EQ(failed("03 00 00 03"), "a packet says that it has 3 bytes; 7 to 8192 can be");
  EXPECT_EQ(failed("03 00 ff ff"), "a packet says that it has 65535 bytes; 7 to 8192 can be");
  EXPECT_EQ(failed("03 00 00 07 09 f0 80"), "a unit of 3 bytes says that its header has 9");
  EXPECT_EQ(failed("03 00 00 07 02 30 80"), "a unit has the unknown kind 30");
}

TEST(S7Messages, AnswersOfAnotherShapeAreRefused) {
  const std::array ranges{bytes_range(Area::db, 1, 0, 4)};
  std::array<ItemReply, 1> items;
  const auto refused = [&](std::string_view parameters_text, std::string_view data_text) {
    const auto parameters = hex(parameters_text);
    const auto data = hex(data_text);
    const auto result = read_read_reply({Kind::ack_data, 1, 0, parameters, data}, ranges, items);
    return result ? "accepted" : result.error();
  };
  EXPECT_EQ(refused("04 01", "ff 04 00 20 00 01 02 03"), "accepted");
  EXPECT_EQ(refused("05 01", "ff"), "an answer belongs to another function than its sequence number says");
  EXPECT_EQ(refused("04 02", "ff 04 00 20 00 01 02 03"), "an answer has 2 items, asked were 1");
  EXPECT_EQ(refused("04 01", "ff 04 00 10 00 01"), "an item of an answer has 2 bytes, asked were 4");
  EXPECT_EQ(refused("04 01", "ff 04 00 20 00 01 02"), "an item of an answer has 4 bytes, asked were 4");
  EXPECT_EQ(refused("04 01", "ff 04"), "an answer ends before its last item");
  EXPECT_EQ(refused("04 01", "ff 04 00 20 00 01 02 03 04"), "an answer goes on behind its last item");
  const auto truncated = hex("32 03 00 00 00 01 00 02 00 08 00 00 04 01 ff 04 00 20 00 01 02");
  for (std::size_t size = 0; size <= truncated.size(); ++size)
    EXPECT_FALSE(read_message(View(truncated).first(size)));
}

}  // namespace
}  // namespace standstill::s7
