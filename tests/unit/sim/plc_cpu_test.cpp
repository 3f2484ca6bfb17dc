// The simulated CPU refuses as a real one does: codes as recorded from a snap7 server and listed with them.
#include "sim/plc_cpu.hpp"

#include <gtest/gtest.h>

#include <array>

#include "wire/s7/frame.hpp"

namespace standstill::sim {
namespace {

class Cpu : public testing::Test {
 protected:
  void SetUp() override { setup(480); }
  void setup(unsigned pdu) {
    const auto granted = s7::read_setup(ask(s7::setup_request(1, {4, 4, static_cast<std::uint16_t>(pdu)})));
    ASSERT_TRUE(granted);
  }
  // The answer to a whole frame; kept until the next one.
  s7::Message ask(const s7::Bytes& frame) {
    const s7::Bytes payload(frame.begin() + s7::data_frame_head, frame.end());
    const auto request = s7::read_message(payload);
    EXPECT_TRUE(request) << request.error();
    answer_ = cpu.answer(connection, *request, 0).value_or(s7::Bytes{});
    const auto read = s7::read_message(s7::View(answer_).subspan(s7::data_frame_head));
    EXPECT_TRUE(read) << read.error();
    return read.value_or(s7::Message{});
  }
  s7::Message read(const std::vector<s7::Range>& ranges) {
    s7::Bytes request;
    s7::append_read_request(request, 2, ranges);
    return ask(request);
  }
  s7::ItemCode code(const s7::Range& range) {
    const auto message = read({range});
    std::array<s7::ItemReply, 1> reply{};
    const bool fits = s7::read_read_reply(message, std::span(&range, 1), reply).has_value();
    EXPECT_TRUE(fits);
    return reply[0].code;
  }
  s7::ItemCode write_code(const s7::Range& range, const s7::Bytes& data) {
    s7::Bytes request;
    const s7::WriteItem item{range, data};
    s7::append_write_request(request, 3, std::span(&item, 1));
    std::array<s7::ItemCode, 1> codes{};
    EXPECT_TRUE(s7::read_write_reply(ask(request), 1, codes));
    return codes[0];
  }
  static s7::Range bytes(std::uint16_t db, std::uint32_t at, std::uint16_t count) {
    return s7::bytes_range(s7::Area::db, db, at, count);
  }

  PlcCpu cpu{{}};
  PlcCpu::Connection connection;

 private:
  s7::Bytes answer_;
};

TEST_F(Cpu, EachItemHasItsOwnCode) {
  EXPECT_EQ(code(bytes(1, 0, 4)), s7::ItemCode::good);
  EXPECT_EQ(code(bytes(99, 0, 4)), s7::ItemCode::missing);
  EXPECT_EQ(code(bytes(1, 1021, 4)), s7::ItemCode::address);
  EXPECT_EQ(code({s7::Area::counters, 0, s7::WordLength::byte, 2, 0}), s7::ItemCode::type);
  EXPECT_EQ(code({s7::Area::db, 1, s7::WordLength::timer, 1, 0}), s7::ItemCode::type);
  EXPECT_EQ(code({s7::Area::db, 1, s7::WordLength::bit, 9, 0}), s7::ItemCode::type);
  EXPECT_EQ(write_code(bytes(99, 0, 1), s7::Bytes(1)), s7::ItemCode::missing);
  EXPECT_EQ(write_code(bytes(1, 1024, 1), s7::Bytes(1)), s7::ItemCode::address);
  cpu.manners().writable = false;
  EXPECT_EQ(write_code(bytes(1, 0, 1), s7::Bytes(1)), s7::ItemCode::denied);
  cpu.manners() = {};
  cpu.manners().bit_writes = false;
  EXPECT_EQ(write_code(s7::bit_range(s7::Area::db, 1, 0, 0), s7::Bytes(1)), s7::ItemCode::type);
}

TEST_F(Cpu, WhatDoesNotFitTheMessageIsRefusedAsAWhole) {
  setup(240);
  EXPECT_EQ(connection.pdu, 240);
  EXPECT_EQ(read({bytes(10, 0, 222)}).error, 0) << "240 - 18";
  EXPECT_EQ(read({bytes(10, 0, 223)}).error, 0x8500);
  EXPECT_EQ(read(std::vector<s7::Range>(19, bytes(10, 0, 1))).error, 0);
  EXPECT_EQ(read(std::vector<s7::Range>(20, bytes(10, 0, 1))).error, 0x8500) << "252 bytes are asked with";
  s7::Bytes request;
  const s7::Bytes data(213);
  const s7::WriteItem item{bytes(10, 0, 213), data};
  s7::append_write_request(request, 3, std::span(&item, 1));
  EXPECT_EQ(ask(request).error, 0x8500) << "240 - 28 are 212";
  connection = {};
  EXPECT_EQ(read({bytes(1, 0, 4)}).error, 0x8500) << "nothing was negotiated";
}

TEST_F(Cpu, ProtectionAndMissingServicesAreErrorsOfTheWhole) {
  cpu.manners().put_get = false;
  EXPECT_EQ(read({bytes(1, 0, 4)}).error, 0x8104);
  cpu.manners().put_get = true;
  cpu.manners().password = "geheim";
  EXPECT_EQ(read({bytes(1, 0, 4)}).error, 0xD241);
  const auto say = [&](std::string_view word) {
    const auto data = s7::password_data(word);
    return s7::read_user_reply(ask(s7::user_request(4, {s7::UserFunction::enter_password, data})))->error;
  };
  EXPECT_EQ(say("falsch"), 0xD602);
  EXPECT_EQ(read({bytes(1, 0, 4)}).error, 0xD241);
  EXPECT_EQ(say("geheim"), 0);
  EXPECT_EQ(read({bytes(1, 0, 4)}).error, 0);
  cpu.manners().status_lists = false;
  const auto question = s7::status_list_question(0x0424, 0);
  EXPECT_NE(s7::read_user_reply(ask(s7::user_request(5, {s7::UserFunction::status_list, question})))->error,
            0);
}

TEST_F(Cpu, AFileAddsBlocksAndValuesAndNamesWhatIsWrong) {
  auto& memory = cpu.memory();
  ASSERT_TRUE(memory.load(R"({"blocks": {"3": 512}, "values": {"DB3.DBW0:INT": "-5", "M10.2": true}})"));
  EXPECT_EQ(memory.get("DB3.DBW0:INT"), "-5");
  EXPECT_EQ(memory.get("M10.2"), "true");
  EXPECT_EQ(code(bytes(3, 508, 4)), s7::ItemCode::good);
  EXPECT_EQ(code(bytes(3, 509, 4)), s7::ItemCode::address);
  for (const auto& [text, place] : {std::pair{R"({"blocks": {"0": 5}})", "block '0'"},
                                    {R"({"blocks": {"3": 0}})", "block '3'"},
                                    {R"({"blocks": {"3": 65537}})", "block '3'"},
                                    {R"({"values": {"DB9.DBW0": 1}})", "value 'DB9.DBW0'"},
                                    {R"({"values": {"DB1.DBW0:INT": 99999}})", "value 'DB1.DBW0:INT'"},
                                    {R"({"other": {}})", "'other'"},
                                    {"[", "no JSON object"}}) {
    const auto loaded = memory.load(text);
    ASSERT_FALSE(loaded) << text;
    EXPECT_NE(loaded.error().find(place), std::string::npos) << loaded.error();
  }
}

TEST_F(Cpu, AFileMayMakeTheProgramsBlockShorterThanItsCounter) {
  auto& memory = cpu.memory();
  ASSERT_TRUE(memory.load(R"({"blocks": {"1": 2}})"));
  memory.cycle(0ms);
  EXPECT_EQ(memory.get("DB1.DBW0"), "0");
  ASSERT_TRUE(memory.load(R"({"blocks": {"1": 4}})"));
  memory.cycle(0ms);
  memory.cycle(0ms);
  EXPECT_EQ(memory.get("DB1.DBD0:DINT"), "2");
}

TEST_F(Cpu, ItsProgramCountsAndDrawsASine) {
  auto& memory = cpu.memory();
  memory.cycle(0ms);
  memory.cycle(2500ms);
  EXPECT_EQ(memory.get("DB1.DBD0:DINT"), "2");
  EXPECT_EQ(memory.get("DB1.DBD8:REAL"), "100") << "a quarter of ten seconds";
  memory.cycle(7500ms);
  EXPECT_EQ(memory.get("DB1.DBD8:REAL"), "-100");
  EXPECT_EQ(memory.get("DB1.DBX12.0"), "true");
  ASSERT_TRUE(memory.set("MW4", "7"));
  memory.restart();
  EXPECT_EQ(memory.get("DB1.DBD0:DINT"), "0");
  EXPECT_EQ(memory.get("MW4"), "0");
}

}  // namespace
}  // namespace standstill::sim
