// An engine's variables as its supervisor reads and writes them, from the engine itself.
#include "plant/engine/variables.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "unit/plant/engine/wired.hpp"

namespace standstill::engine {
namespace {

using Answer = std::expected<std::string, std::string>;
std::string why(const Answer& answer) { return answer ? "" : answer.error(); }

class WiredVariables : public Wired {
 protected:
  WiredVariables() { rig.power_up(); }
  void read_all() {
    session.want_variables(rig.now());
    run(3s);
  }
  Answer write(std::uint32_t cv, const std::string& text) {
    std::optional<Answer> said;
    if (!session.write_variable(cv, text, rig.now(), [&](Answer answer) { said = std::move(answer); }))
      return std::unexpected("not taken");
    run(6s);
    return said.value_or(std::unexpected("nothing came of it"));
  }
  [[nodiscard]] std::string text_of(std::uint32_t cv) const {
    const std::string* text = session.variables().text_of(cv);
    return text == nullptr ? "?" : *text;
  }
  [[nodiscard]] std::int32_t on_board(loco::Cv cv) { return rig.engine().settings()[cv]; }
};

TEST_F(WiredVariables, AllOfThemAreReadWhenSomebodyLooks) {
  ASSERT_TRUE(rig.drive(20));
  run(2s);
  EXPECT_FALSE(session.variables().all_known());
  read_all();
  EXPECT_TRUE(session.variables().all_known());
  // docs/configuration-variables.md: CV42 110 °C, CV37 13.25 mm, CV31 0°
  EXPECT_EQ(text_of(42), "110");
  EXPECT_EQ(text_of(37), "13.25");
  EXPECT_EQ(text_of(31), "0");
  EXPECT_EQ(journalled("engine_says", "="), 0) << "what was asked for is no news";
}

TEST_F(WiredVariables, S9_NobodyLooksNothingIsAsked) {
  ASSERT_TRUE(rig.drive(20));
  run(2s);
  read_all();
  const std::size_t before = sent;
  run(60s);
  EXPECT_LE(sent - before, 13 * std::string("STATE\n").size());
}

TEST_F(WiredVariables, AWriteIsReadBackAndInTheJournal) {
  run(2s);
  const Answer said = write(42, "105");
  ASSERT_TRUE(said) << said.error();
  EXPECT_EQ(*said, "Updated CV42 (boiler limit) from 110 to 105 °C");
  EXPECT_EQ(on_board(loco::Cv::boiler_limit), 105);
  EXPECT_EQ(text_of(42), "105");
  EXPECT_EQ(journalled("engine_says", "Updated CV42"), 1);
  ASSERT_TRUE(write(37, "13.50"));
  EXPECT_EQ(on_board(loco::Cv::wheel_radius), 1350);
  ASSERT_TRUE(write(31, "-5"));
  EXPECT_EQ(on_board(loco::Cv::servo_offset), -5);
}

TEST_F(WiredVariables, S16_WhatTheEngineRefusesIsSaidAndChangesNothing) {
  run(2s);
  Answer said = write(42, "131");
  EXPECT_EQ(why(said), "CV42 out of range 90-130 °C");
  said = write(32, "190");  // too close to the limit: only the engine knows how values go together
  EXPECT_NE(why(said).find("CV32 cannot be 190"), std::string::npos) << why(said);
  said = write(44, "3");
  EXPECT_NE(why(said).find("did you mean 10 to 50"), std::string::npos) << why(said);
  EXPECT_EQ(on_board(loco::Cv::boiler_limit), 110);
  EXPECT_EQ(on_board(loco::Cv::target_pressure), 124);
  EXPECT_NE(rig.engine().chain().reason().view(), "EMERGENCY_STOP(operator)");
}

TEST_F(WiredVariables, OneIsWrittenAtATime) {
  run(2s);
  ASSERT_TRUE(session.write_variable(42, "105", rig.now(), {}));
  EXPECT_FALSE(session.write_variable(43, "240", rig.now(), {}));
  run(1s);
  EXPECT_EQ(on_board(loco::Cv::boiler_limit), 105);
  EXPECT_EQ(on_board(loco::Cv::superheater_limit), 250);
}

TEST_F(WiredVariables, AnEngineThatDoesNotAnswerIsNotClaimedToHaveTakenIt) {
  run(2s);
  plugged = false;
  const Answer said = write(42, "105");
  EXPECT_NE(why(said).find("is not known"), std::string::npos) << why(said);
  plugged = true;
  ASSERT_TRUE(write(42, "106"));
  EXPECT_EQ(text_of(42), "106");
}

TEST_F(WiredVariables, AConnectionThatIsLostEndsAWriteAndForgetsTheValues) {
  run(2s);
  read_all();
  std::optional<Answer> said;
  plugged = false;
  ASSERT_TRUE(session.write_variable(42, "105", rig.now(), [&](Answer answer) { said = std::move(answer); }));
  session.connected(rig.now());
  ASSERT_TRUE(said);
  EXPECT_NE(why(*said).find("is not known"), std::string::npos);
  EXPECT_EQ(text_of(42), "?");
  for (const auto& one : session.variables().values()) EXPECT_EQ(one.text, "");
}

TEST_F(WiredVariables, WhatSomebodyElseWroteIsReadAgain) {
  run(2s);
  read_all();
  rig.type("CV42=101");
  session.want_variables(rig.now());
  run(1s);
  EXPECT_EQ(text_of(42), "101");
  // A power cycle: on a programming track anything may have been written.
  rig.power_up();
  run(2s);
  EXPECT_EQ(text_of(42), "?");
}

TEST_F(WiredVariables, WhenItTrippedIsKnownOnlyToWhoHeardIt) {
  ASSERT_TRUE(rig.drive(60));
  run(2s);
  EXPECT_EQ(session.tripped_at(), Instant{});
  rig.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
  const Instant broken = rig.now();
  run(1s);
  ASSERT_NE(session.tripped_at(), Instant{});
  EXPECT_LE(session.tripped_at() - broken, 200ms);
  run(3s);
  ASSERT_FALSE(session.last_log().empty());
  EXPECT_TRUE(session.last_log().front().starts_with("LOG 2 SENSOR_FAULT(boiler"));
  EXPECT_EQ(session.last_log().size(), rig.engine().log().event_count + 1U);
  session.connected(rig.now());
  run(2s);
  EXPECT_EQ(session.tripped_at(), Instant{}) << "it was tripped when this connection began";
}

}  // namespace
}  // namespace standstill::engine
