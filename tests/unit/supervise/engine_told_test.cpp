// What is said of an engine, and when it may be set up: by the sentences of docs/locomotive.md.
#include "supervise/engine_told.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace standstill::supervise {
namespace {

std::string why(const std::expected<std::string, std::string>& text) { return text ? "" : text.error(); }

const Instant now = instant_from_ns(100'000'000'000);

EngineTold tripped(const std::string& reason, Duration ago) {
  EngineTold made;
  made.link = "engine";
  made.line = link::State::online;
  made.heard = now - 500ms;
  made.state = engine::State{LatchState::tripped, 8, reason};
  made.frame =
      engine::Frame{.speed = 0, .pressure = 124, .boiler = 100, .superheater = 200, .logic = 30, .servo = 77};
  made.frame_at = now - 500ms;
  made.tripped_at = now - ago;
  for (const std::uint32_t cv : variable_numbers()) made.variables.push_back({.cv = cv});
  return made;
}

void set(EngineTold& engine, std::uint32_t cv, const std::string& text) {
  for (auto& one : engine.variables)
    if (one.cv == cv) one = {cv, text, true};
}

std::vector<std::int64_t> times(const EngineTold& engine) {
  std::vector<std::int64_t> made;
  for (const auto& one : engine.shutdown()) made.push_back(to_ms(one.at));
  return made;
}

TEST(EngineTold, AShutdownHasItsStagesAsThePageSays) {
  const EngineTold engine = tripped("THERMAL_BOILER_LIMIT(112°C > 110°C)", 1s);
  EXPECT_EQ(times(engine), (std::vector<std::int64_t>{0, 5000, 5500}));
  const auto json = engine.json(now);
  EXPECT_EQ(json["shutdown"]["elapsed_ms"], 1000);
  EXPECT_EQ(json["shutdown"]["stages"][1]["what"], "regulator closed");
  EXPECT_EQ(json["heard_ms"], 500);
}

TEST(EngineTold, WithoutTheWhistleTheRegulatorClosesAtOnce) {
  EngineTold engine = tripped("PRESSURE_LIMIT(210kPa > 207kPa)", 1s);
  set(engine, 30, "0");
  EXPECT_EQ(times(engine), (std::vector<std::int64_t>{0, 5500}));
  EXPECT_EQ(engine.shutdown().front().what, "heaters off, regulator closed, the log is saved");
}

TEST(EngineTold, AFailedSensorMaySlowItDownFirst) {
  EngineTold engine = tripped("SENSOR_FAULT(boiler: at the low rail)", 1s);
  set(engine, 84, "2");
  set(engine, 88, "30");
  EXPECT_EQ(times(engine), (std::vector<std::int64_t>{0, 30'000, 35'000, 35'500}));
  EXPECT_TRUE(engine.shutdown().back().at_most);
  engine.state->reason = "DCC_TIMEOUT(2020ms)";
  EXPECT_EQ(times(engine), (std::vector<std::int64_t>{0, 5000, 5500}))
      << "only a sensor is worth slowing down for";
}

TEST(EngineTold, EveryReasonThatParksIsKnown) {
  // As the engine says them, and not as this program writes them.
  for (const char* reason :
       {"THERMAL_LOGIC_LIMIT(90°C > 75°C)", "THERMAL_SUPERHEATER_LIMIT(251°C > 250°C)", "POWER_LOSS(3020ms)",
        "MEMORY_EXHAUSTION(4900 bytes free)", "LOOP_OVERRUN(25ms > 20ms)",
        "SELF_CHECK(the CVs in memory changed by themselves)",
        "OUTPUT_FAILED(a PWM output or the servo's power does not obey)"})
    EXPECT_EQ(tripped(reason, 1s).shutdown().size(), 3U) << reason;
  EXPECT_TRUE(
      tripped("RESET_BY_WATCHDOG(the loop missed its deadline or a self-check)", 1s).shutdown().empty());
}

TEST(EngineTold, WhatWasNoShutdownHasNoStages) {
  EXPECT_TRUE(tripped("EMERGENCY_STOP(operator)", 1s).shutdown().empty());
  EXPECT_TRUE(tripped("POWER_UP(no cause since)", 1s).shutdown().empty());
  EngineTold before = tripped("DCC_TIMEOUT(2020ms)", 1s);
  before.tripped_at = {};
  EXPECT_TRUE(before.shutdown().empty()) << "nobody heard it begin";
}

TEST(EngineTold, S16_ItIsSetUpOnlyWhileItIsTrippedAndStandsStill) {
  EXPECT_EQ(tripped("EMERGENCY_STOP(operator)", 5s).refusal(now), std::nullopt);
  EngineTold engine = tripped("EMERGENCY_STOP(operator)", 5s);
  engine.state->latch = LatchState::running;
  EXPECT_NE(engine.refusal(now).value_or("").find("stop it first"), std::string::npos);
  engine.state->latch = LatchState::ready;  // its heaters may be on
  EXPECT_NE(engine.refusal(now).value_or("").find("stop it first"), std::string::npos);
  engine = tripped("EMERGENCY_STOP(operator)", 5s);
  engine.frame->speed = 0.4;
  EXPECT_EQ(engine.refusal(now), "its wheels still turn");
  engine = tripped("EMERGENCY_STOP(operator)", 1s);  // what it said half a second after its stop is too early
  EXPECT_NE(engine.refusal(now).value_or("").find("since it stopped"), std::string::npos);
  engine.tripped_at = {};  // it was tripped when it was first heard
  EXPECT_EQ(engine.refusal(now), std::nullopt);
  engine = tripped("DCC_TIMEOUT(2020ms)", 3s);
  engine.frame_at = now;
  EXPECT_EQ(engine.refusal(now), "its shutdown is under way");
  engine.tripped_at = now - 6s;
  EXPECT_EQ(engine.refusal(now), std::nullopt);
  engine.frame_at = now - 4s;  // it answers, and is asleep
  EXPECT_NE(engine.refusal(now).value_or("").find("only a power cycle wakes it"), std::string::npos);
  engine.frame_at = now;
  engine.line = link::State::lost;
  EXPECT_EQ(engine.refusal(now), "the engine's line is lost");
  engine.line = link::State::online;
  engine.state.reset();
  EXPECT_TRUE(engine.refusal(now));
}

TEST(EngineTold, S9_NothingIsSentThatTheEngineWouldTakeForAStop) {
  EXPECT_EQ(variable_text(42, "105"), "105");
  EXPECT_EQ(variable_text(37, "13.5"), "13.50");
  EXPECT_EQ(variable_text(31, "-20"), "-20");
  EXPECT_EQ(why(variable_text(42, "131")), "CV42 (boiler limit) takes 90 to 130 °C, not 131");
  EXPECT_EQ(why(variable_text(7, "2")), "CV7 (version) cannot be written");
  EXPECT_EQ(why(variable_text(99, "2")), "there is no CV99");
  for (const char* bad :
       {"", " 105", "105 ", "1e2", "0x60", "105\nSTOP", "ten", "13.255", "--5", "1000000000000"})
    EXPECT_FALSE(variable_text(37, bad)) << bad;
}

TEST(EngineTold, AVariableHasItsRangeAndWhatIsNotReadIsNotMadeUp) {
  EngineTold engine = tripped("EMERGENCY_STOP(operator)", 5s);
  set(engine, 37, "13.25");
  const auto json = engine.json(now);
  for (const auto& one : json["variables"]) {
    if (one["cv"] == 37) {
      EXPECT_EQ(one["value"], 13.25);
      EXPECT_EQ(one["min"], 5.0);
      EXPECT_EQ(one["max"], 50.0);
      EXPECT_EQ(one["unit"], "mm");
      EXPECT_EQ(one["decimals"], 2);
    } else {
      EXPECT_TRUE(one["value"].is_null());
    }
  }
  EXPECT_EQ(json["variables"].size(), 31U);
  EXPECT_TRUE(json["refusal"].is_null());
}

}  // namespace
}  // namespace standstill::supervise
