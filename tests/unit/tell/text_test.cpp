// Templates, mails and metrics: what goes out as text.
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <nlohmann/json.hpp>

#include "tell/alert.hpp"
#include "tell/event.hpp"
#include "tell/mail.hpp"
#include "tell/metrics.hpp"
#include "tell/template.hpp"

namespace standstill::tell {
namespace {

TEST(Template, NoValueBreaksOutOfItsJson) {
  const bool held = rc::check("any detail comes back as it went in", [](const std::string& detail) {
    const AlertEvent event{.event = "trip", .detail = detail};
    const auto text = fill_json_template(R"({"a":"{{detail}}","b":[{{epoch}},"{{ code }}"]})", event);
    const auto json = nlohmann::json::parse(text);
    const bool utf8 = nlohmann::json::accept(nlohmann::json(detail).dump(
                          -1, ' ', true, nlohmann::json::error_handler_t::ignore)) &&
                      nlohmann::json(detail)
                              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                              .find("\xEF\xBF\xBD") == std::string::npos;
    if (utf8) RC_ASSERT(json.at("a").get<std::string>() == detail);
    RC_ASSERT(json.size() == 2U);
  });
  EXPECT_TRUE(held);
}

TEST(Template, ValuesAreNotTemplates) {
  const AlertEvent event{.code = "limit", .detail = "{{code}}"};
  EXPECT_EQ(fill_json_template("{{detail}} {{code}}", event), "{{code}} limit");
  EXPECT_TRUE(check_template("{{ site }}{{at}}"));
  EXPECT_EQ(check_template("ab{{site").error(), "'{{' at byte 3 of the template has no '}}'");
}

TEST(Mail, DatesAndLongBodies) {
  const auto text = format_mail({.from = "a@b.c",
                                 .to = {"d@e.f"},
                                 .subject = "plain\r\nBcc: eve@evil.example",
                                 .text = std::string(200, 'x') + "\ntrailing \n= ä",
                                 .wall_ns = 1'769'860'800'000'000'000,
                                 .message_id = "1"});
  EXPECT_TRUE(text.starts_with("Date: Sat, 31 Jan 2026 12:00:00 +0000\r\n")) << text;
  EXPECT_EQ(text.find("\nBcc:"), std::string::npos) << "a line end in a subject starts no header";
  EXPECT_NE(text.find("\r\ntrailing=20\r\n=3D =C3=A4\r\n"), std::string::npos) << text;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = text.find("\r\n", from);
    EXPECT_LE(end - from, 76U);
    from = end + 2;
  }
}

TEST(Mail, LongSubjectsFoldBetweenCharacters) {
  std::string subject;
  for (int i = 0; i < 60; ++i) subject += "ä";
  const auto words = encode_header_words(subject, 9);
  std::size_t characters = 0;
  for (std::size_t from = 0; from < words.size();) {
    const auto end = std::min(words.find("\r\n ", from), words.size());
    const auto word = words.substr(from, end - from);
    EXPECT_LE(word.size(), 75U);
    EXPECT_TRUE(word.starts_with("=?UTF-8?Q?") && word.ends_with("?="));
    EXPECT_EQ((word.size() - 12) % 6, 0U) << "=C3=A4 is never split: " << word;
    characters += (word.size() - 12) / 6;
    from = end + 3;
  }
  EXPECT_EQ(characters, 60U);
}

TEST(Mail, Addresses) {
  for (const char* good : {"a@b", "first.last+tag@club.example"})
    EXPECT_TRUE(looks_like_address(good)) << good;
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b>", "a@b\r\nX: y", "a@b,c@d"})
    EXPECT_FALSE(looks_like_address(bad)) << bad;
}

TEST(Metrics, HaveTheNamesOfTheContract) {
  MetricsInput input;
  input.version = "0.1.0";
  input.state = "tripped";
  input.trips = 4;
  input.permit_age = 20ms;
  input.links.push_back(
      {.id = "lay\"out\n", .kind = "rocrail", .state = "lost", .disconnects = 2, .outage = 1500ms});
  input.outputs.push_back({.id = "mains", .safe = true, .readback = "confirmed"});
  input.alerts.push_back({.id = "slack", .kind = "webhook", .failing = true});
  StageTimes stages;
  stages.observe("commanded", 700us);
  stages.observe("commanded", 30s);
  input.stages = stages.all();
  const auto text = metrics_text(input);
  for (const char* line :
       {"# TYPE standstill_state gauge\n", "standstill_state{state=\"tripped\"} 1\n",
        "standstill_state{state=\"ready\"} 0\n",
        "# TYPE standstill_trips_total counter\nstandstill_trips_total 4\n",
        "standstill_permit_age_seconds 0.02\n",
        "standstill_link_state{link=\"lay\\\"out\\n\",kind=\"rocrail\",state=\"lost\"} 1\n",
        "standstill_link_disconnects_total{link=\"lay\\\"out\\n\",kind=\"rocrail\"} 2\n",
        "standstill_link_outage_seconds{link=\"lay\\\"out\\n\",kind=\"rocrail\"} 1.5\n",
        "# TYPE standstill_trip_stage_seconds histogram\n",
        "standstill_trip_stage_seconds_bucket{stage=\"commanded\",le=\"0.0005\"} 0\n",
        "standstill_trip_stage_seconds_bucket{stage=\"commanded\",le=\"0.001\"} 1\n",
        "standstill_trip_stage_seconds_bucket{stage=\"commanded\",le=\"+Inf\"} 2\n",
        "standstill_trip_stage_seconds_count{stage=\"commanded\"} 2\n",
        "standstill_alert_failing{alert=\"slack\",kind=\"webhook\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  EXPECT_EQ(text.find("link_rtt_seconds{"), std::string::npos) << "unknown is absent, not zero";
  input.permit_age = Duration{-1};
  EXPECT_NE(metrics_text(input).find("standstill_permit_age_seconds Nan\n"), std::string::npos);
}

}  // namespace
}  // namespace standstill::tell
