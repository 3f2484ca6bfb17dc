#include "terminal/server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "os/clock.hpp"
#include "terminal/client.hpp"
#include "unit/terminal/http_fixture.hpp"

namespace standstill::terminal {
namespace {

class Http : public HttpFixture {};

TEST_F(Http, LivezFollowsTheLoop) {
  EXPECT_EQ(ask(get("/livez")).status, 200);
  backend.is_alive = false;
  EXPECT_EQ(ask(get("/livez")).status, 503);
}

TEST_F(Http, ReadyzHasALineADependency) {
  EXPECT_EQ(ask(get("/readyz")).body, "ok guard\nok journal\n");
  backend.is_alive = false;
  const auto reply = ask(get("/readyz"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "ok guard\nnot ready journal: disk full\n");
}

TEST_F(Http, AnswersCarryTypeAndSecurityHeaders) {
  const auto metrics = ask(get("/metrics"));
  EXPECT_EQ(metrics.body, "standstill_epoch 7\n");
  EXPECT_TRUE(metrics.has("Content-Type: text/plain; version=0.0.4"));
  const auto state = ask(get("/api/v1/state"));
  EXPECT_EQ(state.body, R"({"state":"running","pad":""})");
  for (const char* line : {"Content-Type: application/json", "X-Content-Type-Options: nosniff",
                           "Cache-Control: no-store", "Content-Security-Policy: default-src 'none'"})
    EXPECT_TRUE(state.has(line)) << line;
}

// A page tells by it how old a message is that was pushed to it: it must be the time of this answer.
TEST_F(Http, AnswersSayWhenTheyWereMade) {
  const auto asked = os::rfc3339(os::wall_ns());
  const auto answer = ask(get("/api/v1/state"));
  const auto heard = os::rfc3339(os::wall_ns());
  const auto from = answer.head.find("X-Standstill-At: ");
  ASSERT_NE(from, std::string::npos);
  const auto said = answer.head.substr(from + 17, asked.size());
  EXPECT_LE(asked, said);
  EXPECT_LE(said, heard);
}

TEST_F(Http, BothListenersAnswerTheSame) {
  EXPECT_EQ(ask_local(get("/api/v1/state")).body, ask(get("/api/v1/state")).body);
  struct stat info{};
  ASSERT_EQ(::stat((folder / "standstill.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
}

TEST_F(Http, UnknownPathAndMethodSaySo) {
  const auto missing = ask(get("/nothing"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_NE(missing.body.find("\"hint\""), std::string::npos);
  const auto wrong = ask(get("/api/v1/stop"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_TRUE(wrong.has("Allow: POST\r\n"));
  EXPECT_EQ(backend.stops, 0) << "a browser that fetches an address ahead must not trip";
  EXPECT_TRUE(ask("DELETE /api/v1/snapshots HTTP/1.1\r\n\r\n").has("Allow: GET, HEAD, POST\r\n"));
}

TEST_F(Http, NoPathClimbsOutOfTheSnapshots) {
  for (const char* path :
       {"/api/v1/snapshots/../operators", "/api/v1/snapshots/..%2foperators", "/api/v1/snapshots/%2e%2e",
        "/api/v1/snapshots/.hidden", "/api/v1/snapshots/a%00b", "/api/v1//snapshots", "/api/v1/snapshots/a%2",
        "/api/v1/snapshots/a\\..\\b", "/api/v1/snapshots/a..b"}) {
    const auto status = ask(get(path)).status;
    EXPECT_TRUE(status == 400 || status == 404) << path << " " << status;
  }
  EXPECT_EQ(ask(get("/api/v1/compare?snapshot=../../latch")).status, 400);
  EXPECT_EQ(ask(get("/api/v1/snapshots/emergency_20260131_120000_e3.json")).body,
            R"({"id":"emergency_20260131_120000_e3.json"})");
}

TEST_F(Http, QueriesAreDecodedAndChecked) {
  EXPECT_EQ(ask(get("/api/v1/journal?since=2026-01-31T12%3A00%3A00Z&after=5&limit=20")).body,
            R"({"limit":20,"since":"2026-01-31T12:00:00Z","after":5})");
  EXPECT_EQ(ask(get("/api/v1/journal?kind=drill&after=0")).body,
            R"({"limit":1000,"since":"","after":0,"kind":"drill"})");
  for (const char* query : {"limit=0", "limit=10001", "epoch=-1", "after=x", "epoch=99999999999999999999"})
    EXPECT_EQ(ask(get(std::string("/api/v1/journal?") + query)).status, 400) << query;
  EXPECT_EQ(ask(get("/api/v1/health?plant=1")).body, R"({"plant":true})");
}

TEST_F(Http, HeadHasTheLengthButNoBody) {
  RawClient client(server->port());
  client.send("HEAD /api/v1/state HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto reply = client.receive(5000, true);
  EXPECT_TRUE(reply.has("Content-Length: 28\r\n"));
  EXPECT_EQ(client.ask(get("/livez")).body, "alive\n") << "the next answer follows directly";
}

TEST_F(Http, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  RawClient client(server->port());
  client.send(get("/livez") + get("/api/v1/snapshots/one") + post("/api/v1/stop", "{}") +
              get("/api/v1/snapshots/two"));
  EXPECT_EQ(client.receive().body, "alive\n");
  EXPECT_EQ(client.receive().body, R"({"id":"one"})");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().body, R"({"id":"two"})");
  EXPECT_EQ(backend.stops, 1);
}

TEST_F(Http, ABackendThatThrowsIsA500AndNothingElse) {
  EXPECT_EQ(ask(get("/api/v1/snapshots/boom")).status, 500);
  EXPECT_EQ(ask(get("/livez")).status, 200);
}

TEST_F(Http, LimitsOfSize) {
  EXPECT_EQ(ask(get("/livez", "X: " + std::string(9000, 'a') + "\r\n")).status, 431);
  EXPECT_EQ(ask(post("/api/v1/ack", std::string(65537, 'a'), ann)).status, 413);
  EXPECT_EQ(ask(post("/api/v1/ack", std::string(65536, ' '), ann)).status, 400) << "fits, but names no epoch";
  EXPECT_EQ(ask("\x16\x03\x01 rubbish\r\n\r\n").status, 400);
}

TEST_F(Http, WordsNeedAnOperator) {
  for (const char* path : {"/api/v1/ack", "/api/v1/reset", "/api/v1/start"}) {
    for (const bool local : {false, true}) {
      const auto say = [&](const char* body, const char* headers) {
        const auto bytes = post(path, body, headers);
        return local ? ask_local(bytes) : ask(bytes);
      };
      const auto nobody = say(R"({"epoch":7})", "");
      EXPECT_EQ(nobody.status, 401);
      EXPECT_TRUE(nobody.has("WWW-Authenticate: Bearer"));
      EXPECT_EQ(say(R"({"epoch":7})", "Authorization: Basic YW5uOnJpZ2h0\r\n").status, 401);
      EXPECT_EQ(say(R"({"epoch":7})", "Authorization: Bearer ann:wrong\r\n").status, 401);
      EXPECT_EQ(say(R"({"epoch":7})", "Authorization: Bearer vic:right\r\n").status, 403);
      EXPECT_EQ(say(R"({"epoch":6})", ann).status, 409);
      const auto done = say(R"({"epoch":7})", ann);
      EXPECT_EQ(done.status, 200);
      EXPECT_NE(done.body.find(R"("operator":"ann")"), std::string::npos);
      for (const char* body :
           {"", "{}", "[]", R"({"epoch":"7"})", R"({"epoch":-7})", R"({"epoch":7.5})", "{"}) {
        const auto bad = say(body, ann);
        EXPECT_EQ(bad.status, 400) << body;
        EXPECT_NE(bad.body.find("'epoch'"), std::string::npos);
      }
    }
  }
}

TEST_F(Http, ACorrectSecretIsAcceptedHoweverManyWrongOnesCameBefore) {
  std::vector<std::unique_ptr<RawClient>> guessers;
  for (int i = 0; i < 20; ++i) {
    guessers.push_back(std::make_unique<RawClient>(server->port()));
    guessers.back()->send(post("/api/v1/ack", R"({"epoch":7})", "Authorization: Bearer ann:guess\r\n"));
  }
  ASSERT_TRUE(eventually([&] { return backend.verifications == 20; }));
  EXPECT_EQ(ask(post("/api/v1/ack", R"({"epoch":7})", ann)).status, 200);
  EXPECT_TRUE(guessers.back()->quiet(50)) << "while the guessers still wait for their answers";
}

TEST_F(Http, ACrowdThatGuessesStandsInNobodysWay) {
  backend.slow_secrets = true;
  const std::string guess = post("/api/v1/ack", R"({"epoch":7})", "Authorization: Bearer ann:guess\r\n");
  std::vector<std::unique_ptr<RawClient>> guessers;
  for (int i = 0; i < 40; ++i) {
    guessers.push_back(std::make_unique<RawClient>(server->port()));
    guessers.back()->send(guess);
  }
  // One is looked at, 32 wait; for the others there is no room, which they hear.
  ASSERT_TRUE(eventually(
      [&] { return std::ranges::count_if(guessers, [](const auto& one) { return !one->quiet(1); }) == 7; }));
  RawClient command_line(folder / "standstill.sock");
  command_line.send(post("/api/v1/ack", R"({"epoch":7})", ann));
  RawClient neighbour(server->port(), "127.0.0.2");
  neighbour.send(post("/api/v1/ack", R"({"epoch":7})", ann));
  EXPECT_TRUE(command_line.quiet(100)) << "it waits for its turn";
  EXPECT_TRUE(neighbour.quiet(100));
  backend.slow_secrets = false;
  EXPECT_EQ(command_line.receive().status, 200);
  EXPECT_EQ(neighbour.receive().status, 200);
}

TEST_F(Http, ACrowdThatGuessesAtTheOperatorsOwnAddressDoesNotEither) {
  const std::string guess = post("/api/v1/ack", R"({"epoch":7})", "Authorization: Bearer ann:far off\r\n");
  std::vector<std::unique_ptr<RawClient>> guessers;
  for (int i = 0; i < 100; ++i) {
    guessers.push_back(std::make_unique<RawClient>(server->port()));
    guessers.back()->send(guess);
  }
  EXPECT_EQ(ask(post("/api/v1/ack", R"({"epoch":7})", ann)).status, 200);
  EXPECT_EQ(backend.verifications, 1) << "guesses end at the first look";
  EXPECT_EQ(guessers.front()->receive().status, 401);
  for (auto& one : guessers) {
    if (one->quiet(1)) continue;
    EXPECT_EQ(one->receive().status, 401);
  }
}

TEST_F(Http, RequestsThatTouchThePlantNeedAnOperatorOverTcpOnly) {
  for (const char* path : {"/api/v1/drill", "/api/v1/prooftest", "/api/v1/snapshots"}) {
    EXPECT_EQ(ask(post(path, "")).status, 401) << path;
    EXPECT_EQ(ask(post(path, "", ann)).status, 200) << path;
    EXPECT_EQ(ask_local(post(path, "")).status, 200) << path;
  }
  EXPECT_EQ(ask_local(post("/api/v1/links/layout/send", R"({"command":"power off"})")).body,
            "\"layout power off\"");
  EXPECT_EQ(ask_local(post("/api/v1/links/layout/send", "{}")).status, 400);
  EXPECT_EQ(ask_local(post("/api/v1/drill", "[1]")).status, 400);
  EXPECT_EQ(ask_local(post("/api/v1/snapshots", "")).body,
            R"({"by":"uid )" + std::to_string(::getuid()) + "\"}");
}

TEST_F(Http, ASimulatedPeerIsBrokenByAnOperatorOnly) {
  EXPECT_EQ(ask(post("/api/v1/rehearsal/layout", R"({"command":"crash"})", ann)).body, "\"layout crash\"");
  EXPECT_EQ(ask(post("/api/v1/rehearsal/layout", R"({"command":"crash"})")).status, 401);
  EXPECT_EQ(ask(post("/api/v1/rehearsal/layout", R"({"command":"a\nb"})", ann)).status, 400);
  EXPECT_EQ(ask(post("/api/v1/rehearsal/layout", "{}", ann)).status, 400);
  EXPECT_EQ(ask(get("/api/v1/trend?tag=meter.power")).body, "\"meter.power\"");
}

TEST_F(Http, AnAlarmIsPutAsideByAnOperatorWithATimeAndAReason) {
  const auto shelve = [&](const char* body, const char* headers = ann) {
    return ask(post("/api/v1/alarms/meter/shelve", body, headers));
  };
  const auto done = shelve(R"({"minutes":60,"reason":"rewired"})");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body, "\"meter 60 rewired ann\"");
  EXPECT_EQ(shelve(R"({"minutes":60,"reason":"rewired","out_of_service":true})").body,
            "\"meter 60 out rewired ann\"");
  for (const char* body :
       {"", "[]", "{}", R"({"minutes":60})", R"({"reason":"x"})", R"({"minutes":-1,"reason":"x"})",
        R"({"minutes":"60","reason":"x"})", R"({"minutes":60,"reason":""})"})
    EXPECT_EQ(shelve(body).status, 400) << body;
  EXPECT_EQ(shelve((R"({"minutes":60,"reason":")" + std::string(201, 'x') + "\"}").c_str()).status, 400);
  EXPECT_EQ(shelve(R"({"minutes":60,"reason":"x"})", "").status, 401);
  EXPECT_EQ(shelve(R"({"minutes":60,"reason":"x"})", "Authorization: Bearer vic:right\r\n").status, 403);
  EXPECT_EQ(ask_local(post("/api/v1/alarms/meter/shelve", R"({"minutes":60,"reason":"x"})")).status, 401);
  EXPECT_EQ(ask(post("/api/v1/alarms/meter/unshelve", "", ann)).body, "\"meter\"");
  EXPECT_EQ(ask(post("/api/v1/alarms/meter/unshelve", "")).status, 401);
}

TEST_F(Http, AnEngineIsStoppedByAnybodyAndSetUpByAnOperator) {
  EXPECT_EQ(ask(get("/api/v1/engines/mallet")).body, "\"mallet\"");
  EXPECT_EQ(ask(post("/api/v1/engines/mallet/stop", "")).body, "\"stopped mallet by 127.0.0.1\"");
  const auto write = [&](const char* body, const char* headers = ann) {
    return ask(post("/api/v1/engines/mallet/variables", body, headers));
  };
  EXPECT_EQ(write(R"({"cv":42,"value":105})").body, "\"mallet 42=105 ann\"");
  EXPECT_EQ(write(R"({"cv":37,"value":"13.25"})").body, "\"mallet 37=13.25 ann\"");
  EXPECT_EQ(write(R"({"cv":42,"value":105})", "").status, 401);
  EXPECT_EQ(write(R"({"cv":42,"value":105})", "Authorization: Bearer vic:right\r\n").status, 403);
  EXPECT_EQ(ask_local(post("/api/v1/engines/mallet/variables", R"({"cv":42,"value":105})")).status, 401);
  for (const char* body : {"", "[]", "{}", R"({"cv":42})", R"({"value":1})", R"({"cv":"42","value":1})",
                           R"({"cv":-1,"value":1})", R"({"cv":9999,"value":1})", R"({"cv":42,"value":[1]})"})
    EXPECT_EQ(write(body).status, 400) << body;
}

TEST_F(Http, AnotherPageMayStopAndNothingElse) {
  const std::string foreign = "Origin: http://evil.example\r\n";
  EXPECT_EQ(ask(post("/api/v1/ack", R"({"epoch":7})", foreign + ann)).status, 403);
  EXPECT_EQ(ask(post("/api/v1/ack", R"({"epoch":7})", std::string("Origin: null\r\n") + ann)).status, 403);
  EXPECT_EQ(
      ask(post("/api/v1/ack", R"({"epoch":7})", std::string("Origin: http://localhost\r\n") + ann)).status,
      200);
  EXPECT_EQ(ask(post("/api/v1/stop", "{}", foreign)).status, 200);
  EXPECT_EQ(backend.stops, 1);
}

TEST_F(Http, OnlyOneServerOwnsTheSocketAndALeftOverOneIsReplaced) {
  FakeBackend other;
  const auto second = Server::start({.listen = "", .socket_path = folder / "standstill.sock"}, other);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another supervisor answers"), std::string::npos);
  const auto taken =
      Server::start({.listen = "127.0.0.1:" + std::to_string(server->port()), .socket_path = ""}, other);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().find("cannot listen on 127.0.0.1:"), std::string::npos);
  for (const char* listen : {"0.0.0.0:0", "here:80", "127.0.0.1", "127.0.0.1:99999", "[::]:1"})
    EXPECT_FALSE(Server::start({.listen = listen, .socket_path = ""}, other)) << listen;

  const std::string stale = folder / "stale.sock";
  std::filesystem::rename(folder / "standstill.sock", stale);
  server.reset();
  EXPECT_TRUE(Server::start({.listen = "", .socket_path = stale}, other));
  EXPECT_FALSE(std::filesystem::exists(stale)) << "removed at the end";
}

TEST_F(Http, TheCommandLinesClient) {
  const Client client(folder / "standstill.sock");
  EXPECT_EQ(client.request("GET", "/api/v1/snapshots/" + Client::encoded("a.b"))->body, R"({"id":"a.b"})");
  EXPECT_EQ(client.request("POST", "/api/v1/ack", R"({"epoch":7})", "ann:right")->status, 200);
  EXPECT_EQ(client.request("POST", "/api/v1/stop")->status, 200);
  backend.slow = true;
  const auto late = client.request("GET", "/api/v1/state", "", "", 100ms);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().text.find("did not answer within 100 ms"), std::string::npos);
  backend.slow = false;
  const auto none = Client(folder / "none.sock").request("GET", "/livez");
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().unreachable);
  EXPECT_EQ(none.error().text,
            "no supervisor answers at " + folder / "none.sock" + ": start it with `standstill run`");
}

}  // namespace
}  // namespace standstill::terminal
