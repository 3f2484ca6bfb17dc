// Several requests on one TCP connection: each device is asked one thing at a time, and what it says after it
// was given up is nobody's answer. Frames as in the Modbus Messaging on TCP/IP Implementation Guide V1.0b,
// 3.1.3: number, protocol 0, length, unit.
#include <gtest/gtest.h>

#include <map>

#include "plant/meter/bus.hpp"
#include "unit/wire/modbus/bytes.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::meter::test {
namespace {

using link::Quality;
using link::State;
using modbus::test::hex;
using modbus::test::raw;

// Two registers that no request bridges, and which say which one they are.
constexpr std::uint16_t near_address = 40, far_address = 200, near_value = 0x1111, far_value = 0x2222;

struct Gateway {
  struct Asked {
    std::uint16_t number = 0;
    std::uint8_t unit = 0;
    std::uint16_t address = 0;
  };
  Instant now = instant_from_ns(1'000'000'000'000);
  link::TagTable tags;
  Bus bus;

  explicit Gateway(std::size_t at_once)
      : bus(std::make_unique<modbus::TcpClient>(
                modbus::TcpClient::Settings{.time_out = 10s, .at_once = at_once, .first_number = 7}),
            10s, [] { return std::string("gate:502"); }) {}

  Device& add(std::uint8_t unit) {
    DeviceSettings settings;
    settings.id = "m" + std::to_string(unit);
    settings.kind = "modbus-tcp";
    settings.unit = unit;
    settings.profile = profile_of({{.name = "near", .address = near_address, .unit = {}, .valid = {}},
                                   {.name = "far", .address = far_address, .unit = {}, .valid = {}}});
    settings.time_out = 10s;
    settings.timing.probe = 1s;
    settings.timing.silence = 1s;
    return bus.add(
        std::make_unique<Device>(settings, tags, [this] { return to_ns(now); }, Device::Listener{}, unit));
  }
  void open() {
    bus.link_changed(State::probing, "connected", now);
    bus.connected(now);
  }
  // What has been sent since the last call; every request reads one register.
  std::vector<Asked> taken() {
    const auto bytes = modbus::test::plain(bus.output());
    bus.sent(bytes.size());
    EXPECT_EQ(bytes.size() % 12, 0U);
    std::vector<Asked> asked;
    const auto word = [&](std::size_t at) {
      return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
    };
    for (std::size_t at = 0; at + 12 <= bytes.size(); at += 12)
      asked.push_back({word(at), bytes[at + 6], word(at + 8)});
    return asked;
  }
  void answer(const Asked& asked) {
    std::vector<std::uint8_t> reply = hex("00 00 00 00 00 05 00 03 02 00 00");
    const std::uint16_t value = asked.address == near_address ? near_value : far_value;
    reply[0] = static_cast<std::uint8_t>(asked.number >> 8);
    reply[1] = static_cast<std::uint8_t>(asked.number & 0xFF);
    reply[6] = asked.unit;
    reply[9] = static_cast<std::uint8_t>(value >> 8);
    reply[10] = static_cast<std::uint8_t>(value & 0xFF);
    ASSERT_TRUE(bus.feed(raw(reply), now));
    static_cast<void>(bus.work(now));
  }
  void pass(Duration length) {
    for (const Instant end = now + length; now < end;) {
      now = std::min(end, std::max(now + 1ms, bus.deadline()));
      if (bus.deadline() <= now) bus.tick(now);
    }
  }
  [[nodiscard]] const link::Tag& tag(const std::string& name) { return tags.get(*tags.find(name)); }
};

TEST(MeterBusTcp, as_many_devices_are_asked_at_once_as_may_be_and_each_one_thing_at_a_time) {
  Gateway gate(3);
  for (std::uint8_t unit = 1; unit <= 4; ++unit) gate.add(unit);
  gate.open();
  std::map<std::uint8_t, int> outstanding;
  auto asked = gate.taken();
  ASSERT_EQ(asked.size(), 3U) << "before any answer";
  for (const auto& one : asked) EXPECT_EQ(++outstanding[one.unit], 1) << int{one.unit};
  // Whichever answers: the next request is another device's, or the same one's next.
  for (int i = 0; i < 200; ++i) {
    for (int seconds = 0; asked.empty() && seconds < 5; ++seconds) {  // every cycle is over
      gate.pass(1s);
      for (const auto& one : gate.taken()) {
        EXPECT_EQ(++outstanding[one.unit], 1) << int{one.unit};
        asked.push_back(one);
      }
    }
    ASSERT_FALSE(asked.empty());
    const auto done = asked[static_cast<std::size_t>(i * 7) % asked.size()];
    std::erase_if(asked, [&](const auto& one) { return one.number == done.number; });
    --outstanding[done.unit];
    gate.answer(done);
    gate.pass(50ms);
    for (const auto& one : gate.taken()) {
      EXPECT_EQ(++outstanding[one.unit], 1) << int{one.unit};
      asked.push_back(one);
    }
    ASSERT_LE(asked.size(), 3U);
  }
  for (const link::Tag& tag : gate.tags.all())
    EXPECT_EQ(tag.value, tag.name == "near" ? near_value : far_value) << tag.link << "." << tag.name;
}

// Two thousand devices whose beats are all different wake the machine two thousand times a second.
TEST(MeterBusTcp, devices_that_come_online_a_little_apart_are_read_on_the_same_beats) {
  std::vector<Instant> beats;
  for (const Duration later : {Duration(0), Duration(1ms), Duration(4'321us), Duration(9ms)}) {
    Gateway gate(1);
    gate.now += later;
    gate.add(1);
    gate.open();
    for (int i = 0; i < 3; ++i) gate.answer(gate.taken().at(0));  // the probe, and both values
    ASSERT_TRUE(gate.taken().empty());
    beats.push_back(gate.bus.deadline());
  }
  EXPECT_EQ(beats, std::vector<Instant>(4, Gateway(1).now + 1s)) << "a second after the first of them";
}

TEST(MeterBusTcp, what_a_device_says_after_it_was_given_up_is_no_answer_to_what_it_is_asked_then) {
  Gateway gate(2);
  Device& meter = gate.add(1);
  gate.open();
  gate.answer(gate.taken().at(0));  // the probe
  gate.answer(gate.taken().at(0));  // near
  const auto late = gate.taken().at(0);
  ASSERT_EQ(late.address, far_address);
  gate.pass(2s);
  ASSERT_NE(meter.status().state, State::online) << "silent for its time";
  std::vector<Gateway::Asked> probe;
  for (int i = 0; i < 20 && probe.empty(); ++i) {
    gate.pass(500ms);
    probe = gate.taken();
  }
  ASSERT_EQ(probe.size(), 1U) << "there is room for another request";
  gate.answer(late);
  EXPECT_NE(meter.status().state, State::online) << "its probe has not been answered";
  EXPECT_TRUE(gate.taken().empty());
  std::vector<Gateway::Asked> asked = probe;
  for (int i = 0; i < 20; ++i) {
    const auto now = std::exchange(asked, {});
    for (const auto& one : now) {
      gate.answer(one);
      for (const auto& more : gate.taken()) asked.push_back(more);
      for (const auto* name : {"m1.near", "m1.far"})
        if (gate.tag(name).quality == Quality::good) {
          EXPECT_EQ(gate.tag(name).value, name[3] == 'n' ? near_value : far_value) << i;
        }
    }
    gate.pass(500ms);
    for (const auto& more : gate.taken()) asked.push_back(more);
  }
  EXPECT_EQ(meter.status().state, State::online);
  EXPECT_EQ(gate.tag("m1.far").quality, Quality::good);
}

}  // namespace
}  // namespace standstill::meter::test
