// An alert that cannot be used is as quiet as one that has nothing to say: it is one that fails, wherever
// people look.
#include "supervise/alert_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/temporary_folder.hpp"

namespace standstill::supervise {
namespace {

using testing::HasSubstr;

config::Alert alert(const std::string& id, const std::string& kind) {
  config::Alert made;
  made.id = id;
  made.kind = kind;
  made.on = {"trip"};
  return made;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(AlertSettings, OneThatCannotBeUsedFailsAndTheOthersTellIt) {
  const test::TemporaryFolder folder;
  const std::string told = folder / "told";
  config::Config config;
  config.site.name = "club";
  auto secret = alert("chief", "webhook");
  config::WebhookAlert webhook;
  webhook.url_source.file = folder / "nowhere";
  secret.channel = webhook;
  auto words = alert("chat", "webhook");
  webhook = {};
  webhook.url = "http://127.0.0.1:1/";
  words.channel = webhook;
  words.text_template = R"({"text":"{{no_such}}"})";
  auto works = alert("bell", "program");
  works.channel = config::ProgramAlert{{"/bin/sh", "-c", "cat >> " + told}};
  config.alerts = {secret, works, words};

  std::vector<std::string> journalled;
  const auto teller =
      make_teller(config, [&](const tell::AlertStatus& status) { journalled.push_back(status.id); });
  ASSERT_TRUE(teller->drain(60s));
  EXPECT_EQ(journalled, (std::vector<std::string>{"chief", "chat"}));
  const auto statuses = teller->statuses();
  ASSERT_EQ(statuses.size(), 3U);
  EXPECT_FALSE(statuses[0].failing);
  EXPECT_TRUE(statuses[1].failing);
  EXPECT_EQ(statuses[1].id, "chief");
  EXPECT_EQ(statuses[1].kind, "webhook");
  EXPECT_THAT(statuses[1].last_error, HasSubstr("nowhere cannot be read"));
  EXPECT_THAT(statuses[2].last_error, HasSubstr("unknown field 'no_such'"));
  EXPECT_THAT(read(told), HasSubstr("alert 'chief' (webhook) could not be used"));
  EXPECT_THAT(read(told), HasSubstr("alert 'chat' (webhook) could not be used"));
  EXPECT_THAT(read(told), HasSubstr("\"text\":\"club alert cannot be delivered: chief: "));
  tell::AlertEvent test;
  test.event = "test";
  EXPECT_FALSE(teller->submit_to("chief", test)) << "nothing can be told through it";
}

TEST(AlertSettings, AMailHasTheWordsOfItsConfiguration) {
  auto mail = alert("mail", "smtp");
  config::SmtpAlert smtp;
  smtp.host = "mail.example.org";
  smtp.from = "layout@example.org";
  smtp.to = {"crew@example.org"};
  smtp.subject = "{{site}}: {{event}}";
  mail.channel = smtp;
  mail.text_template = "{{detail}}";
  const auto made = alert_of(mail);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(std::get<tell::SmtpConfig>(made->channel).subject_template, "{{site}}: {{event}}");
  EXPECT_EQ(std::get<tell::SmtpConfig>(made->channel).text_template, "{{detail}}");
  smtp.subject = "{{sight}}";
  mail.channel = smtp;
  EXPECT_THAT(alert_of(mail).error(), HasSubstr("subject: unknown field 'sight'"));
}

}  // namespace
}  // namespace standstill::supervise
