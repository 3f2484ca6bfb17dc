#include "plant/layout/session.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "unit/plant/layout/play.hpp"

namespace standstill::layout {
namespace {

using link::Ending;
using recordings::from_server;

std::string sent_by(Session& session) {
  const auto output = session.output();
  std::string text(reinterpret_cast<const char*>(output.data()), output.size());
  session.sent(output.size());
  return text;
}

TEST(LayoutSession, a_recording_cut_anywhere_makes_the_same_model) {
  for (const auto name : recordings::names) {
    const auto stream = from_server(name);
    Play whole;
    ASSERT_TRUE(whole.play(stream)) << name;
    EXPECT_TRUE(whole.problems.empty()) << name;
    Play bytewise;
    for (std::size_t i = 0; i < stream.size(); ++i) ASSERT_TRUE(bytewise.play(stream.substr(i, 1)));
    EXPECT_EQ(bytewise.exported(), whole.exported()) << name;
    EXPECT_EQ(bytewise.updates, whole.updates) << name;
    EXPECT_EQ(bytewise.exceptions, whole.exceptions) << name;
  }
}

RC_GTEST_PROP(LayoutSession, random_cuts_and_slices_make_the_same_model, ()) {
  const auto name =
      *rc::gen::elementOf(std::vector<std::string_view>(recordings::names.begin(), recordings::names.end()));
  const auto stream = from_server(name);
  Play whole;
  whole.play(stream);
  Play cut({.link = "layout", .slice_bytes = *rc::gen::inRange<std::size_t>(1, 5000)});
  std::size_t at = 0;
  while (at < stream.size()) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 3000);
    RC_ASSERT(cut.feed(std::string_view(stream).substr(at, length)));
    at += length;
    for (int slices = *rc::gen::inRange(0, 4); slices > 0; --slices) (void)cut.session.work(cut.now);
  }
  cut.work();
  RC_ASSERT(cut.exported() == whole.exported());
}

TEST(LayoutSession, S8_a_shutdown_is_a_goodbye_and_a_kill_a_crash) {
  const auto ending = [](std::string_view name) {
    Play play;
    EXPECT_TRUE(play.feed(from_server(name)));  // not yet decoded: the answer must be right at once
    return play.session.ended(play.now + 1s);
  };
  EXPECT_EQ(ending("04-shutdown-by-client-cmd"), Ending::goodbye);
  EXPECT_EQ(ending("05-shutdown-SIGTERM"), Ending::goodbye);
  EXPECT_EQ(ending("06-shutdown-SIGINT"), Ending::goodbye);
  EXPECT_EQ(ending("07-kill-9"), Ending::crash);
  EXPECT_EQ(ending("08-crash-SIGSEGV"), Ending::crash);
  EXPECT_EQ(ending("09-hang-SIGSTOP"), Ending::crash);
  EXPECT_EQ(ending("14a-before-crash"), Ending::crash);
  EXPECT_EQ(ending("16-console-mode-false-shutdown"), Ending::crash);
}

TEST(LayoutSession, S8_a_goodbye_is_withdrawn_by_time_and_by_other_traffic) {
  const std::string shutdown = R"(<sys cmd="shutdown" informall="true"/>)";
  const std::string saving = R"(<exception text="Saving plan [plan.xml]..." level="131072"/>)";
  const std::string report = R"(<sw id="sw1" state="turnout"/>)";
  {
    Play play;  // the connection does not end
    play.say(shutdown);
    EXPECT_EQ(play.session.ended(play.now + 5s), Ending::goodbye);
    EXPECT_EQ(play.session.ended(play.now + 5001ms), Ending::crash);
  }
  {
    Play play;  // every step of the goodbye gives it more time, a large plan is saved slowly
    play.say(shutdown);
    play.now += 4s;
    play.say(saving);
    EXPECT_EQ(play.session.ended(play.now + 4s), Ending::goodbye);
  }
  {
    Play play;  // a report that was on its way does no harm
    play.say(shutdown);
    play.now += 500ms;
    play.say(report);
    EXPECT_EQ(play.session.ended(play.now + 100ms), Ending::goodbye);
  }
  {
    Play play;  // it goes on working
    play.say(shutdown);
    play.now += 2s;
    play.say(report);
    EXPECT_EQ(play.session.ended(play.now + 100ms), Ending::crash);
    play.say(saving);  // that alone announces nothing
    EXPECT_EQ(play.session.ended(play.now + 200ms), Ending::crash);
  }
  {
    Play play;  // the words alone are no goodbye, and neither is half a message
    play.say(saving);
    play.say(R"(<exception text="Shutting down because of [a joke]" level="4"/>)");
    play.say(R"(<sys cmd="stop" x="shutdown"/>)");
    play.say(R"(<sys cmd="shutdown")");
    EXPECT_EQ(play.session.ended(play.now), Ending::crash);
  }
  {
    Play play;  // a new connection starts without the goodbye of the old one
    play.say(shutdown);
    play.session.connected(play.now);
    EXPECT_EQ(play.session.ended(play.now), Ending::crash);
  }
}

TEST(LayoutSession, S8_a_goodbye_behind_an_undecoded_plan_is_seen_at_once) {
  Play play;
  ASSERT_TRUE(play.feed(rocrail::server_frame(large_plan(10'000)) +
                        rocrail::server_frame(R"(<sys cmd="shutdown"/>)")));
  EXPECT_EQ(play.plans, 0);
  EXPECT_EQ(play.session.ended(play.now), Ending::goodbye);
  play.work();
  EXPECT_EQ(play.plans, 1) << "what arrived is still decoded for the snapshot";
}

TEST(LayoutSession, asks_for_the_plan_and_probes_with_a_question_a_server_answers) {
  Play play;
  play.session.connected(play.now);
  EXPECT_EQ(sent_by(play.session), "<xmlh><xml size=\"19\" name=\"model\"/></xmlh><model cmd=\"plan\"/>");
  const std::string list = "<xmlh><xml size=\"21\" name=\"model\"/></xmlh><model cmd=\"lclist\"/>";
  const std::string ping("<xmlh><xml size=\"8\" name=\"ping\"/></xmlh><ping/>\0", 48);
  play.session.probe(play.now);
  EXPECT_EQ(sent_by(play.session), list + ping) << "a ping is tried once";
  play.session.probe(play.now);
  EXPECT_EQ(sent_by(play.session), list) << "2014 ignores ping";
  play.say("<pong/>");
  play.session.probe(play.now);
  EXPECT_EQ(sent_by(play.session), ping) << "2.1 answers it";
  play.session.connected(play.now);
  (void)sent_by(play.session);
  play.session.probe(play.now);
  EXPECT_EQ(sent_by(play.session), list + ping) << "the next server may be another one";
}

TEST(LayoutSession, is_proven_by_answers_only) {
  Play play;
  EXPECT_FALSE(play.session.proven());
  EXPECT_EQ(play.session.last_heard(), Instant{});
  play.say(R"(<clock divider="10" time="1" cmd="sync"/>)");
  EXPECT_FALSE(play.session.proven()) << "a broadcast answers nothing";
  EXPECT_EQ(play.session.last_heard(), play.now);
  play.say("<lclist/>");
  EXPECT_TRUE(play.session.proven());
  const Instant before = play.now;
  play.now += 1s;
  play.say("<rubbish");
  EXPECT_EQ(play.session.last_heard(), before) << "S7: what cannot be read was not heard";
  EXPECT_EQ(play.problems.size(), 1U);
  play.session.connected(play.now);
  EXPECT_FALSE(play.session.proven());
}

TEST(LayoutSession, S16_an_unusable_message_changes_nothing_and_costs_no_other) {
  Play play;
  play.play(from_server("02-plan"));
  const auto before = play.exported();
  play.say(R"(<lclist><lc id="BR01" V="99"/><lc id="Mü)");
  play.say(R"(<plan title="broken"><lclist><lc id="X"/></lclist>)");
  EXPECT_EQ(play.exported(), before);
  EXPECT_EQ(play.problems.size(), 2U);
  EXPECT_EQ(play.session.bad_messages(), 2U);
  play.say(R"(<lc id="BR01" V="41"/>)");
  EXPECT_EQ(play.get(Kind::lc, "BR01", "V"), "41");
}

TEST(LayoutSession, S16_an_announced_giant_ends_the_connection_with_words) {
  Play play;
  EXPECT_FALSE(play.feed("<xmlh><xml size=\"104857600\"/></xmlh>"));
  EXPECT_NE(play.session.error().find("104857600"), std::string::npos);
  EXPECT_FALSE(play.feed("x"));
  play.session.connected(play.now);
  EXPECT_TRUE(play.session.error().empty());
  EXPECT_TRUE(play.say("<lclist/>"));
}

TEST(LayoutSession, an_update_behind_an_undecoded_plan_comes_after_it) {
  Play play;
  play.feed(rocrail::server_frame(large_plan(1000)));
  (void)play.session.work(play.now);  // the plan is half decoded
  play.feed(rocrail::server_frame(R"(<lc id="lc3" V="77"/>)"));
  EXPECT_FALSE(play.session.model().has_plan());
  play.work();
  EXPECT_EQ(play.get(Kind::lc, "lc3", "V"), "77");
  EXPECT_EQ(play.updates, std::vector<std::string>{"lc:lc3"});
}

TEST(LayoutSession, a_new_plan_replaces_the_old_one_as_a_whole_and_keeps_clock_and_state) {
  Play play;
  play.play(from_server("02-plan"));
  play.say(R"(<clock divider="10" time="1795175820" cmd="sync"/>)");
  play.feed(rocrail::server_frame(large_plan(1000)));
  (void)play.session.work(play.now);
  EXPECT_EQ(play.get(Kind::lc, "BR01", "V"), "0") << "the old plan stands until the new one is complete";
  play.work();
  EXPECT_EQ(play.get(Kind::lc, "BR01", "V"), "(no object)");
  EXPECT_EQ(play.get(Kind::clock, "", "time"), "1795175820");
  EXPECT_EQ(play.get(Kind::state, "", "power"), "false");
  EXPECT_EQ(play.session.model().count(Kind::fb), 300U);
}

TEST(LayoutSession, nothing_that_may_energise_is_sent_unless_released) {
  Play play;
  EXPECT_FALSE(play.session.send(rocrail::commands::go(), false));
  EXPECT_TRUE(play.session.send(rocrail::commands::ebreak(), false));
  EXPECT_EQ(sent_by(play.session), rocrail::commands::ebreak().frame);
  EXPECT_TRUE(play.session.send(rocrail::commands::go(), true));
  play.session.sent(play.session.output().size());
  (void)play.session.ended(play.now);
  EXPECT_FALSE(play.session.send(rocrail::commands::stop(), true)) << "never carried out later";
  EXPECT_TRUE(play.session.output().empty());
}

TEST(LayoutSession, a_trip_takes_back_what_was_queued) {
  Play play;
  const auto go = rocrail::commands::go();
  const auto stop = rocrail::commands::stop();
  for (const auto& command : {go, stop, go, stop, go}) ASSERT_TRUE(play.session.send(command, true));
  play.session.sent(5);  // of the first one a part has left: it cannot be taken back
  EXPECT_EQ(play.session.withdraw_energising(), 2U);
  EXPECT_EQ(sent_by(play.session), go.frame.substr(5) + stop.frame + stop.frame);
}

TEST(LayoutSession, feeds_the_tag_table) {
  link::TagTable tags;
  Play play({.link = "layout", .tags = &tags, .wall_ns = [] { return std::int64_t{42}; }});
  play.play(from_server("03-session-commands-A"));
  const auto value = [&](const std::string& tag) {
    const auto id = tags.find("layout." + tag);
    return id ? tags.get(*id).value : -1.0;
  };
  EXPECT_EQ(value("power"), 0.0);
  EXPECT_EQ(value("trackbus"), 1.0);
  EXPECT_EQ(value("enablecom"), 1.0);
  EXPECT_EQ(value("auto"), 0.0);
  EXPECT_EQ(value("clock"), 1795193419.0);
  EXPECT_EQ(value("fb1"), 0.0);
  play.say(R"(<fb id="fb1" state="true"/>)");
  EXPECT_EQ(value("fb1"), 1.0);
  EXPECT_EQ(tags.get(*tags.find("layout.fb1")).wall_ns, 42);
  play.say(R"(<fb id="power" state="true"/>)");
  EXPECT_EQ(value("power"), 0.0) << "a feedback of that name is not track power";
  EXPECT_EQ(value("fb:power"), 1.0);
}

}  // namespace
}  // namespace standstill::layout
