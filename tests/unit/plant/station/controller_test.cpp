// The controller's role as scenarios in which time is a number.
#include "plant/station/controller.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "unit/plant/station/bus_keys.hpp"

namespace standstill::station {
namespace {

struct Hub {
  Instant now = instant_from_ns(1'000'000'000'000);
  std::string name;
  std::string written;   // what the next start would be given
  std::string retained;  // estop:latch; empty: none
  std::vector<std::pair<std::string, std::string>> published;
  std::vector<std::string> stops, alarms, said;
  std::vector<Epoch> raised;
  Standing standing = Standing::unknown;
  unsigned next_id = 100;
  Local local;
  std::unique_ptr<Controller> controller;

  explicit Hub(std::string instance = "ctrl-01", std::vector<std::string> stations = {},
               const std::string& kept = {})
      : name(std::move(instance)) {
    Doer doer;
    doer.decided = [this](const Finding& finding) { standing = finding.standing; };
    doer.told = [](const Verdict&) {};
    doer.stop = [this](CauseCode, const std::string& detail) { stops.push_back(detail); };
    doer.publish = [this](std::string_view channel, const std::string& text) {
      published.emplace_back(channel, text);
    };
    doer.retain = [this](std::string_view, const std::string& text) { retained = text; };
    doer.envelope = [this] { return envelope(name); };
    doer.raise = [this](Epoch epoch) { raised.push_back(epoch); };
    doer.registered = [](const std::vector<std::string>&) {};
    doer.keep = [this](const std::string& owed) { written = owed; };
    doer.said = [this](std::string_view code, const std::string& detail) {
      said.push_back(std::string(code) + ": " + detail);
    };
    doer.alarm = [this](const std::string& detail) { alarms.push_back(detail); };
    controller = std::make_unique<Controller>(
        Controller::Settings{
            .instance = name, .stations = std::move(stations), .keys = master(), .kept = kept},
        doer);
    controller->begin(now);
  }
  estop::Envelope envelope(const std::string& instance) {
    estop::Envelope made;
    made.id = id_of(next_id++);
    made.source = {"standstill", instance, "0.1.0"};
    return made;
  }
  void guard(LatchState state, Epoch epoch, bool acknowledged = false) {
    local.known = true;
    local.state = state;
    local.epoch = epoch;
    local.acknowledged = acknowledged;
    local.first_out = {CauseCode::limit, true, "oil", "too hot", now, 0};
    controller->local(local, now);
  }
  void join() {
    controller->joined(now);
    controller->latch(retained.empty() ? std::nullopt : std::optional(retained), now);
  }
  void stop(unsigned id) {
    estop::HeardStop heard;
    heard.id = id_of(id);
    heard.instance = "b";
    controller->stop(heard, "the stop " + std::to_string(id), now);
  }
  void safe(const std::string& station, LatchState state, Epoch epoch, Epoch station_epoch,
            bool acknowledged = false, const std::string& start = nonce) {
    estop::SafeState made;
    made.epoch = epoch;
    made.station_epoch = station_epoch;
    made.state = state;
    made.acknowledged = acknowledged;
    made.boot_nonce = start;
    controller->safe_state(estop::write_safe_state(envelope(station), made, keys_of(station), station), now);
  }
  void pass(Duration time) {
    for (Duration step{}; step < time; step += 100ms) {
      now += 100ms;
      controller->heard(now);
      controller->tick(now);
    }
  }
  std::vector<estop::Release> releases(const std::string& station) {
    std::vector<estop::Release> made;
    for (const auto& [channel, text] : published)
      if (channel == estop::release_channel(station))
        made.push_back(estop::read_release(text, keys_of(station), station).value().content);
    return made;
  }
  int count(std::string_view wanted) {
    return static_cast<int>(std::count_if(published.begin(), published.end(),
                                          [&](const auto& one) { return one.first == wanted; }));
  }
  estop::LatchRecord latch(const std::string& reader) {
    const bool leads = reader == estop::controllers;
    return estop::read_latch(retained, leads ? master() : keys_of(reader), reader).value();
  }
};

TEST(Controller, KeepsItsLatchOnTheBusForEveryStation) {
  Hub hub("ctrl-01", {"a", "b"});
  hub.guard(LatchState::tripped, 3);
  EXPECT_EQ(hub.retained, "") << "not before it has read what is there";
  hub.join();
  EXPECT_EQ(hub.standing, Standing::clear);
  EXPECT_EQ(hub.latch("a").epoch, 3U);
  EXPECT_EQ(hub.latch("b").state, LatchState::tripped);
  EXPECT_EQ(hub.latch("a").code, "limit");
  hub.guard(LatchState::ready, 3);
  EXPECT_EQ(hub.latch("a").state, LatchState::ready);
}

TEST(Controller, RepeatsTheStopWithTheSameIdWhileItStands) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  const std::string first = hub.published.at(0).second;
  hub.pass(6s);
  EXPECT_GE(hub.count(estop::stop_channel), 4);
  for (const auto& [channel, text] : hub.published)
    EXPECT_TRUE(channel != estop::stop_channel || text == first);
  hub.guard(LatchState::ready, 3);
  const int before = hub.count(estop::stop_channel);
  hub.pass(6s);
  EXPECT_EQ(hub.count(estop::stop_channel), before);
}

TEST(Controller, S9_TripsOnEveryStop_S10_AndOnNoCopy) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  hub.stop(1);
  ASSERT_EQ(hub.stops.size(), 1U);
  hub.guard(LatchState::tripped, 4);
  EXPECT_EQ(hub.published.back().second, "the stop 1") << "what came first is repeated";
  hub.guard(LatchState::running, 4);
  hub.now += 10s;
  hub.stop(1);
  EXPECT_EQ(hub.stops.size(), 1U) << "a late copy";
  hub.stop(2);
  EXPECT_EQ(hub.stops.size(), 2U);
}

TEST(Controller, AFloodReachesTheGuardOnce) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  for (unsigned i = 1; i <= 10'000; ++i) hub.stop(i);
  EXPECT_EQ(hub.stops.size(), 1U);
  hub.guard(LatchState::tripped, 4);
  for (unsigned i = 10'001; i <= 20'000; ++i) hub.stop(i);
  EXPECT_EQ(hub.stops.size(), 1U);
  hub.now += 1s;
  hub.guard(LatchState::tripped, 4, true);
  hub.stop(30'000);
  EXPECT_EQ(hub.stops.size(), 2U) << "a stop after the acknowledgement is news";
}

TEST(Controller, S7_ALatchThatTheBusLostIsAStop) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  hub.retained.clear();
  hub.controller->latch(std::nullopt, hub.now);
  EXPECT_EQ(hub.stops.size(), 1U);
  EXPECT_EQ(hub.retained, "") << "not what it was before";
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::tripped, 4);
  EXPECT_EQ(hub.latch("a").epoch, 4U) << "the trip is retained at once";
  hub.guard(LatchState::running, 4);
  hub.controller->latch(hub.retained, hub.now);
  EXPECT_EQ(hub.stops.size(), 1U) << "one loss, one trip";
}

TEST(Controller, HandsTheOperatorsWordsOnOneAfterTheOther) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::tripped, 3, true);
  hub.controller->released(estop::Action::acknowledge, "anna", hub.now);
  hub.guard(LatchState::ready, 3, true);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  ASSERT_EQ(hub.releases("a").size(), 1U);
  EXPECT_EQ(hub.releases("a")[0].action, estop::Action::acknowledge);
  EXPECT_EQ(hub.releases("a")[0].station_epoch, 9U);
  EXPECT_EQ(hub.releases("a")[0].operator_name, "anna");
  hub.pass(3s);
  ASSERT_EQ(hub.releases("a").size(), 2U) << "it was lost, and is said again";
  EXPECT_GT(hub.releases("a")[1].counter, hub.releases("a")[0].counter);
  hub.safe("a", LatchState::tripped, 3, 9, true);
  ASSERT_EQ(hub.releases("a").size(), 3U);
  EXPECT_EQ(hub.releases("a")[2].action, estop::Action::reset);
  hub.safe("a", LatchState::ready, 3, 9, true);
  hub.pass(20s);
  EXPECT_EQ(hub.releases("a").size(), 3U) << "nothing is owed any more, and nobody said start (S4)";
}

TEST(Controller, AStationThatTrippedAgainIsNotReleasedByOldWords) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::ready, 3);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  hub.controller->released(estop::Action::start, "anna", hub.now);
  ASSERT_EQ(hub.releases("a").size(), 1U);
  hub.safe("a", LatchState::tripped, 3, 10);
  hub.pass(20s);
  EXPECT_EQ(hub.releases("a").size(), 1U);
}

// A stop that came to the station and not here is forgotten when the station's supervisor begins again while
// its guard stays tripped; its trip and its count of stops are then what they were when somebody looked.
TEST(Controller, S10_AStationThatBeganAgainIsNotReleasedByOldWords) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::ready, 3);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  ASSERT_EQ(hub.releases("a").size(), 1U);
  hub.safe("a", LatchState::tripped, 3, 9, false, "fedcba9876543210");
  hub.pass(20s);
  EXPECT_EQ(hub.releases("a").size(), 1U);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  EXPECT_EQ(hub.releases("a").size(), 2U);
}

TEST(Controller, NamesTheStationsThatDoNotConfirm) {
  Hub hub("ctrl-01", {"a", "b"});
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.safe("b", LatchState::running, 3, 4);
  hub.pass(1900ms);
  EXPECT_TRUE(hub.alarms.empty());
  hub.pass(200ms);
  ASSERT_EQ(hub.alarms.size(), 1U);
  EXPECT_NE(hub.alarms[0].find(": b"), std::string::npos) << hub.alarms[0];
  EXPECT_EQ(hub.alarms[0].find("a,"), std::string::npos) << hub.alarms[0];
}

TEST(Controller, NobodyRegistersWithoutAKey) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  estop::SafeState made;
  made.boot_nonce = nonce;
  hub.controller->safe_state(estop::write_safe_state(hub.envelope("a"), made, keys_of("b"), "b"), hub.now);
  EXPECT_TRUE(hub.controller->stations().empty());
  hub.safe("a", LatchState::tripped, 0, 1);
  EXPECT_EQ(hub.controller->stations().size(), 1U);
  hub.pass(100ms);
  EXPECT_EQ(hub.latch("a").epoch, 3U) << "from now on it can check the latch";
}

TEST(Controller, ASecondOneStandsByAndTakesOver) {
  Hub first("ctrl-01");
  Hub second("ctrl-02");
  first.guard(LatchState::tripped, 5);
  first.join();
  second.guard(LatchState::tripped, 2);
  second.retained = first.retained;
  second.join();
  EXPECT_EQ(second.standing, Standing::present) << "its own guard refuses every reset";
  EXPECT_EQ(second.retained, first.retained);
  const auto beat = [&] {
    estop::Message message{first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "0.1.0"}};
    second.controller->heartbeat(message, second.now);
    second.controller->latch(first.retained, second.now);
  };
  for (int i = 0; i < 10; ++i) {
    second.pass(1s);
    beat();
  }
  EXPECT_TRUE(second.raised.empty());
  second.pass(4s);
  second.controller->latch(first.retained, second.now);
  ASSERT_EQ(second.raised.size(), 1U) << "the first has not been heard for four seconds";
  EXPECT_EQ(second.raised[0], 6U);
  second.guard(LatchState::tripped, 6);
  second.controller->latch(first.retained, second.now);
  EXPECT_EQ(second.latch(std::string(estop::controllers)).controller, "ctrl-02");
  // The first comes back: it does not lead any more.
  first.now = second.now;
  first.retained = second.retained;
  first.join();
  EXPECT_EQ(first.standing, Standing::present);
  EXPECT_EQ(first.retained, second.retained);
}

// The one that leads was not there when it was published.
TEST(Controller, S11_AStopThatOnlyTheOneThatStandsByHasHeardIsSaidAgain) {
  Hub first("ctrl-01"), second("ctrl-02");
  first.guard(LatchState::tripped, 3);
  first.join();
  second.guard(LatchState::tripped, 1);
  second.retained = first.retained;
  second.join();
  ASSERT_FALSE(second.controller->leads());
  first.guard(LatchState::running, 3);
  second.retained = first.retained;
  const auto said = [&](Duration time) {
    const auto before = second.published.size();
    for (Duration step{}; step < time; step += 100ms) {
      second.now += 100ms;
      second.controller->heard(second.now);
      // It is heard, so it leads.
      estop::Message beat{first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "1"}};
      second.controller->heartbeat(beat, second.now);
      second.controller->latch(second.retained, second.now);
      second.controller->tick(second.now);
    }
    int count = 0;
    for (auto i = before; i < second.published.size(); ++i)
      if (second.published[i].first == estop::stop_channel) ++count;
    return count;
  };
  EXPECT_EQ(said(5s), 0);
  second.stop(1);
  EXPECT_EQ(said(3s), 1);
  EXPECT_EQ(second.published.back().second, "the stop 1");
  EXPECT_EQ(said(3s), 1);
  {
    // S3: so it does when it begins again.
    Hub again("ctrl-02", {}, second.written);
    again.guard(LatchState::tripped, 2);
    again.retained = first.retained;
    again.join();
    for (int i = 0; i < 40; ++i) {
      again.now += 100ms;
      again.controller->heard(again.now);
      estop::Message beat{first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "1"}};
      again.controller->heartbeat(beat, again.now);
      again.controller->latch(again.retained, again.now);
      again.controller->tick(again.now);
    }
    ASSERT_FALSE(again.published.empty());
    EXPECT_EQ(again.published.back().second, "the stop 1");
  }
  first.guard(LatchState::tripped, 4);
  second.retained = first.retained;
  EXPECT_EQ(said(10s), 0);
}

TEST(Controller, OfTwoThatBeginTogetherOneLeads) {
  Hub first("ctrl-01");
  Hub second("ctrl-02");
  first.guard(LatchState::tripped, 1);
  second.guard(LatchState::tripped, 1);
  first.join();
  second.join();
  first.controller->latch(second.retained, first.now);
  second.controller->latch(first.retained, second.now);
  EXPECT_EQ(first.raised.size(), 1U);
  EXPECT_TRUE(second.raised.empty());
  EXPECT_EQ(second.standing, Standing::present);
}

TEST(Controller, AStationThatFallsSilentIsAnAlarmAlsoWithoutATrip) {
  Hub rig("ctrl-01", {"a", "b"});
  rig.guard(LatchState::ready, 3);
  rig.retained = "x";
  rig.join();
  rig.safe("a", LatchState::ready, 3, 1);
  rig.safe("b", LatchState::ready, 3, 1);
  for (int second = 0; second < 20; ++second) {
    rig.pass(1s);
    rig.safe("a", LatchState::ready, 3, 1);
  }
  ASSERT_EQ(rig.alarms.size(), 1U) << "once, however long it lasts";
  EXPECT_NE(rig.alarms[0].find(": b;"), std::string::npos) << rig.alarms[0];
  rig.safe("b", LatchState::ready, 3, 1);
  EXPECT_EQ(rig.said.back(), "returned: the station b is heard again");
  for (int second = 0; second < 6; ++second) {
    rig.pass(1s);
    rig.safe("a", LatchState::ready, 3, 1);
  }
  EXPECT_EQ(rig.alarms.size(), 2U) << "each silence is one";
}

TEST(Controller, AStationThatTookItsLeaveIsNotMissed) {
  Hub rig("ctrl-01", {"a"});
  rig.guard(LatchState::ready, 3);
  rig.join();
  rig.safe("a", LatchState::ready, 3, 1);
  estop::Message beat{rig.envelope("a"), estop::Heartbeat{.status = estop::Health::stopping}};
  rig.controller->heartbeat(beat, rig.now);
  rig.pass(10s);
  EXPECT_TRUE(rig.alarms.empty());
  ASSERT_FALSE(rig.said.empty());
  EXPECT_EQ(rig.said.back(), "left: the station a has taken its leave");
}

TEST(Controller, ARefusalOfOneStationTakesNothingFromTheOthers) {
  Hub rig("ctrl-01");
  rig.guard(LatchState::tripped, 3);
  rig.join();
  rig.safe("a", LatchState::tripped, 3, 1);
  rig.safe("b", LatchState::tripped, 3, 1);
  rig.guard(LatchState::tripped, 3, true);
  rig.controller->released(estop::Action::acknowledge, "anna", rig.now);
  rig.guard(LatchState::ready, 3, true);
  rig.controller->released(estop::Action::reset, "anna", rig.now);
  ASSERT_EQ(rig.releases("a").size(), 1U);
  const auto refused = rig.releases("a").back();
  rig.controller->result(estop::write_result(
      rig.envelope("a"), {refused.action, refused.epoch, refused.counter, false, "no"}, keys_of("a"), "a"));
  rig.safe("b", LatchState::tripped, 3, 1, true);
  ASSERT_EQ(rig.releases("b").size(), 2U) << "b has acknowledged, and gets its reset";
  EXPECT_EQ(rig.releases("b").back().action, estop::Action::reset);
  rig.pass(10s);
  EXPECT_EQ(rig.releases("a").size(), 1U) << "a refused, and gets nothing more of these";
}

}  // namespace
}  // namespace standstill::station
