#include "terminal/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "terminal/known_hosts.hpp"
#include "unit/terminal/http_fixture.hpp"
#include "unit/terminal/web_socket.hpp"

namespace standstill::terminal {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(Sessions, EndWhenUnusedAndInAnyCase) {
  Sessions sessions(30min, 12h);
  Instant now{};
  const auto cookie = sessions.open("ann", Role::operator_, now);
  ASSERT_TRUE(cookie);
  EXPECT_GE(cookie->size(), 64U);
  now += 29min;
  ASSERT_NE(sessions.find(*cookie, now), nullptr);
  now += 29min;
  ASSERT_NE(sessions.find(*cookie, now), nullptr) << "a use counts anew";
  now += 30min;
  EXPECT_EQ(sessions.find(*cookie, now), nullptr);
  EXPECT_EQ(sessions.count(), 0U);

  const auto other = sessions.open("ann", Role::operator_, now);
  for (int i = 0; i < 71; ++i) ASSERT_NE(sessions.find(*other, now += 10min), nullptr);
  EXPECT_EQ(sessions.find(*other, now + 10min), nullptr) << "twelve hours are over";
}

TEST(Sessions, NobodyIsKeptOutByOthers) {
  Sessions sessions(30min, 12h);
  Instant now{};
  const auto first = sessions.open("ann", Role::operator_, now);
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(sessions.open("ann", Role::operator_, now += 1s));
  EXPECT_EQ(sessions.find(*first, now), nullptr) << "the oldest made room";
  EXPECT_EQ(sessions.count(), 16U);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(sessions.open("n" + std::to_string(i), Role::viewer, now += 1s));
  EXPECT_EQ(sessions.count(), 256U);
}

TEST(Sessions, ACookieIsFoundInItsHeader) {
  EXPECT_EQ(cookie_value("a=1; standstill_80=abc; b=2", "standstill_80"), "abc");
  EXPECT_EQ(cookie_value("standstill_8080=no; standstill_80=abc", "standstill_80"), "abc");
  EXPECT_EQ(cookie_value("standstill_80", "standstill_80"), "");
  EXPECT_EQ(cookie_value("", "x"), "");
  EXPECT_EQ(cookie_value(";;;=", "x"), "");
}

class SignIn : public HttpFixture {
 protected:
  struct Signed {
    std::string cookie, token, set_cookie;
    [[nodiscard]] std::string headers() const {
      return "Cookie: " + cookie + "\r\nX-Standstill-Token: " + token + "\r\n";
    }
  };
  Signed sign_in(const std::string& name = "ann") {
    const auto reply = ask(post("/api/v1/login", json{{"name", name}, {"secret", "right"}}.dump()));
    EXPECT_EQ(reply.status, 200) << reply.body;
    Signed made;
    const auto at = reply.head.find("Set-Cookie: ");
    if (at == std::string::npos) return made;
    made.set_cookie = reply.head.substr(at + 12, reply.head.find("\r\n", at) - at - 12);
    made.cookie = made.set_cookie.substr(0, made.set_cookie.find(';'));
    made.token = json::parse(reply.body).at("token");
    EXPECT_EQ(json::parse(reply.body).at("name"), name);
    return made;
  }
  int say(const std::string& headers, const char* path = "/api/v1/ack") {
    return ask(post(path, R"({"epoch":7})", headers)).status;
  }
};

TEST_F(SignIn, ASessionReleasesAndNamesTheOperator) {
  const auto ann = sign_in();
  for (const char* rule : {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"})
    EXPECT_THAT(ann.set_cookie, HasSubstr(rule));
  for (const char* path : {"/api/v1/ack", "/api/v1/reset", "/api/v1/start"}) {
    const auto reply = ask(post(path, R"({"epoch":7})", ann.headers()));
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_THAT(reply.body, HasSubstr(R"("operator":"ann")"));
  }
  for (const char* path : {"/api/v1/drill", "/api/v1/prooftest", "/api/v1/snapshots"})
    EXPECT_EQ(ask(post(path, "", ann.headers())).status, 200) << path;
  const auto session = json::parse(ask(get("/api/v1/session", ann.headers())).body);
  EXPECT_EQ(session.at("name"), "ann");
  EXPECT_EQ(session.at("role"), "operator");
  EXPECT_EQ(session.at("token"), ann.token);
}

TEST_F(SignIn, EachReleaseIsRefusedWithoutWithWrongAndWithAViewersCredentials) {
  const auto ann = sign_in();
  const auto vic = sign_in("vic");
  for (const char* path : {"/api/v1/ack", "/api/v1/reset", "/api/v1/start"}) {
    EXPECT_EQ(say("", path), 401) << path;
    EXPECT_EQ(say("Cookie: " + ann.cookie.substr(0, ann.cookie.size() - 1) + "x\r\n", path), 401) << path;
    EXPECT_EQ(say("Cookie: " + ann.cookie.substr(0, ann.cookie.find('=')) + "=\r\n", path), 401) << path;
    EXPECT_EQ(say(vic.headers(), path), 403) << path;
  }
}

TEST_F(SignIn, ASessionEnds) {
  ServerConfig config;
  config.session_idle = 300ms;
  start(config);
  const auto ann = sign_in();
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    return say(ann.headers()) == 401;
  }));
  for (const char* path : {"/api/v1/ack", "/api/v1/reset", "/api/v1/start"})
    EXPECT_EQ(say(ann.headers(), path), 401) << path;
  EXPECT_EQ(json::parse(ask(get("/api/v1/session", ann.headers())).body).at("name"), nullptr);
}

TEST_F(SignIn, WhoSignsOutIsOut) {
  const auto ann = sign_in();
  const auto reply = ask(post("/api/v1/logout", "", ann.headers()));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("Max-Age=0"));
  EXPECT_EQ(say(ann.headers()), 401);
}

TEST_F(SignIn, AnOperatorWhoIsRemovedOrDemotedMayNothingAnyMore) {
  const auto ann = sign_in();
  backend.ann_demoted = true;
  EXPECT_EQ(say(ann.headers()), 403);
  backend.ann_demoted = false;
  EXPECT_EQ(say(ann.headers()), 200);
  backend.ann_removed = true;
  EXPECT_EQ(say(ann.headers()), 401);
  backend.ann_removed = false;
  EXPECT_EQ(say(ann.headers()), 401) << "the session is over, not asleep";
}

TEST_F(SignIn, TheCookieAloneIsNotEnough) {  // another page of this browser could send it
  const auto ann = sign_in();
  const std::string cookie = "Cookie: " + ann.cookie + "\r\n";
  EXPECT_EQ(say(cookie), 403);
  EXPECT_EQ(say(cookie + "X-Standstill-Token: " + std::string(ann.token.size(), '0') + "\r\n"), 403);
  EXPECT_EQ(say("X-Standstill-Token: " + ann.token + "\r\n"), 401);
  EXPECT_EQ(say(ann.headers() + "Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(say(ann.headers() + "Origin: null\r\n"), 403);
  EXPECT_EQ(say(ann.headers() + "Origin: http://localhost\r\n"), 200);
  EXPECT_EQ(
      ask(post("/api/v1/login", R"({"name":"ann","secret":"right"})", "Origin: http://evil.example\r\n"))
          .status,
      403);
}

TEST_F(SignIn, AWrongSecretOpensNothingAndSaysNothing) {
  const auto reply = ask(post("/api/v1/login", R"({"name":"ann","secret":"hunter2"})"));
  EXPECT_EQ(reply.status, 401);
  EXPECT_THAT(reply.head, Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(reply.body + reply.head, Not(HasSubstr("hunter2")));
  for (const char* body : {"", "[]", R"({"name":"ann"})", R"({"name":1,"secret":2})", "{\"name\":\"ann\"",
                           R"({"name":"","secret":""})"})
    EXPECT_EQ(ask(post("/api/v1/login", body)).status, 400) << body;
}

TEST(KnownHosts, AddressesThisMachineAndWhatIsConfigured) {
  std::array<char, 256> own{};
  ASSERT_EQ(::gethostname(own.data(), own.size() - 1), 0);
  const KnownHosts hosts({"Plant.Example.org"});
  for (const std::string& host :
       {std::string(), std::string("127.0.0.1"), std::string("127.0.0.1:8080"), std::string("[::1]:8080"),
        std::string("[fe80::1]"), std::string("192.168.0.7:80"), std::string("localhost"),
        std::string("LOCALHOST:1"), std::string("localhost."), std::string("plant.example.org:8443"),
        std::string("plant.EXAMPLE.org."), std::string(own.data()), std::string(own.data()) + ".local:8080"})
    EXPECT_TRUE(hosts.knows(host)) << host;
  for (const char* host :
       {"evil.example", "evil.example:8080", "plant.example.org.evil.example", "127.0.0.1.evil.example",
        "xplant.example.org", "[", "[evil]", "[::1", ":8080", "localhost@evil.example", "."})
    EXPECT_FALSE(hosts.knows(host)) << host;
}

// A name of somebody's own that he points here: his page may then read what this server answers under it.
TEST_F(SignIn, AForeignNameReadsNothingAndReleasesNothingButStops) {
  const auto ann = sign_in();
  const auto as = [](std::string request, const std::string& host) {
    return request.replace(request.find("localhost"), 9, host);
  };
  for (const char* host : {"evil.example", "evil.example:8080"}) {
    const std::string origin = std::string("Origin: http://") + host + "\r\n";
    for (const char* path :
         {"/", "/livez", "/metrics", "/api/v1/state", "/api/v1/session", "/api/v1/snapshots/live"})
      EXPECT_EQ(ask(as(get(path, origin), host)).status, 421) << path;
    EXPECT_EQ(ask(as(upgrade("/api/v1/events", origin), host)).status, 421);
    EXPECT_EQ(ask(as(post("/api/v1/login", R"({"name":"ann","secret":"right"})", origin), host)).status, 421);
    EXPECT_EQ(ask(as(post("/api/v1/ack", R"({"epoch":7})", ann.headers() + origin), host)).status, 421);
    const int before = backend.stops;
    EXPECT_EQ(ask(as(post("/api/v1/stop", "", origin), host)).status, 200);
    EXPECT_EQ(backend.stops, before + 1) << "S9";
    EXPECT_EQ(ask_local(as(get("/api/v1/state"), host)).status, 200)
        << "the socket has permissions of its own";
  }
  ServerConfig config;
  config.hosts = {"plant.example.org"};
  start(config);
  EXPECT_EQ(ask(as(get("/api/v1/state"), "plant.example.org:8443")).status, 200);
}

TEST_F(SignIn, S9_AStopNeedsNone) {
  EXPECT_EQ(ask(post("/api/v1/stop", "")).status, 200);
  EXPECT_EQ(ask(post("/api/v1/stop", "", "Cookie: standstill=rubbish\r\nX-Standstill-Token: x\r\n")).status,
            200);
  EXPECT_EQ(backend.stops, 2);
}

}  // namespace
}  // namespace standstill::terminal
