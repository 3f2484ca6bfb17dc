// Simulated stations on the bus of one machine, with somebody who has the master key and no role at all: what
// they do is judged by what is said on the bus and by their contacts.
#include "sim/fleet.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "link/unix_socket.hpp"
#include "os/clock.hpp"
#include "plant/station/local_server.hpp"
#include "support/temporary_folder.hpp"
#include "wire/estop/direct.hpp"
#include "wire/estop/names.hpp"

namespace standstill::sim {
namespace {

class FleetTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server.begin());
    peer.begin();
    ASSERT_TRUE(until([&] { return peer.status().state == link::State::online; }));
    retain(1, LatchState::ready);
    auto started = Fleet::start(
        loop,
        {.count = 3, .keys = master, .lease = 60s, .second_path = false, .dial = [this] { return dial(); }},
        [this](const BusStation& one) {
          moved.push_back(one.instance() + (one.commanded() ? " on" : " off"));
          if (!one.commanded()) stops_before_off[one.instance()] = stops.size();
        },
        [](const BusStation&, std::string_view, const std::string&) {});
    ASSERT_TRUE(started) << started.error();
    fleet = std::move(*started);
  }
  std::unique_ptr<link::Transport> dial() { return std::make_unique<link::UnixTransport>(loop, path); }
  bool until(const std::function<bool()>& is, Duration most = 60s) {
    const Instant end = os::now() + most;
    while (!is() && os::now() < end) loop.turn(20ms);
    return is();
  }
  static estop::Keys keys() {
    estop::Secret secret{};
    secret.fill(9);
    return estop::Keys::read(estop::Keys::master_file({"k1", secret})).value();
  }
  estop::Envelope envelope() {
    estop::Envelope made;
    std::array<std::uint8_t, 16> bytes{};
    bytes[0] = ++ids;
    made.id = estop::uuid_of(bytes);
    made.wall_ms = 1;
    made.source = {"somebody", "ctrl-01", "1.0.0"};
    return made;
  }
  void retain(Epoch epoch, LatchState state) {
    estop::LatchRecord record;
    record.epoch = epoch;
    record.state = state;
    record.controller = "ctrl-01";
    session.ask({"SET", estop::latch_key, estop::write_latch(record, master, {"sim-1", "sim-2", "sim-3"})});
    peer.send_now();
  }
  // The three words to each, one after the other, as a controller says them.
  bool release(Epoch epoch) {
    for (const auto action : {estop::Action::acknowledge, estop::Action::reset, estop::Action::start}) {
      const auto shows = [&](const estop::SafeState& at) {
        return at.epoch == epoch && station::shows(action, at.state, at.acknowledged);
      };
      const bool done = until([&] {
        bool all = confirmed.size() == 3;
        for (const auto& [instance, at] : confirmed) {
          if (shows(at)) continue;
          all = false;
          if (auto& next = say_next[instance]; os::now() < next)
            continue;
          else
            next = os::now() + 1s;
          estop::Release word{action,        epoch,          at.station_epoch, "anna",
                              at.boot_nonce, at.counter + 1, at.stops};
          session.ask({"PUBLISH", estop::release_channel(instance),
                       estop::write_release(envelope(), word, master, instance)});
          peer.send_now();
        }
        return all;
      });
      if (!done) return false;
    }
    return fleet->energised() == 3;
  }
  void heard(std::string_view channel, const std::string& text) {
    if (channel == estop::stop_channel) return stops.push_back(text);
    if (const auto from = estop::read_safe_state(text, master))
      confirmed[from->envelope.source.instance] = from->content;
  }
  bool command(const std::string& line) {
    return fleet->command(line).find(R"("ok":true)") != std::string::npos;
  }

  standstill::test::TemporaryFolder folder;
  std::string path = folder / "bus.sock";
  os::Loop loop;
  station::LocalServer server{loop, path};
  estop::Keys master = keys();
  std::uint8_t ids = 0;
  std::vector<std::string> stops, moved;
  std::map<std::string, std::size_t> stops_before_off;
  std::map<std::string, estop::SafeState> confirmed;
  std::map<std::string, Instant> say_next;
  station::RedisSession session{
      {{}, {}, {std::string(estop::stop_channel), std::string(estop::safe_channel)}},
      [this](std::string_view channel, const std::string& text) { heard(channel, text); }};
  link::Link peer{loop,
                  session,
                  dial(),
                  {"peer", "redis", true, {}, 1},
                  [](const link::Status&, link::State, std::string_view) {}};
  std::unique_ptr<Fleet> fleet;
};

TEST_F(FleetTest, S4_BootsSafeAndRunsByTheOperatorsWordsOnly) {
  ASSERT_TRUE(until([&] { return confirmed.size() == 3; }));
  EXPECT_EQ(fleet->energised(), 0U);
  ASSERT_TRUE(release(1)) << fleet->summary();
  EXPECT_EQ(fleet->summary(), "3 running");
}

TEST_F(FleetTest, S9_AStopOfAnybodyCutsAll) {
  ASSERT_TRUE(release(1)) << fleet->summary();
  session.ask({"PUBLISH", estop::stop_channel, "not even JSON"});
  peer.send_now();
  EXPECT_TRUE(until([&] { return fleet->energised() == 0; })) << fleet->summary();
}

TEST_F(FleetTest, AButtonCutsItsOwnRelayBeforeAnybodyIsTold) {
  ASSERT_TRUE(release(1)) << fleet->summary();
  stops.clear();
  ASSERT_TRUE(command("press sim-2"));
  EXPECT_EQ(moved.back(), "sim-2 off") << "in the same moment";
  EXPECT_EQ(stops_before_off["sim-2"], 0U);
  ASSERT_TRUE(until([&] { return fleet->energised() == 0; })) << fleet->summary();
  ASSERT_TRUE(until([&] { return !stops.empty(); }));
  const auto stop = estop::judge_stop(stops.front());
  EXPECT_EQ(stop.instance, "sim-2");
  EXPECT_EQ(stop.reason, CauseCode::button_press);
}

TEST_F(FleetTest, S11_WhoWasOffLineLearnsOfItFromTheLatch) {
  ASSERT_TRUE(release(1)) << fleet->summary();
  ASSERT_TRUE(command("cut sim-3 on"));
  session.ask({"PUBLISH", estop::stop_channel, "stop"});
  peer.send_now();
  ASSERT_TRUE(until([&] { return fleet->energised() == 1; })) << fleet->summary();
  retain(2, LatchState::tripped);
  ASSERT_TRUE(until([&] { return confirmed["sim-1"].epoch == 2; }));
  EXPECT_TRUE(fleet->stations()[2]->energised()) << "nobody has told it, and its lease is long";
  ASSERT_TRUE(command("cut sim-3 off"));
  EXPECT_TRUE(until([&] { return fleet->energised() == 0; })) << fleet->summary();
}

TEST_F(FleetTest, AWeldedContactIsToldAsFailedAndARestartIsSafe) {
  ASSERT_TRUE(release(1)) << fleet->summary();
  ASSERT_TRUE(command("weld sim-1 on"));
  ASSERT_TRUE(command("press sim-1"));
  ASSERT_TRUE(until([&] {
    const auto& at = confirmed["sim-1"];
    return at.state == LatchState::tripped && !at.outputs.empty() && at.outputs[0].readback == "failed";
  })) << fleet->summary();
  EXPECT_EQ(fleet->energised(), 1U);
  ASSERT_TRUE(command("weld sim-1 off"));
  EXPECT_TRUE(until([&] { return fleet->energised() == 0; }));
  const std::string before = confirmed["sim-1"].boot_nonce;
  ASSERT_TRUE(command("restart sim-1"));
  EXPECT_TRUE(until([&] { return confirmed["sim-1"].boot_nonce != before; }));
  EXPECT_EQ(fleet->stations()[0]->state(), LatchState::tripped);
  EXPECT_FALSE(command("press nobody"));
  EXPECT_FALSE(command("weld sim-1"));
}

TEST(Fleet, AStationsKeyIsForOneStation) {
  os::Loop loop;
  estop::Secret secret{};
  const auto master = estop::Keys::read(estop::Keys::master_file({"k1", secret})).value();
  Fleet::Settings settings;
  settings.count = 2;
  settings.keys = estop::Keys::read(master.station_file("a")).value();
  const auto fleet = Fleet::start(
      loop, settings, [](const BusStation&) {},
      [](const BusStation&, std::string_view, const std::string&) {});
  ASSERT_FALSE(fleet);
  EXPECT_NE(fleet.error().find("master key"), std::string::npos);
}

}  // namespace
}  // namespace standstill::sim
