// An S7 link as the supervisor holds it, against the simulated PLC over real TCP, on one loop in one thread:
// a test waits for what happens and never for how fast.
#include "supervise/plc_job.hpp"

#include <gtest/gtest.h>

#include "os/clock.hpp"
#include "sim/plc_server.hpp"

namespace standstill::supervise {
namespace {

using link::Quality;
using link::State;

struct PlcJobTest : testing::Test {
  os::Loop loop;
  link::TagTable tags;
  std::unique_ptr<sim::PlcServer> plc;
  std::vector<std::string> heard;  // "online", "cpu clear", in the order in which the supervisor hears it
  std::vector<std::string> said;   // "written: write DB1.DBW20:INT 7"
  Verdict behind, unknown;

  PlcJobTest() {
    sim::PlcOptions options;
    options.port = 0;
    auto server = sim::PlcServer::start(loop, options);
    EXPECT_TRUE(server) << (server ? "" : server.error());
    plc = std::move(*server);
  }
  static config::Link link_to(std::uint16_t port) {
    config::Link made;
    made.id = "press";
    made.kind = "s7";
    made.probe = made.silence = std::chrono::seconds(20);
    made.reconnect.first = std::chrono::milliseconds(20);
    made.reconnect.longest = std::chrono::milliseconds(100);
    config::S7Link peer;
    peer.plc.host = "127.0.0.1";
    peer.plc.port = port;
    peer.poll = std::chrono::milliseconds(20);
    peer.tags = {{{}, "counter", "DB1.DBD0:DINT", ""}, {{}, "other", "DB99.DBW0", ""}};
    made.peer = peer;
    return made;
  }
  static config::S7Link& peer_of(config::Link& link) { return std::get<config::S7Link>(link.peer); }

  static std::string word(Standing standing) {
    return standing == Standing::clear ? "clear" : standing == Standing::present ? "present" : "unknown";
  }
  std::unique_ptr<PlcJob> job_of(const config::Link& link) {
    auto job = std::make_unique<PlcJob>(
        loop, link, tags, 7,
        Job::Listener{.changed =
                          [this](const link::Status& status, State, std::string_view) {
                            heard.emplace_back(name(status.state));
                            if (status.state != State::online) tags.link_gone(status.id);
                          },
                      .behind =
                          [this](const Verdict& verdict) {
                            behind = verdict;
                            if (verdict.standing == Standing::unknown) unknown = verdict;
                            heard.push_back("cpu " + word(verdict.standing));
                          },
                      .tags = [] {},
                      .said =
                          [this](std::string_view code, const std::string& detail) {
                            said.push_back(std::string(code) + ": " + detail);
                          }});
    job->begin();
    return job;
  }
  template <class Condition>
  bool until(Condition condition, Duration at_most = 60s) {
    for (const Instant end = os::now() + at_most; !condition(); loop.turn(20ms))
      if (os::now() > end) return false;
    return true;
  }
  // So many more polls.
  void turns(std::uint64_t polls) {
    const auto before = plc->cpu().requests();
    EXPECT_TRUE(until([&] { return plc->cpu().requests() >= before + polls; }));
  }
  [[nodiscard]] const link::Tag& tag(const std::string& name) const { return tags.get(*tags.find(name)); }
  [[nodiscard]] std::string all() const {
    std::string text;
    for (const auto& one : heard) text += one + "; ";
    return text;
  }
  // Where it was heard first, from `from` on; the end where it was not.
  [[nodiscard]] std::size_t place(const std::string& what, std::size_t from = 0) const {
    while (from < heard.size() && heard[from] != what) ++from;
    return from;
  }
};

TEST_F(PlcJobTest, TagsAreReadAndOneThatIsRefusedSpoilsNoOther) {
  const auto job = job_of(link_to(plc->port()));
  ASSERT_TRUE(until([&] {
    return tag("press.counter").quality == Quality::good && tag("press.counter").value >= 2;
  })) << all();
  EXPECT_EQ(tag("press.other").quality, Quality::refused);
  ASSERT_EQ(said.size(), 1U) << "each refusal is said once";
  EXPECT_EQ(said[0].find("problem: DB99.DBW0: the PLC has no such block"), 0U) << said[0];
  plc->cpu().manners().put_get = false;
  EXPECT_TRUE(until([&] { return tag("press.counter").quality == Quality::refused; }));
  turns(10);
  ASSERT_EQ(said.size(), 2U) << "what refuses everything is said too, and once";
  EXPECT_EQ(said[1].find("problem: 127.0.0.1:"), 0U) << said[1];
  EXPECT_NE(said[1].find("allow PUT/GET"), std::string::npos) << said[1];
}

// Both by the values' own times: no answer comes sooner than 200 ms after its question.
TEST_F(PlcJobTest, S7_AValueIsAsOldAsItsQuestionAndASlowPlcIsAskedAgainWhenItHasAnswered) {
  plc->faults().delay = 200ms;
  const auto job = job_of(link_to(plc->port()));
  std::vector<Instant> asked;
  ASSERT_TRUE(until([&] {
    const auto& counter = tag("press.counter");
    if (counter.quality == Quality::good && (asked.empty() || counter.at != asked.back())) {
      EXPECT_GE(os::now() - counter.at, 200ms) << "dated at its answer";
      asked.push_back(counter.at);
    }
    return asked.size() == 6;
  })) << all();
  for (std::size_t i = 1; i < asked.size(); ++i)
    EXPECT_GE(asked[i] - asked[i - 1], 200ms) << "asked again before the answer, which takes ten polls";
}

TEST_F(PlcJobTest, S7_WhatTheCpuSaidBeforeAnOutageIsNotKnownAfterIt) {
  const auto job = job_of(link_to(plc->port()));
  ASSERT_TRUE(until([&] { return behind.standing == Standing::clear; })) << all();
  // Before anything of this could be asked the connection ends: the old answer says that it runs.
  const std::size_t before = heard.size();
  plc->cpu().run(false);
  plc->drop(false);
  ASSERT_TRUE(until([&] { return behind.standing == Standing::present; })) << all();
  EXPECT_LT(place("lost", before), place("cpu unknown", before)) << "the loss is decided first: " << all();
  EXPECT_LT(place("cpu unknown", before), place("online", before)) << all();
  EXPECT_LT(place("online", before), place("cpu present", before)) << all();
  EXPECT_EQ(place("cpu clear", before), heard.size()) << all();
  EXPECT_NE(unknown.detail.view().find("has not told its state since"), std::string_view::npos);
  EXPECT_EQ(behind.code, CauseCode::device_fault);
  EXPECT_EQ(behind.detail.view(), "the PLC's CPU is in STOP");
  plc->cpu().run(true);
  EXPECT_TRUE(until([&] { return behind.standing == Standing::clear; })) << all();
}

TEST_F(PlcJobTest, S7_ACpuThatDoesNotTellIsACauseUnlessItsHeartbeatDoes) {
  plc->cpu().manners().status_lists = false;
  {
    const auto job = job_of(link_to(plc->port()));
    ASSERT_TRUE(until([&] { return behind.standing == Standing::present; })) << all();
    EXPECT_NE(behind.detail.view().find("add a heartbeat to the link"), std::string_view::npos);
    job->close();
  }
  auto link = link_to(plc->port());
  peer_of(link).heartbeat = config::Heartbeat{{}, "counter", std::chrono::milliseconds(20'000)};
  behind = {};
  const auto job = job_of(link);
  ASSERT_TRUE(until([&] { return behind.standing == Standing::clear; })) << behind.detail.view();
  job->close();
}

TEST_F(PlcJobTest, S7_AHeartbeatThatStandsIsACauseEvenWhenNothingIsReadAnyMore) {
  auto link = link_to(plc->port());
  peer_of(link).heartbeat = config::Heartbeat{{}, "counter", std::chrono::milliseconds(1500)};
  const auto job = job_of(link);
  ASSERT_TRUE(until([&] { return behind.standing == Standing::clear; })) << behind.detail.view();
  plc->program(false);
  ASSERT_TRUE(until([&] { return behind.standing == Standing::present; })) << all();
  EXPECT_EQ(behind.code, CauseCode::link_frozen);
  plc->program(true);
  ASSERT_TRUE(until([&] { return behind.standing == Standing::clear; })) << behind.detail.view();
  // The link is up, and no answer comes: only the deadline can tell.
  plc->hang();
  ASSERT_TRUE(until([&] { return behind.standing == Standing::present; }, 15s)) << all();
  EXPECT_EQ(job->state(), State::online) << "its silence has 20 s";
}

TEST_F(PlcJobTest, S4_ReadOnlyUnlessTheConfigurationAllowsIt) {
  const auto job = job_of(link_to(plc->port()));
  ASSERT_TRUE(until([&] { return job->state() == State::online; }));
  const auto refused = [&](const std::string& command) {
    const auto sent = job->send(command, true);
    return sent ? std::string("sent") : sent.error();
  };
  EXPECT_NE(refused("write DB1.DBW20:INT 7").find("'press' is read only: set allow_write"),
            std::string::npos);
  EXPECT_NE(refused("cpu stop").find("set allow_control"), std::string::npos);
  EXPECT_NE(refused("cpu start").find("not understood"), std::string::npos);
  EXPECT_NE(refused("write DB1.DBW20:INT").find("the value is missing"), std::string::npos);
  EXPECT_NE(refused("write DB1.DBW20:INT 70000").find("DB1.DBW20:INT: "), std::string::npos);
  EXPECT_NE(refused("write nonsense 7").find("nonsense: "), std::string::npos);
  EXPECT_TRUE(plc->cpu().running());
  EXPECT_EQ(plc->cpu().memory().get("DB1.DBW20:INT").value(), "0");
}

TEST_F(PlcJobTest, WhatIsSentIsDoneAndWhatBecameOfItIsSaid) {
  auto link = link_to(plc->port());
  peer_of(link).allow_write = peer_of(link).allow_control = true;
  peer_of(link).tags.pop_back();
  const auto job = job_of(link);
  EXPECT_FALSE(job->send("write DB1.DBW20:INT 7", true)) << "there is no connection yet";
  EXPECT_FALSE(job->send("cpu stop", true));
  ASSERT_TRUE(until([&] { return behind.standing == Standing::clear; }));
  const auto outcome = [&](const std::string& command) {
    said.clear();
    const auto sent = job->send(command, true);
    EXPECT_TRUE(sent) << (sent ? "" : sent.error());
    EXPECT_TRUE(until([&] { return !said.empty(); })) << command;
    return said.empty() ? std::string() : said.front();
  };
  EXPECT_EQ(outcome("write DB1.DBW20:INT 7"), "written: write DB1.DBW20:INT 7");
  EXPECT_EQ(plc->cpu().memory().get("DB1.DBW20:INT").value(), "7");
  EXPECT_EQ(outcome("write DB1.DBX4.3 true"), "written: write DB1.DBX4.3 true");
  EXPECT_EQ(plc->cpu().memory().get("DB1.DBB4").value(), "8");
  EXPECT_EQ(outcome("write DB99.DBW0 1").find("problem: write DB99.DBW0 1: 127.0.0.1:"), 0U);
  EXPECT_EQ(outcome("cpu stop"), "written: cpu stop");
  EXPECT_FALSE(plc->cpu().running());
  EXPECT_TRUE(until([&] { return behind.standing == Standing::present; })) << all();
  EXPECT_EQ(behind.detail.view(), "the PLC's CPU is in STOP");
}

TEST_F(PlcJobTest, AHeartbeatThatThePlcRefusesIsACause) {
  auto link = link_to(plc->port());
  peer_of(link).allow_write = true;
  peer_of(link).write_heartbeat = config::WriteHeartbeat{{}, "DB10.DBW0:INT", std::chrono::milliseconds(20)};
  const auto job = job_of(link);
  const auto count = [&] { return std::stoi(plc->cpu().memory().get("DB10.DBW0:INT").value()); };
  ASSERT_TRUE(until([&] { return count() >= 3 && behind.standing == Standing::clear; })) << all();
  plc->cpu().manners().writable = false;
  ASSERT_TRUE(until([&] { return behind.standing == Standing::present; })) << all();
  EXPECT_NE(behind.detail.view().find("the heartbeat is not written"), std::string_view::npos);
  plc->cpu().manners().writable = true;
  EXPECT_TRUE(until([&] { return behind.standing == Standing::clear; })) << all();
}

}  // namespace
}  // namespace standstill::supervise
