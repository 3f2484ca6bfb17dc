// Meters on a line, in simulated time: each test is a line of the table "what users get today" (facts), with
// the better behaviour.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "line.hpp"

namespace standstill::meter::test {
namespace {

using link::Quality;
using link::State;

TEST(MeterBus, the_first_good_sample_comes_within_half_a_second) {
  SimulatedLine line;
  Device& meter = line.add(1);
  line.open();
  line.pass(500ms);
  EXPECT_EQ(meter.status().state, State::online);
  EXPECT_EQ(meter.serial(), "BX1230045678A");
  const link::Tag& volts = line.tag("m1.voltage_l1");
  EXPECT_EQ(volts.quality, Quality::good);
  EXPECT_DOUBLE_EQ(volts.value, 230.5);
  EXPECT_EQ(volts.unit, "V");
  EXPECT_GT(volts.at, start);
  line.pass(1s);
  for (const link::Tag& tag : line.tags.all()) EXPECT_EQ(tag.quality, Quality::good) << tag.name;
}

TEST(MeterBus, dials_of_the_line_in_vain_are_attempts_of_each_device) {
  SimulatedLine line;
  Device& meter = line.add(1);
  const auto dials = [&](int times) {
    for (int i = 0; i < times; ++i) {
      line.bus->link_changed(State::dialing, "dialing", line.now);
      line.bus->link_changed(State::lost, "/dev/serial/by-id/usb-A is not there", line.now);
    }
  };
  line.bus->link_changed(State::lost, "not there", line.now);  // the first dial changes no state
  EXPECT_EQ(meter.status().attempts, 1U);
  dials(3);
  EXPECT_EQ(meter.status().attempts, 4U);
  line.bus->link_changed(State::dialing, "dialing", line.now);
  line.open();
  EXPECT_EQ(meter.status().dials, 5U) << "the one that came through is counted once";
  line.pass(1s);
  EXPECT_EQ(meter.status().attempts, 0U) << "online";
  line.close();
  dials(2);
  EXPECT_EQ(meter.status().attempts, 2U);
  EXPECT_EQ(meter.status().dials, 7U);
}

TEST(MeterBus, it_rests_between_cycles_and_never_spins) {
  SimulatedLine line;
  line.add(1);
  line.open();
  line.pass(60s);
  EXPECT_GE(line.samples["m1"], 59);
  EXPECT_LE(line.samples["m1"], 61);
  EXPECT_LT(line.steps, 60U * 60U);
  line.meters[1].silent = true;
  const auto before = line.steps;
  line.pass(60s);
  EXPECT_LT(line.steps - before, 60U * 60U);
}

TEST(MeterBus, one_bad_crc_loses_at_most_one_cycle_and_no_link) {
  SimulatedLine line;
  Device& meter = line.add(1);
  line.open();
  line.pass(3s);
  line.meters[1].spoil = 1;
  const int before = line.samples["m1"];
  line.pass(10s);
  EXPECT_GE(line.samples["m1"] - before, 9);
  EXPECT_EQ(meter.status().disconnects, 0U);
  EXPECT_EQ(line.bus->counters().crc_errors, 1U);
  for (const link::Tag& tag : line.tags.all()) EXPECT_EQ(tag.quality, Quality::good) << tag.name;
}

TEST(MeterBus, three_retries_then_it_is_lost_and_one_answer_brings_it_back) {
  SimulatedLine line;
  Device& meter = line.add(1);
  line.open();
  line.pass(3s);
  line.meters[1].silent = true;
  line.pass(1500ms);
  EXPECT_EQ(meter.status().state, State::online) << "not before it was asked again";
  line.pass(1700ms);
  EXPECT_NE(meter.status().state, State::online);
  EXPECT_NE(meter.status().last_error.find("did not answer 4 requests in a row"), std::string::npos);
  EXPECT_EQ(meter.status().disconnects, 1U);
  line.meters[1].silent = false;
  line.pass(4s);
  EXPECT_EQ(meter.status().state, State::online);
  EXPECT_EQ(line.tag("m1.voltage_l1").quality, Quality::good);
}

TEST(MeterBus, a_refused_register_loses_one_value_is_told_once_and_all_others_keep_coming) {
  SimulatedLine line;
  line.add(1);
  line.meters[1].refused = {0x22, 0x23};
  line.open();
  line.pass(10s);
  EXPECT_EQ(std::ranges::count(line.said, "refused"), 1);
  for (const link::Tag& tag : line.tags.all())
    EXPECT_EQ(tag.quality, tag.name == "reactive_power_l3" ? Quality::refused : Quality::good) << tag.name;
  const int answered = line.meters[1].answered;
  line.pass(10s);
  EXPECT_LE(line.meters[1].answered - answered, 10 * 12)
      << "what is known to be refused is not asked for again";
}

TEST(MeterBus, a_dead_meter_leaves_the_others_95_percent_of_their_samples) {
  SimulatedLine line;
  for (const std::uint8_t unit : std::array<std::uint8_t, 3>{1, 2, 3}) line.add(unit, em340(), 2s);
  line.open();
  line.pass(60s);
  line.meters[2].silent = true;
  line.samples.clear();
  line.pass(10min);
  EXPECT_GE(line.samples["m1"], 285);  // of 300
  EXPECT_GE(line.samples["m3"], 285);
  EXPECT_EQ(line.bus->devices()[0]->status().disconnects, 0U);
  EXPECT_NE(line.bus->devices()[1]->status().state, State::online);
  line.meters[2].silent = false;
  line.pass(6min);
  EXPECT_EQ(line.bus->devices()[1]->status().state, State::online);
}

TEST(MeterBus, however_many_are_dead_and_however_often_they_are_tried_the_others_keep_their_pace) {
  SimulatedLine line;
  line.timing.reconnect = {.first = 2s, .factor_permille = 1000, .max = 2s, .jitter_permille = 0};
  line.timing.breaker.failures = 0;
  for (std::uint8_t unit = 1; unit <= 8; ++unit) line.add(unit, em340(), 5s);
  line.open();
  line.pass(60s);
  for (std::uint8_t unit = 3; unit <= 8; ++unit) line.meters[unit].silent = true;
  line.pass(30s);
  line.samples.clear();
  line.pass(10min);
  EXPECT_GE(line.samples["m1"], 114);  // of 120
  EXPECT_GE(line.samples["m2"], 114);
}

TEST(MeterBus, S7_a_counter_that_runs_backwards_is_a_broken_sensor_until_it_has_caught_up) {
  SimulatedLine line;
  line.add(1);
  line.open();
  line.pass(3s);
  line.meters[1].set32(0x34, 999);
  line.pass(2s);
  ASSERT_EQ(line.sensors.size(), 1U);
  EXPECT_EQ(line.sensors[0].code, CauseCode::sensor_fault);
  EXPECT_EQ(line.sensors[0].standing, Standing::present);
  EXPECT_NE(line.sensors[0].detail.view().find("m1.energy_import runs backwards"), std::string_view::npos);
  line.meters[1].set32(0x34, 1000);
  line.pass(2s);
  ASSERT_EQ(line.sensors.size(), 2U);
  EXPECT_EQ(line.sensors[1].standing, Standing::clear);
}

TEST(MeterBus, a_counter_that_rolls_over_does_not_run_backwards) {
  SimulatedLine line;
  line.add(1);
  line.meters[1].set32(0x34, 0x7FFFFFF0);
  line.open();
  line.pass(3s);
  line.meters[1].set32(0x34, 3);
  line.pass(2s);
  EXPECT_TRUE(line.sensors.empty());
}

TEST(MeterBus, another_path_must_lead_to_the_same_meter) {
  SimulatedLine line;
  Device& meter = line.add(1);
  line.open();
  line.pass(2s);
  line.close();
  EXPECT_EQ(meter.status().state, State::lost);
  line.meters[1].words[0x5000] = 0x5A5A;
  line.path = "/dev/serial/by-id/usb-B";
  line.open();
  line.pass(1s);
  EXPECT_NE(meter.status().state, State::online);
  EXPECT_EQ(line.bus->error(), "/dev/serial/by-id/usb-B leads to another meter");
  EXPECT_EQ(std::ranges::count(line.said, "another_meter"), 1);
  // At its own place a meter may be replaced, and that is told.
  line.path = "/dev/serial/by-id/usb-A";
  line.open();
  line.pass(1s);
  EXPECT_EQ(meter.status().state, State::online);
  EXPECT_EQ(std::ranges::count(line.said, "serial_changed"), 1);
}

TEST(MeterBus, a_device_of_another_kind_is_named_and_not_read) {
  SimulatedLine line;
  Profile profile = em340();
  profile.probe_answers = 340;
  Device& meter = line.add(1, profile);
  line.open();
  line.pass(1s);
  EXPECT_NE(meter.status().state, State::online);
  EXPECT_NE(meter.status().last_error.find("says it is 341"), std::string::npos);
}

TEST(MeterBus, S7_values_that_are_no_longer_read_become_stale) {
  SimulatedLine line;
  Device& meter = line.add(1);
  line.open();
  line.pass(3s);
  line.meters[1].busy = {0};
  line.pass(4s);
  EXPECT_EQ(line.tag("m1.voltage_l1").quality, Quality::good);
  line.pass(4s);
  EXPECT_EQ(meter.status().state, State::online);
  EXPECT_EQ(line.tag("m1.voltage_l1").quality, Quality::stale);
  EXPECT_EQ(line.tag("m1.power_factor_l1").quality, Quality::good);
  line.meters[1].busy.clear();
  line.pass(2s);
  EXPECT_EQ(line.tag("m1.voltage_l1").quality, Quality::good);
}

// The facts' trap, through scheduler, splitting and all: every register says which one it is.
TEST(MeterBus, late_answers_never_become_another_registers_value) {
  SimulatedLine line(20s);
  Profile profile = em340();
  profile.probe_answers.reset();
  for (Register& reg : profile.registers) reg.counter = false;
  for (const std::uint8_t unit : std::array<std::uint8_t, 2>{1, 2}) line.add(unit, profile, 500ms);
  for (auto& [unit, meter] : line.meters) meter.address_is_value = true;
  line.open();
  line.late_up_to = 3500ms;
  int good = 0;
  for (int second = 0; second < 3600; ++second) {
    line.pass(1s);
    for (std::size_t i = 0; i < profile.registers.size(); ++i) {
      const Register& reg = profile.registers[i];
      for (const auto& device : line.bus->devices()) {
        const link::Tag& tag = line.tags.get(device->tag(i));
        if (tag.quality != Quality::good) continue;
        ++good;
        const double expected =
            width(reg.type) == 1 ? reg.address : reg.address + (reg.address + 1.0) * 65536.0;
        ASSERT_NEAR(tag.value, expected * reg.scale, 1e-6) << reg.name << " after " << second << " s";
        ASSERT_LE(tag.at, line.now);
      }
    }
  }
  EXPECT_GT(line.bus->counters().requests, 5'000U);
  EXPECT_GT(line.bus->counters().time_outs, 200U);
  EXPECT_GT(good, 20'000);
}

}  // namespace
}  // namespace standstill::meter::test
