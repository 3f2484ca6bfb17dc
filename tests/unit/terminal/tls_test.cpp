// TLS as others see it: openssl makes the certificate, curl asks.
#include "terminal/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "unit/terminal/http_fixture.hpp"

namespace standstill::terminal {
namespace {

using testing::HasSubstr;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>&1").c_str(), "r"), ::pclose);
  std::string all;
  std::array<char, 4096> bytes{};
  while (const auto count = std::fread(bytes.data(), 1, bytes.size(), pipe.get()))
    all.append(bytes.data(), count);
  return all;
}

class Tls : public HttpFixture {
 protected:
  void SetUp() override {
    if (std::system("command -v openssl curl >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "no openssl and curl here";
    const auto made = output_of(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        key() + " -out " + certificate());
    ASSERT_EQ(::chmod(key().c_str(), 0600), 0) << made;
    ServerConfig config;
    config.certificate_file = certificate();
    config.key_file = key();
    start(config);
  }
  std::string certificate() { return folder / "terminal.crt"; }
  std::string key() { return folder / "terminal.key"; }
  std::string curl(const std::string& options, const std::string& path, const char* scheme = "https") {
    return output_of("curl -s -S --max-time 20 --cacert " + certificate() + " " + options + " " + scheme +
                     "://localhost:" + std::to_string(server->port()) + path);
  }
};

TEST_F(Tls, AnswersRequestsAndSignsIn) {
  EXPECT_EQ(curl("", "/livez"), "alive\n");
  EXPECT_EQ(curl("--tls-max 1.2", "/livez"), "alive\n");
  EXPECT_THAT(curl("--tls-max 1.1 --tlsv1.1 --ciphers DEFAULT@SECLEVEL=0", "/livez"), HasSubstr("curl:"));
  const auto reply = curl(R"(-i -d '{"name":"ann","secret":"right"}')", "/api/v1/login");
  EXPECT_THAT(reply, HasSubstr("; Secure"));
  EXPECT_THAT(reply, HasSubstr(R"("role":"operator")"));
  EXPECT_EQ(curl(R"(-o /dev/null -w '%{http_code}' -H 'Authorization: Bearer ann:right' -d '{"epoch":7}')",
                 "/api/v1/ack"),
            "200");
}

TEST_F(Tls, InTheClearThereIsOnlyTheStop) {
  const auto moved = ask(get("/api/v1/state?x=1"));
  EXPECT_EQ(moved.status, 308);
  EXPECT_TRUE(moved.has("Location: https://localhost/api/v1/state?x=1"));
  EXPECT_EQ(ask(post("/api/v1/ack", R"({"epoch":7})", ann)).status, 308);
  EXPECT_EQ(ask(post("/api/v1/login", R"({"name":"ann","secret":"right"})")).status, 308);
  EXPECT_EQ(backend.verifications, 0) << "no secret is looked at that crossed the network in the clear";
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: evil\"<>\r\n\r\n").status, 421);
  EXPECT_EQ(ask(post("/api/v1/stop", "")).status, 200);
  EXPECT_EQ(backend.stops, 1);
  EXPECT_EQ(ask_local(get("/livez")).status, 200) << "the socket is as it was";
}

TEST_F(Tls, AStopThroughItBreaksOffAndIsAStop) {
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' -d rubbish", "/api/v1/stop"), "200");
  EXPECT_EQ(backend.stops, 1);
}

TEST_F(Tls, AHandshakeThatHangsHoldsUpNobody) {
  RawClient hung(server->port());
  hung.send("\x16\x03\x01\x02");
  RawClient silent(server->port());
  EXPECT_EQ(curl("", "/livez"), "alive\n");
}

TEST_F(Tls, ErrorsNameTheFileAndWhatToDo) {
  const auto none = load_certificate(folder / "none.crt", key());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error(), HasSubstr("none.crt"));
  {
    std::ofstream(folder / "other.key")
        << "-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----\n";
  }
  ASSERT_EQ(::chmod((folder / "other.key").c_str(), 0600), 0);
  const auto wrong = load_certificate(certificate(), folder / "other.key");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error(), HasSubstr("other.key"));
  ASSERT_EQ(::chmod(key().c_str(), 0644), 0);
  const auto open = load_certificate(certificate(), key());
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error(), HasSubstr("chmod 640"));
}

}  // namespace
}  // namespace standstill::terminal
