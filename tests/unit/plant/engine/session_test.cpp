// An engine's line as its supervisor reads it: by the page's own examples, then from the engine itself.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "unit/plant/engine/wired.hpp"

namespace standstill::engine {
namespace {

TEST(EngineLine, AFrameIsReadInItsUnits) {
  // The page's format: SPD:%.1f|PSI:%.1f|TB:%.1f|TS:%.1f|TL:%.1f|SRV:%d. 18 psi are 124.1 kPa (CV32's
  // default).
  const auto frame = read_frame("SPD:12.3|PSI:18.0|TB:105.0|TS:220.4|TL:-1.3|SRV:77");
  ASSERT_TRUE(frame);
  EXPECT_DOUBLE_EQ(frame->speed, 12.3);
  EXPECT_NEAR(frame->pressure, 124.106, 0.001);
  EXPECT_DOUBLE_EQ(frame->boiler, 105);
  EXPECT_DOUBLE_EQ(frame->superheater, 220.4);
  EXPECT_DOUBLE_EQ(frame->logic, -1.3);
  EXPECT_DOUBLE_EQ(frame->servo, 77);
}

TEST(EngineLine, S7_WhatNoiseHasTouchedIsNoReading) {
  const std::string good = "SPD:12.3|PSI:18.0|TB:105.0|TS:220.4|TL:31.3|SRV:77";
  ASSERT_TRUE(read_frame(good));
  for (std::size_t i = 1; i < good.size(); ++i)
    if (i != good.size() - 1) {
      EXPECT_FALSE(read_frame(good.substr(0, i))) << i;
    }
  for (const char* bad :
       {"SPD:nan|PSI:18.0|TB:105.0|TS:220.4|TL:31.3|SRV:77",
        "SPD:1e3|PSI:18.0|TB:105.0|TS:220.4|TL:31.3|SRV:77",
        "SPD:12.3|PSI:18.0|TB:105|TS:220.4|TL:31.3|SRV:77",
        "SPD:12.3|PSI:18.0|TB:1 5.0|TS:220.4|TL:31.3|SRV:77",
        "SPD:12.3|PSI:18.0|TB:105.0|TS:220.4|TL:31.3|SRV:7x",
        "SPD:12.3|PSI:18.0|TB:105.00|TS:220.4|TL:31.3|SRV:77",
        "SPD:12.3|PSI:18.0|TB:.5|TS:220.4|TL:31.3|SRV:77|", "SPD:-.1|PSI:18.0|TB:-|TS:220.4|TL:31.3|SRV:77"})
    EXPECT_FALSE(read_frame(bad)) << bad;
}

TEST(EngineLine, StatesAndHeadsOfLogs) {
  const auto state = read_state("STATE tripped 8 THERMAL_BOILER_LIMIT(112°C > 110°C)");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->latch, LatchState::tripped);
  EXPECT_EQ(state->epoch, 8U);
  EXPECT_EQ(state->reason, "THERMAL_BOILER_LIMIT(112°C > 110°C)");
  for (const char* bad :
       {"STATE asleep 8 why", "STATE tripped x why", "STATE tripped 8", "STATE running", "STATUS 1"})
    EXPECT_FALSE(read_state(bad)) << bad;
  EXPECT_EQ(read_log_head("LOG 8 DCC_TIMEOUT(2040ms) at 41280 ms, 24 events"), 24U);
  EXPECT_EQ(read_log_head("LOG none: no shutdown was saved"), 0U);
  EXPECT_FALSE(read_log_head("LOG 8 DCC_TIMEOUT(2040ms) at 41280 ms"));
  EXPECT_FALSE(read_log_head("LOG 8 DCC_TIMEOUT(2040ms) at 41280 ms, 24x events"));
}

TEST_F(Wired, TagsFollowTheEngine) {
  ASSERT_TRUE(rig.drive(60));
  run(10s);
  EXPECT_TRUE(session.proven());
  EXPECT_NEAR(tag("boiler").value, 20 + 0.8 * (rig.model.shell - 20), 0.2);
  EXPECT_NEAR(tag("pressure").value, rig.model.pressure(), 1.5);
  EXPECT_EQ(tag("boiler").quality, link::Quality::good);
  EXPECT_EQ(tag("boiler").unit, "°C");
  EXPECT_EQ(tag("running").value, 1);
  EXPECT_EQ(tag("tripped").value, 0);
  EXPECT_EQ(tag("epoch").value, rig.engine().chain().latch().epoch());
  EXPECT_LE(rig.now() - tag("tripped").at, 1s) << "a frame vouches for the state before it";
  EXPECT_EQ(session.spoilt(), 0U);
}

TEST_F(Wired, ATripIsKnownAtOnceAndItsLogIsKeptOnceAndWhole) {
  ASSERT_TRUE(rig.drive(80));
  run(10s);
  rig.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
  run(200ms);
  EXPECT_EQ(tag("tripped").value, 1);
  EXPECT_EQ(journalled("engine", "tripped, epoch 2: SENSOR_FAULT(boiler: at the low rail)"), 1);
  run(3s);
  EXPECT_EQ(journalled("engine_log", "LOG 2 SENSOR_FAULT(boiler: at the low rail)"), 1);
  EXPECT_EQ(journalled("engine_log", "EVENT"), rig.engine().log().event_count);
  EXPECT_GE(journalled("engine_log", "started"), 1);
  // The line is lost and comes back: the same log is not kept twice.
  session.connected(rig.now());
  run(10s);
  EXPECT_EQ(journalled("engine_log", "LOG 2"), 1);
  EXPECT_EQ(journalled("engine_log", "EVENT"), rig.engine().log().event_count);
}

TEST_F(Wired, ALogThatBreaksOffIsAskedForAgain) {
  ASSERT_TRUE(rig.drive(80));
  run(10s);
  rig.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
  for (int i = 0;
       i < 500 && waiting.find("EVENT") == std::string::npos && !journalled("engine", "tripped, epoch 2");
       ++i)
    turn();
  run(100ms);
  EXPECT_EQ(journalled("engine_log"), 0);
  plugged = false;  // a few lines of it are lost
  run(100ms);
  plugged = true;
  run(20s);
  EXPECT_EQ(journalled("engine_log", "LOG 2"), 1);
  EXPECT_EQ(journalled("engine_log", "EVENT"), rig.engine().log().event_count);
}

TEST_F(Wired, AnEmergencyStopReachesTheEngine) {
  ASSERT_TRUE(rig.drive(100));
  run(5s);
  ASSERT_GT(rig.opening(), 0.1);
  session.stop();
  run(500ms);
  EXPECT_EQ(rig.opening(), 0.0);
  EXPECT_EQ(rig.outputs().drive.boiler_permille, 0);
  EXPECT_EQ(rig.engine().chain().reason().view(), "EMERGENCY_STOP(operator)");
}

TEST_F(Wired, S9_NothingItSaysByItselfStopsTheEngine) {
  ASSERT_TRUE(rig.drive(60));
  run(10s);
  for (int i = 0; i < 20; ++i) {  // a link that comes and goes asks again and again
    session.connected(rig.now());
    run(300ms);
  }
  EXPECT_EQ(rig.engine().chain().latch().state(), LatchState::running);
}

TEST_F(Wired, WhatItSaysBesideIsJournalledAndBabbleIsNot) {
  ASSERT_TRUE(rig.drive(20));
  run(2s);
  rig.type("CV42=105");
  run(1s);
  EXPECT_EQ(journalled("engine_says", "Updated CV42 (boiler limit) from 110 to 105 °C"), 1);
  for (int i = 0; i < 500; ++i) waiting += "babble\n";
  waiting += std::string(100'000, 'x') + "\n\x01\x02\n";
  run(1s);
  EXPECT_LT(journalled("engine_says"), 25);
  EXPECT_GE(session.spoilt(), 2U);
  const auto before = session.last_heard();
  run(2s);
  EXPECT_GT(session.last_heard(), before) << "and frames are read after it";
}

TEST(EngineSession, WhateverBytesComeEveryTagIsOneThatALineSaid) {
  EXPECT_TRUE(rc::check("any bytes, any cuts", [] {
    link::TagTable tags;
    Session session({.link = "e",
                     .tags = &tags,
                     .wall_ns = [] { return 1LL; },
                     .ask_every = 1s,
                     .variables = {},
                     .on_values = {},
                     .on_said = {}});
    Instant now = instant_from_ns(1'000'000'000);
    session.connected(now);
    const std::vector<std::string> words{
        "SPD:12.3|",     "PSI:18.0|TB:105.0|TS:220.4|", "TL:31.3|SRV:77\n", "\n",   "STATE ",
        "tripped 8 x\n", "LOG 1 x at 2 ms, 3 events\n", "EVENT\n",          "\xFF", "-"};
    const auto picks = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 10));
    for (const int pick : picks) {
      now += 10ms;
      const std::string& word = words[static_cast<std::size_t>(pick)];
      RC_ASSERT(session.feed(std::as_bytes(std::span(word)), now));
    }
    for (const link::Tag& one : tags.all())
      if (one.quality == link::Quality::good && one.name == "boiler") RC_ASSERT(one.value == 105.0);
  }));
}

}  // namespace
}  // namespace standstill::engine
