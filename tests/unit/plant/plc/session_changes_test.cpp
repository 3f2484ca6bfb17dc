// What changes a PLC and did not go as it should: what is said of it, and that it is not tried again.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "unit/plant/plc/wire.hpp"

namespace standstill::plc {
namespace {

using test::KeptItems;
using test::Wire;

// Setting the clock and starting the CPU change the PLC as a write does; and even who may write twice may
// not start a CPU twice, which somebody may have stopped between the two.
TEST(PlcSession, AClockThatWasPerhapsSetAndACpuThatWasPerhapsStartedAreNotTriedAgain) {
  Wire wire;
  wire.connect();
  const Terms terms{.on_loss = OnLoss::repeat, .idempotent = true, .give_up = wire.now + 60s};
  std::optional<Outcome<s7::Bytes>> got;
  const auto note = [&](Outcome<s7::Bytes> outcome) { got = std::move(outcome); };
  const std::vector<std::function<void()>> changes{
      [&] { wire.session.ask(s7::UserFunction::set_clock, s7::clock_data({}), terms, wire.now, note); },
      [&] { wire.session.start_cpu(s7::Start::warm, terms, wire.now, note); },
      [&] { wire.session.stop_cpu(terms, wire.now, note); }};
  for (const auto& change : changes) {
    got.reset();
    change();
    wire.carry_out();
    wire.answers.clear();
    wire.end();
    ASSERT_TRUE(got && !*got);
    EXPECT_EQ(got->error().kind, Failure::uncertain);
    EXPECT_EQ(
        got->error().text,
        "plc:102: it is not known whether the PLC did what it was told: the connection ended before the "
        "answer came");
    const auto before = wire.cpu.requests();
    wire.connect();
    EXPECT_EQ(wire.cpu.requests(), before + 1) << "the setup, and nothing again";
    // Nothing of it has left: it waits for the connection.
    got.reset();
    change();
    wire.end();
    EXPECT_FALSE(got);
    wire.connect();
    ASSERT_TRUE(wire.exchange());
    EXPECT_TRUE(got && *got);
  }
  got.reset();
  changes[0]();
  wire.carry_out();
  wire.now += 60s;
  wire.session.tick(wire.now);
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::uncertain) << got->error().text;
}

// The block ends in the middle of what is written: what fits was written by the messages before.
TEST(PlcSession, ARefusalOfOneOfSeveralMessagesSaysThatOthersMayHaveBeenCarriedOut) {
  Wire wire;
  wire.connect();
  const auto refusal = [&](const std::string& address, std::uint16_t count) {
    auto place = s7::parse_address(address).value();
    place.count = count;
    std::optional<Outcome<bool>> got;
    write_value(wire.session, place, s7::Value(count, std::int64_t{7}), {}, wire.now,
                [&](const Outcome<bool>& outcome) { got = outcome; });
    EXPECT_TRUE(wire.exchange());
    return got && !*got ? got->error().text : std::string();
  };
  const auto in_one = refusal("DB1.DBB1000", 100);
  EXPECT_NE(in_one.find("the address is outside"), std::string::npos) << in_one;
  EXPECT_EQ(in_one.find("several messages"), std::string::npos) << in_one;
  EXPECT_EQ(wire.cpu.memory().get("DB1.DBB1000"), "0");
  const auto in_parts = refusal("DB1.DBB500", 600);
  EXPECT_NE(in_parts.find("several messages, and others of them may have been carried out"),
            std::string::npos)
      << in_parts;
  EXPECT_EQ(wire.cpu.memory().get("DB1.DBB500"), "7") << "which is true";
  // The same where the second message is refused as a whole.
  std::optional<Outcome<KeptItems>> got;
  Wire small(
      test::settings_for_test(),
      {.pdu = 240, .outstanding = 1, .put_get = true, .writable = true, .bit_writes = true, .password = {}});
  small.connect();
  small.session.write({s7::bytes_range(s7::Area::db, 1, 100, 400)}, {s7::Bytes(400)}, {}, small.now,
                      [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
  small.carry_out();
  ASSERT_TRUE(small.carry_back());
  small.cpu.manners().put_get = false;
  ASSERT_TRUE(small.exchange());
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::refused);
  EXPECT_NE(got->error().text.find("several messages"), std::string::npos) << got->error().text;
}

}  // namespace
}  // namespace standstill::plc
