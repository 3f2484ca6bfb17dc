// Mail through a server that somebody else wrote (aiosmtpd), wrapped in TLS, after STARTTLS, and in the
// clear.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/mosquitto.hpp"
#include "support/places.hpp"
#include "tell/alert.hpp"

namespace standstill::tell {
namespace {

using test::OwnChild;
using test::TemporaryFolder;

class MailServer : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null") != 0)
      GTEST_SKIP() << "needs python3-aiosmtpd";
    ASSERT_TRUE(certificate("server", "IP:127.0.0.1"));
    ASSERT_TRUE(certificate("stranger", "IP:127.0.0.1"));
  }
  [[nodiscard]] bool certificate(const std::string& name, const std::string& whose) const {
    return std::system(
               ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mail "
                "-addext subjectAltName=" +
                whose + " -keyout " + (folder_ / name) + ".key -out " + (folder_ / name) + ".pem 2>/dev/null")
                   .c_str()) == 0;
  }
  void serve(const std::string& mode) {
    server_ = std::make_unique<OwnChild>(
        std::vector<std::string>{"/usr/bin/python3", "-W", "ignore",
                                 test::source_folder() + "/tests/peers/mail/server.py", mode,
                                 folder_ / "server.pem", folder_ / "server.key"},
        folder_ / "log");
    for (int i = 0; i < 3000 && lines().empty() && !server_->ended(); ++i) ::usleep(20'000);
    ASSERT_FALSE(lines().empty()) << "the mail server does not start";
  }
  // What it said that was not a warning: its port, then the mails.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream file(folder_ / "log");
    std::vector<std::string> result;
    for (std::string line; std::getline(file, line) && !file.eof();)
      if (!line.empty() && (line[0] == '{' || line.find_first_not_of("0123456789") == std::string::npos))
        result.push_back(line);
    return result;
  }
  [[nodiscard]] AlertConfig mail(SmtpConfig::Security security) const {
    SmtpConfig smtp;
    smtp.host = "127.0.0.1";
    smtp.port = static_cast<std::uint16_t>(std::stoi(lines().at(0)));
    smtp.security = security;
    smtp.from = "standstill@club.example";
    smtp.to = {"ann@club.example"};
    smtp.ca_file = folder_ / "server.pem";
    if (security != SmtpConfig::Security::none) {
      smtp.user = "club";
      smtp.password = "steam engine";
    }
    AlertConfig config{.id = "mail", .channel = smtp};
    config.first_retry = 5ms;
    config.longest_retry = 20ms;
    return config;
  }
  static AlertStatus tell(const AlertConfig& config) {
    auto made = Teller::make({config});
    if (!made) throw std::runtime_error(made.error());
    (*made)->submit({.event = "trip",
                     .site = "Köln",
                     .state = "tripped",
                     .epoch = 3,
                     .code = "link_lost",
                     .source = "layout",
                     .detail = "gone",
                     .wall_ns = 1'769'860'800'000'000'000});
    (void)(*made)->drain(60s);
    return (*made)->statuses().at(0);
  }
  void expect_taken(SmtpConfig::Security security, const std::string& user) const {
    const auto status = tell(mail(security));
    EXPECT_EQ(status.delivered, 1U) << status.last_error;
    const auto said = lines();
    ASSERT_EQ(said.size(), 2U);
    const auto taken = nlohmann::json::parse(said[1]);
    EXPECT_EQ(taken["from"], "standstill@club.example");
    EXPECT_EQ(taken["to"], nlohmann::json::array({"ann@club.example"}));
    EXPECT_EQ(taken["user"], user);
    EXPECT_EQ(taken["encrypted"], security == SmtpConfig::Security::starttls);
    EXPECT_NE(taken["text"].get<std::string>().find("gone"), std::string::npos);
  }
  void expect_refused(AlertConfig config, const std::string& why) const {
    config.give_up = 2s;
    const auto status = tell(config);
    EXPECT_EQ(status.delivered, 0U);
    EXPECT_NE(status.last_error.find(why), std::string::npos) << status.last_error;
    EXPECT_EQ(lines().size(), 1U) << "it was sent all the same";
  }
  TemporaryFolder folder_;
  std::unique_ptr<OwnChild> server_;
};

TEST_F(MailServer, TakesAMailInTheClearWithoutAPassword) {
  serve("bare");
  expect_taken(SmtpConfig::Security::none, "");
}

TEST_F(MailServer, TakesAMailWrappedInTls) {
  serve("tls");
  expect_taken(SmtpConfig::Security::tls, "club");
}

TEST_F(MailServer, TakesAMailAfterStartTls) {
  serve("starttls");
  expect_taken(SmtpConfig::Security::starttls, "club");
}

TEST_F(MailServer, APasswordIsNotSentToAServerWithoutStartTls) {
  serve("bare");
  expect_refused(mail(SmtpConfig::Security::starttls), "TLS");
}

TEST_F(MailServer, AStrangersCertificateIsRefused) {
  serve("tls");
  auto config = mail(SmtpConfig::Security::tls);
  std::get<SmtpConfig>(config.channel).ca_file = folder_ / "stranger.pem";
  expect_refused(config, "ertificate");
}

TEST_F(MailServer, AWrongPasswordIsSaidAndSendsNothing) {
  serve("starttls");
  auto config = mail(SmtpConfig::Security::starttls);
  std::get<SmtpConfig>(config.channel).password = "coal";
  expect_refused(config, "ogin");
}

}  // namespace
}  // namespace standstill::tell
