// Commands to stations as scenarios in which time is a number. The requests and responses that come from
// outside are written out here, as another make would send them.
#include "plant/station/commands.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/plant/station/bus_keys.hpp"

namespace standstill::station {
namespace {

using Said = std::vector<std::pair<std::string, std::string>>;

CommandDoer doer(Said& published, std::vector<std::string>& said, unsigned& next, std::string instance) {
  return {.publish = [&](std::string_view channel,
                         const std::string& text) { published.emplace_back(channel, text); },
          .envelope =
              [&next, instance] {
                estop::Envelope made;
                made.id = id_of(next++);
                made.source = {"standstill", instance, "0.1.0"};
                return made;
              },
          .said = [&](std::string_view code, const std::string&) { said.emplace_back(code); }};
}

// The controller's side.
struct Out {
  Instant now = instant_from_ns(1'000'000'000'000);
  Said published;
  std::vector<std::string> said;
  unsigned next = 100;
  std::vector<estop::CommandResponse> answers;
  CommandsOut out{"responses:ctrl-01", doer(published, said, next, "ctrl-01")};

  Out() { out.open(true, now); }
  void send(std::int64_t timeout_ms = 1000) {
    out.send("bench-1", {"relay", "run", {}, timeout_ms}, now,
             [this](const estop::CommandResponse& response) { answers.push_back(response); });
  }
  [[nodiscard]] std::string correlation() const {
    return estop::read_message(published.back().second).value().envelope.correlation_id;
  }
  void respond(const std::string& correlation, const std::string& from = "bench-1") {
    out.response(R"({"envelope":{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","timestamp":1769860800,)"
                 R"("source":{"service":"firmware","instance":")" +
                     from +
                     R"(","version":"1.0.0"},"schema_version":"v1.0.0","type":"device.command.response",)"
                     R"("correlation_id":")" +
                     correlation +
                     R"("},"payload":{"device_id":"relay","command_name":"run","success":true,)"
                     R"("response":"ok","duration_ms":3}})",
                 now);
  }
  [[nodiscard]] std::string error() const {
    return answers.empty()          ? "nothing yet"
           : answers.back().error   ? std::string(estop::name(answers.back().error->code))
           : answers.back().success ? "none"
                                    : "?";
  }
};

TEST(CommandsOut, ARequestGoesToTheStationsChannelAndItsAnswerComesBack) {
  Out rig;
  rig.send();
  ASSERT_EQ(rig.published.size(), 1U);
  EXPECT_EQ(rig.published[0].first, "commands:bench-1");
  const auto sent = estop::read_message(rig.published[0].second);
  ASSERT_TRUE(sent) << sent.error();
  EXPECT_EQ(sent->envelope.reply_to, "responses:ctrl-01");
  rig.respond(rig.correlation());
  EXPECT_EQ(rig.error(), "none");
  EXPECT_EQ(rig.answers.back().response, "ok");
  rig.respond(sent->envelope.correlation_id);
  EXPECT_EQ(rig.answers.size(), 1U) << "a second answer is nobody's";
}

TEST(CommandsOut, NoneGoesOutWhileStopped) {
  Out rig;
  rig.out.open(false, rig.now);
  rig.send();
  EXPECT_TRUE(rig.published.empty());
  EXPECT_EQ(rig.error(), "E_COMMAND_FAILED");
}

TEST(CommandsOut, AStopCancelsWhatIsPending) {
  Out rig;
  rig.send();
  const std::string correlation = rig.correlation();
  rig.out.open(false, rig.now);
  EXPECT_EQ(rig.error(), "E_COMMAND_FAILED");
  rig.respond(correlation);
  rig.now += 10s;
  rig.out.tick(rig.now);
  EXPECT_EQ(rig.answers.size(), 1U) << "neither a late answer nor a time-out is told after that";
}

TEST(CommandsOut, AStationThatDoesNotAnswerIsATimeOut) {
  Out rig;
  rig.send(1000);
  rig.now += 1400ms;
  rig.out.tick(rig.now);
  EXPECT_EQ(rig.error(), "nothing yet") << "it may use its whole time, and the way takes some";
  rig.now += 100ms;
  rig.out.tick(rig.now);
  EXPECT_EQ(rig.error(), "E_DEVICE_TIMEOUT");
  EXPECT_EQ(rig.out.pending(), 0U);
}

TEST(CommandsOut, NobodyAnswersForAnother) {
  Out rig;
  rig.send();
  rig.respond(rig.correlation(), "bench-2");
  EXPECT_EQ(rig.error(), "nothing yet");
  rig.respond(rig.correlation(), "bench-1");
  EXPECT_EQ(rig.error(), "none");
}

TEST(CommandsOut, WhatTheFormatDoesNotAllowIsNotSent) {
  Out rig;
  rig.out.send("bench-1", {"re lay", "run", {}, 1000}, rig.now,
               [&](const estop::CommandResponse& response) { rig.answers.push_back(response); });
  EXPECT_TRUE(rig.published.empty());
  EXPECT_EQ(rig.error(), "E_VALIDATION_FAILED");
}

TEST(CommandsOut, AreBounded) {
  Out rig;
  for (std::size_t i = 0; i < CommandsOut::most_pending; ++i) rig.send();
  EXPECT_TRUE(rig.answers.empty());
  rig.send();
  EXPECT_EQ(rig.error(), "E_INTERNAL");
  EXPECT_EQ(rig.out.pending(), CommandsOut::most_pending);
}

// The station's side.
struct In {
  Instant now = instant_from_ns(1'000'000'000'000);
  Said published;
  std::vector<std::string> said, carried_out;
  unsigned next = 100;
  bool shown = false;
  CommandsIn in{made()};

  CommandsIn::Doer made() {
    CommandsIn::Doer doer;
    static_cast<CommandDoer&>(doer) = station::doer(published, said, next, "bench-1");
    doer.carry_out = [this](const estop::CommandRequest& request) {
      carried_out.push_back(request.device_id + " " + request.command_name);
      if (request.command_name == "read") return CommandsIn::Answer{.response = "21.5"};
      return CommandsIn::Answer{.under_way = true};
    };
    doer.shows = [this](const estop::CommandRequest&) { return shown; };
    return doer;
  }
  In() { in.open(true, now); }
  void ask(unsigned id, const std::string& command = "run", const std::string& more = "") {
    in.request(
        R"({"envelope":{"id":")" + id_of(id) +
            R"(","timestamp":"2026-01-31T12:00:00.000Z","source":{"service":"somebody",)"
            R"("instance":"hand","version":"1.0.0"},"schema_version":"v1.0.0",)"
            R"("type":"device.command.request","correlation_id":"0f8fad5b-d9cb-469f-a165-70867728950e",)"
            R"("reply_to":"answers:hand"},"payload":{"device_id":"relay","command_name":")" +
            command + "\"" + more + "}}",
        now);
  }
  // "done", an error code, or "" where nothing was answered; to the channel that was asked for.
  [[nodiscard]] std::string answer() const {
    if (published.empty() || published.back().first != "answers:hand") return "";
    const auto message = estop::read_message(published.back().second);
    if (!message) return message.error();
    if (message->envelope.correlation_id != "0f8fad5b-d9cb-469f-a165-70867728950e") return "another's";
    const auto& response = std::get<estop::CommandResponse>(message->payload);
    if (response.error) return std::string(estop::name(response.error->code)) + " " + response.error->message;
    return response.response.value_or("");
  }
};

TEST(CommandsIn, AnswersWhenTheDeviceShowsIt) {
  In rig;
  rig.ask(1);
  EXPECT_EQ(rig.carried_out, std::vector<std::string>{"relay run"});
  rig.in.tick(rig.now);
  EXPECT_EQ(rig.answer(), "") << "told is not done";
  rig.shown = true;
  rig.in.tick(rig.now);
  EXPECT_EQ(rig.answer(), "done");
  rig.ask(2, "read");
  EXPECT_EQ(rig.answer(), "21.5");
}

TEST(CommandsIn, ADeviceThatDoesNotShowItInTimeIsATimeOut) {
  In rig;
  rig.ask(1, "run", R"(,"timeout_ms":300)");
  rig.now += 299ms;
  rig.in.tick(rig.now);
  EXPECT_EQ(rig.answer(), "");
  rig.now += 1ms;
  rig.in.tick(rig.now);
  EXPECT_TRUE(rig.answer().starts_with("E_DEVICE_TIMEOUT")) << rig.answer();
}

TEST(CommandsIn, AStopRefusesNewOnesAndEndsThoseUnderWay) {
  In rig;
  rig.ask(1);
  rig.in.open(false, rig.now);
  EXPECT_EQ(rig.answer(), "E_COMMAND_FAILED E-stop active");
  rig.published.clear();
  rig.ask(2);
  EXPECT_EQ(rig.answer(), "E_COMMAND_FAILED E-stop active");
  EXPECT_EQ(rig.carried_out.size(), 1U);
  rig.in.open(true, rig.now);
  rig.shown = true;
  rig.in.tick(rig.now);
  EXPECT_EQ(rig.published.size(), 1U) << "what was drained stays drained";
}

TEST(CommandsIn, ACopyIsCarriedOutOnce) {
  In rig;
  rig.ask(1, "read");
  rig.ask(1, "read");
  EXPECT_EQ(rig.carried_out.size(), 1U);
}

TEST(CommandsIn, WhatIsNoRequestIsAnsweredToNobody) {
  In rig;
  rig.in.request("run!", rig.now);
  EXPECT_TRUE(rig.published.empty());
  EXPECT_EQ(rig.said, std::vector<std::string>{"command_refused"});
}

TEST(CommandsIn, AreBounded) {
  In rig;
  for (unsigned i = 0; i < CommandsIn::most_pending; ++i) rig.ask(i + 1);
  EXPECT_EQ(rig.answer(), "");
  rig.ask(1000);
  EXPECT_TRUE(rig.answer().starts_with("E_INTERNAL")) << rig.answer();
}

}  // namespace
}  // namespace standstill::station
