// A Modbus link as the supervisor holds it, against the simulated meter, over a real pseudo terminal and real
// TCP. Everything runs on one loop in one thread: a test waits for what happens and never for how fast.
#include "supervise/modbus_job.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "os/clock.hpp"
#include "sim/meter.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::supervise {
namespace {

using link::Quality;
using link::State;

int open_descriptors() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

struct Rig : testing::Test {
  test::TemporaryFolder folder;
  os::Loop loop;
  link::TagTable tags;
  ModbusLines lines;
  std::vector<std::string> changes;  // "meter online"
  std::vector<std::string> said;
  std::vector<Verdict> behind;
  std::vector<std::unique_ptr<ModbusJob>> jobs;

  std::string path(const std::string& name) { return folder / name; }

  static config::Link rtu(const std::string& id, std::vector<std::string> devices, unsigned unit = 1) {
    config::Link made;
    made.id = id;
    made.kind = "modbus-rtu";
    made.reconnect.first = std::chrono::milliseconds(50);
    made.reconnect.longest = std::chrono::seconds(60);
    made.reconnect.factor = 10;
    config::ModbusLink peer;
    peer.devices = std::move(devices);
    peer.baud = 115200;
    peer.unit = unit;
    peer.profile = "em340";
    peer.poll = std::chrono::milliseconds(100);
    // The tests' machine may be slow, and must not look like a meter that is.
    peer.time_out = std::chrono::seconds(2);
    made.silence = std::chrono::seconds(20);
    made.probe = std::chrono::seconds(20);
    made.peer = peer;
    return made;
  }
  static config::Link tcp(const std::string& id, std::uint16_t port, unsigned unit = 1) {
    config::Link made = rtu(id, {}, unit);
    made.kind = "modbus-tcp";
    auto& peer = std::get<config::ModbusLink>(made.peer);
    peer.host = "127.0.0.1";
    peer.port = port;
    return made;
  }

  ModbusJob& add(const config::Link& link) {
    jobs.push_back(std::make_unique<ModbusJob>(
        loop, link, tags, 7,
        Job::Listener{.changed =
                          [this](const link::Status& status, State, std::string_view) {
                            changes.push_back(status.id + " " + std::string(name(status.state)));
                            if (status.state != State::online) tags.link_gone(status.id);
                          },
                      .behind = [this](const Verdict& verdict) { behind.push_back(verdict); },
                      .tags = [] {},
                      .said = [this](std::string_view code, const std::string&) { said.emplace_back(code); }},
        lines, path("state")));
    return *jobs.back();
  }
  std::unique_ptr<sim::Meter> meter(sim::MeterOptions options) {
    auto made = sim::Meter::start(loop, std::move(options));
    EXPECT_TRUE(made) << (made ? "" : made.error());
    return std::move(*made);
  }
  template <class Condition>
  bool until(Condition condition, Duration at_most = 60s) {
    const Instant end = os::now() + at_most;
    while (!condition()) {
      if (os::now() > end) return false;
      loop.turn(20ms);
    }
    return true;
  }
  const link::Tag& tag(const std::string& name) { return tags.get(*tags.find(name)); }
  bool good(const std::string& name, Instant since = {}) {
    const auto& one = tag(name);
    return one.quality == Quality::good && one.at > since;
  }
};

struct ModbusJobTest : Rig {};

TEST_F(ModbusJobTest, S4_a_meter_on_a_line_is_read_and_a_write_needs_a_running_plant) {
  auto sim = meter({.link = path("usb-A")});
  auto& job = add(rtu("meter", {path("usb-A")}));
  job.begin();
  ASSERT_TRUE(until([&] { return job.state() == State::online && good("meter.frequency"); }));
  EXPECT_NEAR(tag("meter.voltage_l1").value, 230, 3);
  EXPECT_EQ(tag("meter.voltage_l1").unit, "V");
  EXPECT_EQ(job.status().peer, path("usb-A"));
  EXPECT_EQ(std::ranges::count(said, "identified"), 1);
  ASSERT_FALSE(behind.empty());
  EXPECT_EQ(behind.back().standing, Standing::clear);
  EXPECT_FALSE(job.send("coil 3 on", false));
  EXPECT_FALSE(job.send("coil 3 perhaps", true));
  ASSERT_TRUE(job.send("coil 3 on", true));
  ASSERT_TRUE(until([&] { return std::ranges::count(said, "written") == 1; }));
  EXPECT_TRUE(*sim->bank(1).bit(modbus::Function::read_coils, 3));
}

TEST_F(ModbusJobTest, it_starts_without_the_adapter_and_comes_up_when_it_is_plugged_in) {
  auto& job = add(rtu("meter", {path("usb-A")}));
  job.begin();
  ASSERT_TRUE(until([&] { return job.state() == State::lost; }));
  EXPECT_NE(job.status().last_error.find("is not there: is the adapter plugged in?"), std::string::npos)
      << job.status().last_error;
  // Let the back-off grow beyond anything this test waits for: only the device's return can end it.
  ASSERT_TRUE(
      until([&] { return job.status().next_dial != never && job.status().next_dial - os::now() > 30s; }));
  auto sim = meter({.link = path("usb-A")});
  EXPECT_TRUE(until([&] { return job.state() == State::online; }, 25s));
}

TEST_F(ModbusJobTest, S7_unplugged_is_lost_in_that_turn_and_replugged_under_another_name_is_read_again) {
  auto sim = meter({.link = path("usb-A")});
  // So that the next one gets another name; before the link has it for itself.
  const std::string before = sim->device();
  const os::Fd keeps_the_old_name(::open(before.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  auto& job = add(rtu("meter", {path("usb-A")}));
  job.begin();
  ASSERT_TRUE(until([&] { return good("meter.voltage_l1"); }));
  sim->unplug();
  ASSERT_TRUE(until([&] { return job.state() != State::online; }));
  EXPECT_EQ(tag("meter.voltage_l1").quality, Quality::no_link);
  EXPECT_EQ(job.native_handle(), -1) << "the descriptor is closed before anything else";
  const Instant replugged = os::now();
  ASSERT_TRUE(sim->replug());
  EXPECT_NE(sim->device(), before);
  ASSERT_TRUE(until([&] { return good("meter.voltage_l1", replugged); }));
  RecordProperty("replug_to_sample_ms", static_cast<int>(to_ms(os::now() - replugged)));
  EXPECT_EQ(job.status().disconnects, 1U);
}

// Two hundred moments altogether, in five parts, so that each has time on a slow machine.
struct Unplugged : Rig, testing::WithParamInterface<unsigned> {};
INSTANTIATE_TEST_SUITE_P(AtRandomMoments, Unplugged, testing::Values(11U, 12U, 13U, 14U, 15U));

TEST_P(Unplugged, nothing_leaks_and_it_always_comes_back) {
  auto sim = meter({.link = path("usb-A")});
  auto config = rtu("meter", {path("usb-A")});
  auto& peer = std::get<config::ModbusLink>(config.peer);
  peer.profile.clear();
  for (const std::uint16_t address : std::array<std::uint16_t, 4>{0, 2, 4, 40}) {
    config::Register one;
    one.name = "r" + std::to_string(address);
    one.address = address;
    one.type = "int32";
    one.low_word_first = true;
    one.scale = 0.1;
    peer.registers.push_back(one);
  }
  peer.poll = std::chrono::milliseconds(20);
  auto& job = add(config);
  job.begin();
  ASSERT_TRUE(until([&] { return good("meter.r0"); }));
  const int descriptors = open_descriptors();
  std::mt19937 random(GetParam());
  for (int round = 0; round < 40; ++round) {
    const Instant moment = os::now() + std::chrono::microseconds(random() % 30'000);
    while (os::now() < moment) loop.turn(moment - os::now());
    sim->unplug();
    ASSERT_TRUE(until([&] { return job.state() != State::online; })) << "round " << round;
    const Instant back = os::now();
    ASSERT_TRUE(sim->replug());
    ASSERT_TRUE(until([&] { return good("meter.r0", back); }))
        << "round " << round << ": " << job.status().last_error;
  }
  EXPECT_EQ(job.status().disconnects, 40U);
  EXPECT_LE(open_descriptors(), descriptors + 2);
}

TEST_F(ModbusJobTest, two_meters_share_a_line_and_the_health_of_each_is_its_own) {
  auto sim = meter({.tcp = true, .units = {1, 2}});
  auto one = tcp("one", sim->port(), 1), two = tcp("two", sim->port(), 2);
  for (auto* link : {&one, &two})
    std::get<config::ModbusLink>(link->peer).time_out = std::chrono::milliseconds(300);
  auto& first = add(one);
  auto& second = add(two);
  first.begin();
  second.begin();
  ASSERT_TRUE(until([&] { return first.state() == State::online && second.state() == State::online; }));
  EXPECT_EQ(lines.size(), 1U);
  EXPECT_EQ(first.native_handle(), second.native_handle());
  sim->silent_unit(2, true);
  ASSERT_TRUE(until([&] { return second.state() != State::online; }));
  const Instant since = os::now();
  EXPECT_TRUE(until([&] { return good("one.voltage_l1", since); }));
  EXPECT_EQ(first.state(), State::online);
  EXPECT_EQ(tag("two.voltage_l1").quality, Quality::no_link);
  sim->silent_unit(2, false);
  EXPECT_TRUE(until([&] { return second.state() == State::online; }));
}

TEST_F(ModbusJobTest, the_second_path_takes_over_only_for_the_same_meter) {
  auto main = meter({.link = path("usb-A")});
  auto spare = meter({.link = path("usb-B")});
  auto& job = add(rtu("meter", {path("usb-A"), path("usb-B")}));
  job.begin();
  ASSERT_TRUE(until([&] { return job.state() == State::online; }));
  EXPECT_EQ(job.status().peer, path("usb-A"));
  main->unplug();
  ASSERT_TRUE(until([&] { return job.state() == State::online && job.status().peer == path("usb-B"); }));
  ASSERT_TRUE(main->replug());
  const Instant since = os::now();
  ASSERT_TRUE(until([&] { return good("meter.voltage_l1", since); }));
  EXPECT_EQ(job.status().peer, path("usb-B")) << "no fail-back while it is healthy";
}

TEST_F(ModbusJobTest, a_path_to_another_meter_is_not_read) {
  auto main = meter({.link = path("usb-A")});
  auto other = meter({.link = path("usb-B"), .serial = "BX9999999999Z"});
  auto& job = add(rtu("meter", {path("usb-A"), path("usb-B")}));
  job.begin();
  ASSERT_TRUE(until([&] { return job.state() == State::online; }));
  main->unplug();
  ASSERT_TRUE(until([&] { return std::ranges::count(said, "another_meter") > 0; }));
  EXPECT_NE(job.state(), State::online);
  EXPECT_EQ(tag("meter.voltage_l1").quality, Quality::no_link);
}

}  // namespace
}  // namespace standstill::supervise
