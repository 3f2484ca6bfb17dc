#include <gtest/gtest.h>

#include <random>

#include "unit/plant/plc/wire.hpp"

namespace standstill::plc {
namespace {

using test::KeptItems;
using test::number_places;
using test::Wire;

// The whole of DB10 says at each place which place it is: an answer to another request is seen.
TEST(PlcSession, OpensAndReads) {
  Wire wire;
  EXPECT_FALSE(wire.session.proven());
  wire.connect();
  EXPECT_TRUE(wire.session.proven());
  EXPECT_EQ(wire.session.pdu(), 480);
  EXPECT_EQ(wire.session.outstanding_allowed(), 8U);
  ASSERT_TRUE(wire.cpu.memory().set("DB1.DBD0:DINT", "-7"));
  ASSERT_TRUE(wire.cpu.memory().set("M10.2", "true"));
  const auto values = wire.read(
      {"DB1.DBD0:DINT", "M10.2", "DB2.DBB0:STRING[20]", "DB99.DBW0", "DB1.DBW1023:INT", "T5", "C7"});
  ASSERT_TRUE(values);
  EXPECT_EQ(s7::to_text(*(*values)[0]), "-7");
  EXPECT_EQ(s7::to_text(*(*values)[1]), "true");
  EXPECT_EQ(s7::to_text(*(*values)[2]), "Standstill");
  EXPECT_EQ(
      (*values)[3].error(),
      "DB99.DBW0: the PLC has no such block or address: check the number, and that the block is downloaded");
  EXPECT_FALSE((*values)[4]);
  EXPECT_EQ(s7::to_text(*(*values)[5]), "0");
}

TEST(PlcSession, LargeTransfersAreCutAndJoinedAtEveryPdu) {
  for (const std::uint16_t pdu :
       {std::uint16_t{64}, std::uint16_t{240}, std::uint16_t{480}, std::uint16_t{960}}) {
    Wire wire(test::settings_for_test(), {.pdu = pdu,
                                          .outstanding = 3,
                                          .put_get = true,
                                          .writable = true,
                                          .bit_writes = true,
                                          .password = {}});
    number_places(wire);
    wire.connect();
    EXPECT_EQ(wire.session.pdu(), pdu);
    std::optional<Outcome<KeptItems>> got;
    wire.session.read(
        {s7::bytes_range(s7::Area::db, 10, 4, 32768), s7::bytes_range(s7::Area::db, 10, 32772, 32764)}, {},
        wire.now, [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
    wire.exchange();
    ASSERT_TRUE(got && *got);
    for (std::size_t item = 0; item < 2; ++item)
      for (std::uint32_t at = 0; at < (*got)->at(item).data.size(); at += 4)
        ASSERT_EQ(s7::get32((*got)->at(item).data, at), 0xA5000000U + at + (item == 0 ? 4 : 32772)) << pdu;
    // And back, to another place.
    got.reset();
    s7::Bytes data;
    for (int i = 0; i < 5001; ++i) s7::put8(data, static_cast<unsigned>(i * 7) & 0xFFU);
    wire.session.write({s7::bytes_range(s7::Area::db, 10, 101, 5001)}, {data}, {}, wire.now,
                       [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
    wire.exchange();
    ASSERT_TRUE(got && *got);
    EXPECT_EQ((*got)->at(0).code, s7::ItemCode::good);
    const auto& block = wire.cpu.memory().blocks().at(10);
    EXPECT_TRUE(std::equal(data.begin(), data.end(), block.begin() + 101));
    EXPECT_EQ(s7::get32(block, 96), 0xA5000060U);  // and nothing beside it
    EXPECT_EQ(s7::get32(block, 5104), 0xA50013F0U);
  }
}

TEST(PlcSession, NeverAsksMoreAtOnceThanGranted) {
  Wire wire(
      test::settings_for_test(),
      {.pdu = 240, .outstanding = 3, .put_get = true, .writable = true, .bit_writes = true, .password = {}});
  wire.connect();
  bool done = false;
  wire.session.read({s7::bytes_range(s7::Area::db, 10, 0, 20000)}, {}, wire.now,
                    [&](const Outcome<Items>&) { done = true; });
  std::size_t most = 0;
  for (wire.carry_out(); !wire.answers.empty(); wire.carry_out()) {
    most = std::max(most, wire.answers.size());
    ASSERT_TRUE(wire.carry_back());
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(most, 3U);
}

// The trap of facts/meter.md: the answer to an earlier request must never become that of a later one.
TEST(PlcSession, ALateAnswerIsNeverGivenToAnotherRequest) {
  Wire wire;
  number_places(wire);
  wire.connect();
  std::mt19937 random(7);
  std::deque<s7::Bytes> held;
  int good = 0;
  int lost = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::uint32_t at = (random() % 16384) * 4;
    std::optional<Outcome<KeptItems>> got;
    wire.session.read({s7::bytes_range(s7::Area::db, 10, at, 4)}, {}, wire.now,
                      [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
    wire.carry_out();
    switch (random() % 5) {
      case 0: {  // stopped past the time-out; the answer comes on the next connection, before or after others
        for (auto& answer : wire.answers) held.push_back(std::move(answer));
        wire.answers.clear();
        wire.now += 1s;
        wire.session.tick(wire.now);
        ASSERT_FALSE(wire.session.error().empty());
        wire.end();
        wire.connect();
        ++lost;
        break;
      }
      case 1:  // something old arrives first
        if (!held.empty()) {
          wire.answers.push_front(std::move(held.front()));
          held.pop_front();
        }
        [[fallthrough]];
      case 2:  // the wrong number of sequence: nobody's answer
        if (random() % 8 == 0) {
          s7::set16(wire.answers.back(), s7::data_frame_head + 4,
                    s7::get16(wire.answers.back(), s7::data_frame_head + 4) - 1U);
          wire.exchange();
          ASSERT_FALSE(got);
          wire.now += 1s;
          wire.session.tick(wire.now);
          wire.end();
          wire.connect();
          ++lost;
          break;
        }
        [[fallthrough]];
      default:
        ASSERT_TRUE(wire.exchange()) << wire.session.error();
        break;
    }
    ASSERT_TRUE(got) << round;
    if (*got) {
      ASSERT_EQ(s7::get32((*got)->at(0).data, 0), 0xA5000000U + at) << round;
      ++good;
    }
    wire.now += 1ms;
  }
  EXPECT_GT(good, 1000);
  EXPECT_GT(lost, 200);
  EXPECT_GT(wire.session.stale_answers(), 100U);
}

// Truncated or spoilt at every byte: the right value, or one error; never a wrong value.
TEST(PlcSession, EveryBrokenByteOfAnAnswerGivesTheRightValueOrOneError) {
  for (int how = 0; how < 3; ++how) {
    for (std::size_t place = 0; place < 29; ++place) {
      Wire wire;
      ASSERT_TRUE(wire.cpu.memory().set("DB1.DBD0", "0x11223344"));
      wire.connect();
      wire.bend = [&](s7::Bytes& answer) {
        ASSERT_EQ(answer.size(), 29U);
        if (how == 0) answer.resize(place);
        if (how == 1) answer[place] ^= std::byte{0x01};
        if (how == 2) answer[place] ^= std::byte{0xFF};
      };
      int calls = 0;
      std::optional<Outcome<KeptItems>> got;
      wire.session.read({s7::bytes_range(s7::Area::db, 1, 0, 4)}, {}, wire.now,
                        [&](const Outcome<Items>& outcome) {
                          ++calls;
                          got = test::kept(outcome);
                        });
      if (!wire.exchange() || !got) {
        wire.now += 1s;
        wire.session.tick(wire.now);
        wire.end();
      }
      ASSERT_EQ(calls, 1) << how << " at " << place;
      // Nobody can see a flipped bit in the value itself: TCP's checksum has to.
      const bool in_value = how != 0 && place >= 25;
      if (*got && (*got)->at(0).code == s7::ItemCode::good && !in_value) {
        EXPECT_EQ(s7::get32((*got)->at(0).data, 0), 0x11223344U) << how << " at " << place;
      }
      if (!*got) {
        EXPECT_TRUE(got->error().text.starts_with("plc:102: ")) << got->error().text;
        EXPECT_EQ(got->error().kind == Failure::uncertain, false);
      }
    }
  }
}

TEST(PlcSession, AWriteThatMayHaveHappenedIsSaidAndNotRepeated) {
  Wire wire;
  wire.connect();
  const auto write = [&](const Terms& terms, std::optional<Outcome<KeptItems>>& got) {
    wire.session.write({s7::bytes_range(s7::Area::db, 1, 100, 1)}, {{std::byte{1}}}, terms, wire.now,
                       [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
  };
  const Terms repeat{.on_loss = OnLoss::repeat, .idempotent = false, .give_up = never};
  // It left, and the connection ended: nobody knows.
  std::optional<Outcome<KeptItems>> got;
  write(repeat, got);
  wire.carry_out();
  wire.answers.clear();
  wire.end();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::uncertain);
  EXPECT_EQ(
      got->error().text,
      "plc:102: it is not known whether the write happened: the connection ended before the answer came");
  const auto before = wire.cpu.requests();
  wire.connect();
  EXPECT_EQ(wire.cpu.requests(), before + 1);  // the setup, and no write

  // It left, and its time is over while the connection stands: nobody knows either, and the words say so.
  got.reset();
  write({.on_loss = OnLoss::repeat, .idempotent = false, .give_up = wire.now + 500ms}, got);
  wire.carry_out();
  wire.now += 500ms;
  wire.session.tick(wire.now);
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::uncertain);
  EXPECT_EQ(
      got->error().text,
      "plc:102: it is not known whether the write happened: no answer in the time that was given for it");
  ASSERT_TRUE(wire.exchange());

  // No byte of it left: it waits, and is made after the return.
  got.reset();
  write(repeat, got);
  wire.end();
  EXPECT_FALSE(got);
  wire.connect();
  wire.exchange();
  ASSERT_TRUE(got && *got);

  // Marked idempotent: made again.
  got.reset();
  write({.on_loss = OnLoss::repeat, .idempotent = true, .give_up = never}, got);
  wire.carry_out();
  wire.answers.clear();
  wire.end();
  EXPECT_FALSE(got);
  wire.connect();
  wire.exchange();
  EXPECT_TRUE(got && *got);

  // Of several requests the first was answered: part of it has happened.
  got.reset();
  Wire small(
      test::settings_for_test(),
      {.pdu = 64, .outstanding = 1, .put_get = true, .writable = true, .bit_writes = true, .password = {}});
  small.connect();
  small.session.write({s7::bytes_range(s7::Area::db, 1, 100, 100)}, {s7::Bytes(100)}, repeat, small.now,
                      [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
  small.carry_out();
  ASSERT_TRUE(small.carry_back());
  small.end();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::uncertain);
}

TEST(PlcSession, ReadsWaitForTheReturnAndSayWhenItDoesNotCome) {
  Wire wire;
  const Terms patient{.on_loss = OnLoss::repeat, .idempotent = false, .give_up = wire.now + 5s};
  std::optional<Outcome<Values>> got;
  const auto address = s7::parse_address("DB1.DBD0:DINT").value();
  read_values(wire.session, {address}, patient, wire.now,
              [&](Outcome<Values> outcome) { got = std::move(outcome); });
  EXPECT_FALSE(got);
  wire.connect();
  ASSERT_TRUE(got && *got);
  // Under way when the connection ends: asked again.
  got.reset();
  read_values(wire.session, {address}, patient, wire.now,
              [&](Outcome<Values> outcome) { got = std::move(outcome); });
  wire.carry_out();
  wire.end();
  EXPECT_FALSE(got);
  wire.connect();
  ASSERT_TRUE(got && *got);
  wire.end();
  // Its time is over.
  got.reset();
  read_values(wire.session, {address}, patient, wire.now,
              [&](Outcome<Values> outcome) { got = std::move(outcome); });
  wire.now += 5s;
  wire.session.tick(wire.now);
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::unreachable);
  // The link gave up: everything that waits hears the last error.
  got.reset();
  read_values(wire.session, {address}, {.on_loss = OnLoss::repeat, .idempotent = false, .give_up = never},
              wire.now, [&](Outcome<Values> outcome) { got = std::move(outcome); });
  wire.session.give_up_waiting("Connection refused; gave up after 5 dials");
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().text, "plc:102: Connection refused; gave up after 5 dials");
}

TEST(PlcSession, ReadOnlyUnlessAllowed) {
  auto settings = test::settings_for_test();
  settings.allow_write = settings.allow_control = false;
  Wire wire(settings);
  wire.connect();
  const auto before = wire.cpu.requests();
  std::vector<Failure> said;
  const auto note = [&](const auto& outcome) {
    said.push_back(outcome ? Failure::refused : outcome.error().kind);
  };
  wire.session.write({s7::bytes_range(s7::Area::db, 1, 0, 1)}, {{std::byte{1}}}, {}, wire.now, note);
  wire.session.stop_cpu({}, wire.now, note);
  wire.session.start_cpu(s7::Start::warm, {}, wire.now, note);
  wire.session.ask(s7::UserFunction::set_clock, s7::clock_data({}), {}, wire.now, note);
  wire.exchange();
  EXPECT_EQ(said, std::vector<Failure>(4, Failure::read_only));
  EXPECT_EQ(wire.cpu.requests(), before);
}

TEST(PlcSession, ListsComeInPartsAndTheCpuTellsTheTruth) {
  Wire wire(
      test::settings_for_test(),
      {.pdu = 240, .outstanding = 1, .put_get = true, .writable = true, .bit_writes = true, .password = {}});
  wire.connect();
  const auto ask = [&](s7::UserFunction function, s7::Bytes question) {
    std::optional<Outcome<s7::Bytes>> got;
    wire.session.ask(function, std::move(question), {}, wire.now,
                     [&](Outcome<s7::Bytes> outcome) { got = std::move(outcome); });
    wire.exchange();
    return got.value_or(std::unexpected(Trouble{}));
  };
  const auto list = ask(s7::UserFunction::status_list, s7::status_list_question(0x001C, 0));
  ASSERT_TRUE(list);
  const auto records = s7::read_status_list(*list);
  ASSERT_TRUE(records) << records.error();
  ASSERT_EQ(records->records.size(), 6U);
  EXPECT_EQ(s7::get16(records->records[5], 0), 7);
  const auto state = [&] {
    return s7::read_cpu_state(ask(s7::UserFunction::status_list, s7::status_list_question(0x0424, 0)).value())
        .value();
  };
  EXPECT_EQ(state(), s7::CpuState::running);
  bool done = false;
  wire.session.stop_cpu({}, wire.now, [&](const Outcome<s7::Bytes>& outcome) { done = outcome.has_value(); });
  wire.exchange();
  EXPECT_TRUE(done);
  EXPECT_EQ(state(), s7::CpuState::stopped);
  wire.session.start_cpu(s7::Start::warm, {}, wire.now, [](const auto&) {});
  wire.exchange();
  EXPECT_EQ(state(), s7::CpuState::running);
  ASSERT_TRUE(ask(s7::UserFunction::set_clock, s7::clock_data({2031, 5, 6, 7, 8, 9, 120'000'000})));
  EXPECT_EQ(s7::read_clock_data(ask(s7::UserFunction::read_clock, {}).value()).value(),
            (s7::CalendarTime{2031, 5, 6, 7, 8, 9, 120'000'000}));
  EXPECT_EQ(s7::read_block_list(
                ask(s7::UserFunction::block_list, s7::block_list_question(s7::BlockType::db)).value())
                .value(),
            (std::vector<std::uint16_t>{1, 2, 10}));
  EXPECT_EQ(s7::read_block_info(
                ask(s7::UserFunction::block_info, s7::block_info_question(s7::BlockType::db, 1)).value())
                ->work_bytes,
            1024);
  std::string many;
  for (int block = 20; block < 120; ++block)
    many += (many.empty() ? "\"" : ", \"") + std::to_string(block) + "\": 4";
  ASSERT_TRUE(wire.cpu.memory().load("{\"blocks\": {" + many + "}}"));
  const auto before = wire.cpu.requests();
  const auto all = ask(s7::UserFunction::block_list, s7::block_list_question(s7::BlockType::db));
  EXPECT_EQ(s7::read_block_list(all.value()).value().size(), 103U);
  EXPECT_GT(wire.cpu.requests(), before + 1) << "it came in one part";
  const auto none = ask(s7::UserFunction::status_list, s7::status_list_question(0x0999, 0));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Failure::refused);
}

TEST(PlcSession, AnAnswerOfAnotherFunctionEndsTheConnection) {
  Wire wire;
  wire.connect();
  wire.bend = [](s7::Bytes& answer) { answer[s7::data_frame_head + 15] = std::byte{0x83}; };  // was 84
  std::optional<Outcome<s7::Bytes>> got;
  wire.session.ask(s7::UserFunction::status_list, s7::status_list_question(0x0424, 0), {}, wire.now,
                   [&](Outcome<s7::Bytes> outcome) { got = std::move(outcome); });
  EXPECT_FALSE(wire.exchange());
  EXPECT_EQ(wire.session.error(), "an answer belongs to another function than its sequence number says");
  wire.end();
  ASSERT_TRUE(got && !*got);
}

TEST(PlcSession, WhoWillNotWaitIsToldAtOnceThatThereIsNoConnection) {
  Wire wire;
  std::optional<Outcome<KeptItems>> got;
  wire.session.read({s7::bytes_range(s7::Area::db, 1, 0, 4)}, {}, wire.now,
                    [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::unreachable);
  EXPECT_EQ(got->error().text, "plc:102: there is no connection to the PLC");
}

TEST(PlcSession, RefusalsOfAWholeRequestNameTheirCause) {
  Wire wire;
  wire.connect();
  wire.cpu.manners().put_get = false;
  EXPECT_EQ(
      wire.read({"DB1.DBD0"}).error().text,
      "plc:102: the PLC does not offer this function (8104): on an S7-1200 or S7-1500 allow PUT/GET access");
  wire.cpu.manners().put_get = true;
  wire.cpu.manners().password = "secret";
  EXPECT_EQ(wire.read({"DB1.DBD0"}).error().text,
            "plc:102: the PLC is protected and needs its password (d241)");
  auto settings = test::settings_for_test();
  settings.password = "secret";
  Wire locked(settings, {.pdu = 480,
                         .outstanding = 8,
                         .put_get = true,
                         .writable = true,
                         .bit_writes = true,
                         .password = "secret"});
  locked.connect();
  EXPECT_TRUE(locked.read({"DB1.DBD0"}));
  settings.password = "wrong";
  Wire shut(settings, {.pdu = 480,
                       .outstanding = 8,
                       .put_get = true,
                       .writable = true,
                       .bit_writes = true,
                       .password = "secret"});
  shut.connect();
  EXPECT_FALSE(shut.session.proven());
  EXPECT_EQ(shut.session.error(), "the password is wrong (d602)");
}

}  // namespace
}  // namespace standstill::plc
