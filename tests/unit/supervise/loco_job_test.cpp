// An engine's job against the simulated engine: a real process, a real pseudo terminal.
#include "supervise/loco_job.hpp"

#include <gtest/gtest.h>

#include "os/clock.hpp"
#include "support/sim_engine.hpp"

namespace standstill::supervise {
namespace {

class LocoJobTest : public testing::Test {
 protected:
  LocoJobTest() {
    config::Link config;
    config.id = "engine";
    config.kind = "loco";
    config.silence = config::milliseconds(20000);
    config.reconnect.first = config::milliseconds(100);
    config.reconnect.longest = config::milliseconds(500);
    config.peer = config::LocoLink{sim.line(), 115200, config::milliseconds(5000)};
    job = std::make_unique<LocoJob>(
        loop, config, tags, 1,
        Job::Listener{[this](const link::Status& status, link::State, std::string_view) {
                        if (status.state != link::State::online) tags.link_gone("engine");
                      },
                      {},
                      [this] { ++looked; },
                      [this](std::string_view code, const std::string& detail) {
                        journal += std::string(code) + " " + detail + "\n";
                      }});
    job->begin();
  }
  // Waits long: a loaded machine is slow, and none of these tests is about how fast.
  bool until(const std::function<bool()>& condition) {
    const Instant end = os::now() + 60s;
    while (!condition() && os::now() < end) loop.turn(20ms);
    return condition();
  }
  [[nodiscard]] const link::Tag& tag(const char* name) { return tags.get(tags.declare("engine", name)); }
  [[nodiscard]] bool good(const char* name) { return tag(name).quality == link::Quality::good; }

  test::SimEngine sim;
  os::Loop loop;
  link::TagTable tags;
  int looked = 0;
  std::string journal;
  std::unique_ptr<LocoJob> job;
};

TEST_F(LocoJobTest, ItsValuesAreTagsAndItsLogIsForTheJournal) {
  ASSERT_TRUE(until([&] { return good("running") && tag("running").value == 1; })) << journal;
  EXPECT_EQ(job->state(), link::State::online);
  EXPECT_GT(tag("boiler").value, 90);
  EXPECT_GT(looked, 0);
  EXPECT_TRUE(sim.tell("fault boiler-open").find("true") != std::string::npos);
  EXPECT_TRUE(until([&] { return tag("tripped").value == 1; })) << journal;
  EXPECT_TRUE(until([&] { return journal.find("engine_log EVENT") != std::string::npos; })) << journal;
  EXPECT_NE(journal.find("engine tripped, epoch 2: SENSOR_FAULT(boiler: at the low rail)"), std::string::npos)
      << journal;
}

TEST_F(LocoJobTest, ItTakesAStopAndNothingElse) {
  EXPECT_FALSE(job->send("stop", false)) << "nobody hears it yet";
  ASSERT_TRUE(until([&] { return good("running") && tag("running").value == 1; })) << journal;
  EXPECT_FALSE(job->send("go", true));
  ASSERT_TRUE(job->send("stop", false));
  EXPECT_TRUE(until([&] { return tag("tripped").value == 1; })) << journal;
  EXPECT_NE(journal.find("EMERGENCY_STOP(operator)"), std::string::npos) << journal;
}

TEST_F(LocoJobTest, ItIsLookedAtAndSetUp) {
  ASSERT_TRUE(until([&] { return good("running") && tag("running").value == 1; })) << journal;
  ASSERT_TRUE(until([&] { return job->look(os::now()).variables.back().known; })) << journal;
  EXPECT_TRUE(job->look(os::now()).refusal(os::now())) << "it drives";
  ASSERT_TRUE(job->send("stop", true));
  ASSERT_TRUE(until([&] { return !job->look(os::now()).refusal(os::now()); })) << journal;
  std::string said;
  ASSERT_TRUE(
      job->write_variable(42, "105", os::now(), [&](const std::expected<std::string, std::string>& answer) {
        said = answer ? *answer : "refused: " + answer.error();
      }));
  EXPECT_TRUE(until([&] { return !said.empty(); }));
  EXPECT_EQ(said, "Updated CV42 (boiler limit) from 110 to 105 °C");
}

TEST_F(LocoJobTest, S7_AnEngineThatVanishesHasNoGoodValueAndReturns) {
  ASSERT_TRUE(until([&] { return good("boiler"); })) << journal;
  sim.end();
  EXPECT_TRUE(until([&] { return !good("boiler"); }));
  sim.start();
  EXPECT_TRUE(until([&] { return good("boiler"); })) << journal;
}

// Its link goes before its session, which it refers to, and nobody is told any more.
TEST_F(LocoJobTest, ItMayEndInTheMiddleOfATalk) {
  ASSERT_TRUE(until([&] { return good("running"); })) << journal;
  ASSERT_TRUE(job->send("stop", true));
  job.reset();
  const int before = looked;
  for (int i = 0; i < 10; ++i) loop.turn(10ms);
  EXPECT_EQ(looked, before);
}

}  // namespace
}  // namespace standstill::supervise
