#include "wire/rocrail/command.hpp"

#include <gtest/gtest.h>

#include "unit/wire/rocrail/recordings.hpp"
#include "wire/rocrail/frame.hpp"

namespace standstill::rocrail {
namespace {

namespace say = commands;

TEST(Command, is_the_bytes_that_a_real_server_obeyed) {
  // 03 holds what the project's recorder sent to a server of 2014, which carried it out.
  const std::string recorded = recordings::from_client("03-session-commands-A");
  const auto expect_recorded = [&](const Command& command) {
    EXPECT_NE(recorded.find(command.frame), std::string::npos) << command.frame;
  };
  expect_recorded(say::plan());
  expect_recorded(say::list("lclist"));
  expect_recorded(say::go());
  expect_recorded(say::stop());
  expect_recorded(say::ebreak());
  expect_recorded(say::system("query"));
  expect_recorded(say::loco_speed("BR01", 40));
  expect_recorded(say::loco_speed("V200 \"A&B\"", 20));
  expect_recorded(say::loco_speed("Müller", 25, true));
  expect_recorded(say::loco_direction("BR01", false));
  expect_recorded(say::loco("BR01", "dispatch"));
  expect_recorded(say::loco_to_block("BR01", "bk2"));
  expect_recorded(say::loco_lights("BR01", true));
  expect_recorded(say::turnout("sw3w", "left"));
  expect_recorded(say::signal("sg2", "white"));
  expect_recorded(say::block_state("bk2", true));
  expect_recorded(say::block_state("bk2", false));
  expect_recorded(say::block("bk2", "reserve", "BR01"));
  expect_recorded(say::block("bk2", "free"));
  expect_recorded(say::route("rt2", "go"));
  expect_recorded(say::output("co1", "off"));
  expect_recorded(say::feedback("fb1", true));
  expect_recorded(say::booster("bst1", false));
  expect_recorded(say::text("tx1", "Hi"));
  expect_recorded(say::car("car1", "loaded"));
  expect_recorded(say::train("train1", "loadcar", "car1"));
  expect_recorded(say::clock_time(15, 30));
  expect_recorded(say::clock_divider(20));
  expect_recorded(say::clock("freeze"));
  expect_recorded(say::automatic(true));
  expect_recorded(say::automatic(false));
  EXPECT_NE(recordings::from_client("04-shutdown-by-client-cmd").find(say::shutdown().frame),
            std::string::npos);
  EXPECT_EQ(say::ping().frame, std::string("<xmlh><xml size=\"8\" name=\"ping\"/></xmlh><ping/>\0", 48));
  EXPECT_EQ(say::function("BR01", 1, true).body,
            "<fn id=\"BR01\" fnchanged=\"1\" fnchangedstate=\"true\" f1=\"true\"/>");
}

TEST(Command, size_counts_bytes) {
  EXPECT_EQ(say::loco_speed("Müller", 25).frame,
            "<xmlh><xml size=\"25\" name=\"lc\"/></xmlh><lc id=\"Müller\" V=\"25\"/>");
}

TEST(Command, server_frames_are_those_of_the_recordings) {
  const auto stream = recordings::from_server("01-connect-passive");
  EXPECT_EQ(server_frame("<clock divider=\"10\" time=\"1795176300\" temp=\"20\" cmd=\"sync\"/>"), stream);
}

TEST(Command, only_what_is_known_to_be_harmless_may_be_sent_while_tripped) {
  for (const auto& harmless :
       {say::stop(), say::ebreak(), say::shutdown(), say::automatic(false), say::loco_speed("BR01", 0),
        say::loco("BR01", "stop"), say::output("co1", "off"), say::block_state("bk1", true),
        say::clock("freeze"), say::booster("b", false), say::plan(), say::list("lclist"), say::ping(),
        say::system("save")})
    EXPECT_FALSE(harmless.may_energise) << harmless.body;
  for (const auto& dangerous : {say::go(),
                                say::loco_speed("BR01", 1),
                                say::loco_speed("BR01", 0, true),
                                say::loco_direction("BR01", true),
                                say::loco("BR01", "go"),
                                say::loco_to_block("BR01", "bk2"),
                                say::function("BR01", 1, true),
                                say::turnout("sw1", "flip"),
                                say::signal("sg1", "green"),
                                say::block_state("bk1", false),
                                say::route("st1", "go"),
                                say::output("co1", "on"),
                                say::output("co1", "flip"),
                                say::feedback("fb1", true),
                                say::automatic(true),
                                say::clock("go"),
                                say::clock_time(1, 2),
                                say::booster("b", true),
                                say::system("reset"),
                                say::system("sod"),
                                say::text("t", "x"),
                                say::variable("v", "1")})
    EXPECT_TRUE(dangerous.may_energise) << dangerous.body;
  // near misses, and what is no single known element
  for (const std::string body :
       {"<lc id=\"a\" V=\"0\" cmd=\"go\"/>", "<lc id=\"a\" V=\"0.5\"/>", "<lc id=\"a\" V=\"00\"/>",
        "<lc id=\"a\" V=\"\"/>", "<sys cmd=\"stop\" x=\"1\"/>", "<sys cmd=\"STOP\"/>", "<sys/>",
        "<sys cmd=\"stop\"><lc V=\"9\"/></sys>", "<model cmd=\"add\"/>", "<model cmd=\"plan\"><lc/></model>",
        "<sys cmd=\"stop\"/><sys cmd=\"go\"/>", "", "x", "<sys cmd=\"stop\"", "<bogus/>",
        "<sys cmd=\"stop\" cmd=\"go\"/>", "<ping a=\"b\"/>", "<sys cmd=\"go\" cmd=\"stop\"/>",
        "<lc id=\"a\" cmd=\"go\" V=\"0\"/>"})
    EXPECT_TRUE(may_energise(body)) << body;
}

TEST(Command, words_make_the_same_as_functions) {
  const auto expect = [](std::string_view text, const Command& command) {
    const auto parsed = parse_command(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error();
    EXPECT_EQ(parsed->frame, command.frame) << text;
    EXPECT_EQ(parsed->may_energise, command.may_energise) << text;
  };
  expect("go", say::go());
  expect(" ebreak\n", say::ebreak());
  expect("stop", say::stop());
  expect("auto off", say::automatic(false));
  expect("lc BR01 V=40 dir=true", say::loco_speed("BR01", 40, true));
  expect("lc \"V200 \\\"A&B\\\"\" V=20", say::loco_speed("V200 \"A&B\"", 20));
  expect("lc BR01 stop", say::loco("BR01", "stop"));
  expect("lc BR01 gotoblock blockid=bk2", say::loco_to_block("BR01", "bk2"));
  expect("fn BR01 1 on", say::function("BR01", 1, true));
  expect("sw sw1 turnout", say::turnout("sw1", "turnout"));
  expect("bk bk1 closed", say::block_state("bk1", true));
  expect("bk bk2 reserve locid=BR01", say::block("bk2", "reserve", "BR01"));
  expect("fb fb1 off", say::feedback("fb1", false));
  expect("co co1 off", say::output("co1", "off"));
  expect("text tx1 \"Hello all\"", say::text("tx1", "Hello all"));
  expect("clock divider=10", say::clock_divider(10));
  expect("plan", say::plan());
  expect("ping", say::ping());
  expect("<lc id='Müller' V='25'/>", say::loco_speed("Müller", 25));
  EXPECT_EQ(
      parse_command("<model cmd=\"add\"><fb id=\"fb9\" addr=\"9\"/></model>")->frame,
      "<xmlh><xml size=\"48\" name=\"model\"/></xmlh><model cmd=\"add\"><fb id=\"fb9\" addr=\"9\"/></model>");
}

TEST(Command, refuses_what_it_does_not_understand) {
  for (const auto& [text, part] :
       std::vector<std::pair<std::string, std::string>>{{"", "empty"},
                                                        {"   ", "empty"},
                                                        {"fly", "is no command"},
                                                        {"lc", "which one"},
                                                        {"lc BR01", "which one or what"},
                                                        {"auto", "says not what to do"},
                                                        {"lc BR01 stop now", "one word too many"},
                                                        {"lc \"BR01", "quote"},
                                                        {"fn BR01 1", "fn ID 1 on"},
                                                        {"fn BR01 99 on", "0 to 31"},
                                                        {"fn BR01 -1 on", "0 to 31"},
                                                        {"<lc id=\"a\"", "well-formed"},
                                                        {"<a/><b/>", "second element"},
                                                        {"<xmlh><xml size=\"1\"/></xmlh>", "header"}}) {
    const auto parsed = parse_command(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().find(part), std::string::npos) << text << " → " << parsed.error();
  }
}

}  // namespace
}  // namespace standstill::rocrail
