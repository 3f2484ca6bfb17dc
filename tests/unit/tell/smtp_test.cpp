#include <gtest/gtest.h>

#include <chrono>

#include "tell/alert.hpp"
#include "unit/tell/sink.hpp"

namespace standstill::tell {
namespace {

AlertConfig mail(const Sink& sink) {
  SmtpConfig smtp;
  smtp.host = "127.0.0.1";
  smtp.port = sink.port();
  smtp.security = SmtpConfig::Security::none;
  smtp.from = "standstill@club.example";
  smtp.to = {"ann@club.example", "bob@club.example"};
  AlertConfig config{.id = "mail", .channel = smtp};
  config.first_retry = 5ms;
  config.longest_retry = 20ms;
  return config;
}

AlertEvent trip() {
  return {.event = "trip",
          .site = "Köln",
          .state = "tripped",
          .epoch = 3,
          .code = "link_lost",
          .source = "layout",
          .detail = "gone\n.\nRCPT TO:<eve@evil.example>",
          .wall_ns = 1'769'860'800'000'000'000};
}

// RFC 5321 from the relay's side; keeps the envelope and the message.
void relay(Sink& sink, Sink::Peer& peer, std::string_view verdict, bool hang_at_quit = false) {
  peer.say("220 relay ready\r\n");
  for (;;) {
    const auto line = peer.until("\r\n");
    if (line.empty()) return;
    if (line.starts_with("EHLO")) {
      peer.say("250-relay\r\n250 8BITMIME\r\n");
    } else if (line.starts_with("DATA")) {
      peer.say("354 go on\r\n");
      sink.keep(peer.until("\r\n.\r\n"));
      peer.say(verdict);
    } else if (line.starts_with("QUIT")) {
      if (hang_at_quit) return peer.hang();
      peer.say("221 bye\r\n");
      return;
    } else {
      sink.keep(line);
      peer.say("250 fine\r\n");
    }
  }
}

TEST(Smtp, SendsAMailThatNoDetailCanBreak) {
  Sink sink([&](Sink::Peer& peer, int) { relay(sink, peer, "250 queued\r\n"); });
  auto made = Teller::make({mail(sink)});
  ASSERT_TRUE(made) << made.error();
  (*made)->submit(trip());
  ASSERT_TRUE((*made)->drain(30s)) << (*made)->statuses().at(0).last_error;
  const auto kept = sink.kept();
  ASSERT_EQ(kept.size(), 4U);
  EXPECT_TRUE(kept[0].starts_with("MAIL FROM:<standstill@club.example>"));
  EXPECT_EQ(kept[1], "RCPT TO:<ann@club.example>\r\n");
  EXPECT_EQ(kept[2], "RCPT TO:<bob@club.example>\r\n");
  const auto& text = kept[3];
  for (const char* part :
       {"\r\nFrom: Standstill <standstill@club.example>\r\n",
        "\r\nTo: <ann@club.example>,\r\n <bob@club.example>\r\n", "\r\nMessage-ID: <",
        "Subject: =?UTF-8?Q?K=C3=B6ln_TRIPPED_=28epoch_3=29=3A_layout=2C_link=5Fl?=\r\n =?UTF-8?Q?ost?=\r\n",
        "Content-Type: text/plain; charset=UTF-8\r\n"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_TRUE(text.starts_with("Date: ")) << text;
  EXPECT_NE(text.find("\r\n..\r\n"), std::string::npos) << "the lone dot is stuffed\n" << text;
}

TEST(Smtp, ATemplateIsTheMailsTextAndItsSubject) {
  Sink sink([&](Sink::Peer& peer, int) { relay(sink, peer, "250 queued\r\n"); });
  auto config = mail(sink);
  auto smtp = std::get<SmtpConfig>(config.channel);
  smtp.subject_template = "{{event}} of {{source}}";
  smtp.text_template = "Say \"{{detail}}\" to {{ site }}.";
  config.channel = smtp;
  auto made = Teller::make({config});
  ASSERT_TRUE(made) << made.error();
  auto event = trip();
  event.site = "club";
  event.detail = "a \"quoted\" word";
  (*made)->submit(event);
  ASSERT_TRUE((*made)->drain(30s)) << (*made)->statuses().at(0).last_error;
  const auto text = sink.kept().at(3);
  EXPECT_NE(text.find("\r\nSubject: trip of layout\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\r\n\r\nSay \"a \"quoted\" word\" to club.\r\n"), std::string::npos) << text;
}

TEST(Smtp, ATemporaryNoIsRetried) {
  Sink sink([&](Sink::Peer& peer, int connection) {
    relay(sink, peer, connection == 0 ? "451 later\r\n" : "250 queued\r\n");
  });
  auto made = Teller::make({mail(sink)});
  ASSERT_TRUE(made);
  (*made)->submit(trip());
  ASSERT_TRUE((*made)->drain(30s));
  const auto status = (*made)->statuses().at(0);
  EXPECT_EQ(status.delivered, 1U);
  EXPECT_NE(status.last_error, "");
  // The same Message-ID both times.
  const auto id = [](const std::string& text) {
    const auto at = text.find("Message-ID: ");
    return text.substr(at, text.find("\r\n", at) - at);
  };
  EXPECT_EQ(id(sink.kept().at(3)), id(sink.kept().at(7)));
}

TEST(Smtp, EndsWhileTheRelayHangsAtQuit) {
  Sink sink([&](Sink::Peer& peer, int) { relay(sink, peer, "250 queued\r\n", true); });
  auto config = mail(sink);
  config.time_out = 300s;
  auto made = Teller::make({config});
  ASSERT_TRUE(made);
  (*made)->submit(trip());
  for (int i = 0; i < 6000 && sink.kept().size() < 4; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto began = std::chrono::steady_clock::now();
  made->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST(Smtp, AHungRelayTimesOut) {
  Sink sink([](Sink::Peer& peer, int) { peer.hang(); });
  auto config = mail(sink);
  config.time_out = 200ms;
  config.give_up = 1ms;
  auto made = Teller::make({config});
  ASSERT_TRUE(made);
  (*made)->submit(trip());
  ASSERT_TRUE((*made)->drain(30s));
  EXPECT_TRUE((*made)->statuses().at(0).failing);
}

TEST(Smtp, NoPlainTextWhereEncryptionWasAskedFor) {
  Sink sink([&](Sink::Peer& peer, int) { relay(sink, peer, "250 queued\r\n"); });
  auto config = mail(sink);
  auto& smtp = std::get<SmtpConfig>(config.channel);
  smtp.security = SmtpConfig::Security::starttls;  // which this relay does not offer
  smtp.user = "ann";
  smtp.password = "secret";
  config.give_up = 1ms;
  auto made = Teller::make({config});
  ASSERT_TRUE(made);
  (*made)->submit(trip());
  ASSERT_TRUE((*made)->drain(30s));
  EXPECT_EQ((*made)->statuses().at(0).delivered, 0U);
  for (const auto& line : sink.kept()) EXPECT_EQ(line.find("AUTH"), std::string::npos);
  smtp.security = SmtpConfig::Security::none;
  EXPECT_FALSE(Teller::make({config})) << "a password in the clear is refused at once";
}

}  // namespace
}  // namespace standstill::tell
