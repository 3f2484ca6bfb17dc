// Words for people, and who says them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/context.hpp"
#include "app/secret_prompt.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::app {
namespace {

TEST(Words, Ages) {
  EXPECT_EQ(age_text(-1), "?");
  EXPECT_EQ(age_text(250), "250 ms");
  EXPECT_EQ(age_text(1999), "1 s");
  EXPECT_EQ(age_text(119'999), "119 s");
  EXPECT_EQ(age_text(125'000), "2 min");
  EXPECT_EQ(age_text(3 * 3'600'000 + 5 * 60'000), "3 h 5 min");
  EXPECT_EQ(age_text(4LL * 86'400'000), "4 days");
}

TEST(Words, TablesCountColumnsAndNotBytes) {
  Table table({"ID", "X"});
  EXPECT_TRUE(table.empty());
  table.add({"Köf", "1"});
  table.add({"V100", "2"});
  EXPECT_EQ(table.text(), "ID    X\nKöf   1\nV100  2");
}

TEST(Words, LinesAreBroken) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three");
  EXPECT_EQ(wrapped("unbreakable-word", 2, 5), "  unbreakable-word");
}

TEST(Words, ControlCharactersAreShownAsQuestionMarks) { EXPECT_EQ(printable("a\x1b[2J\nb"), "a?[2J b"); }

TEST(Token, NameAndSecretAreJoined) {
  EXPECT_EQ(join_token("", "ann:SECRET\n", "x").value(), "ann:SECRET");
  EXPECT_EQ(join_token("ann", "SECRET", "x").value(), "ann:SECRET");
  EXPECT_EQ(join_token("ann", " ann:SECRET ", "x").value(), "ann:SECRET");
  EXPECT_NE(join_token("bob", "ann:SECRET", "the file").error().find("'ann'"), std::string::npos);
  EXPECT_NE(join_token("", "SECRET", "the file").error().find("--operator"), std::string::npos);
  EXPECT_NE(join_token("ann", " \n", "the file").error().find("empty"), std::string::npos);
}

TEST(Token, AFileGoesBeforeTheEnvironment) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "token") << "ann:FILE\n";
  ::setenv("STANDSTILL_TOKEN", "bob:ENVIRONMENT", 1);
  EXPECT_EQ(bearer("", folder / "token").value(), "ann:FILE");
  EXPECT_EQ(bearer("", "").value(), "bob:ENVIRONMENT");
  EXPECT_NE(bearer("", folder / "missing").error().find("missing"), std::string::npos);
  ::unsetenv("STANDSTILL_TOKEN");
}

constexpr std::int64_t now = 1'800'000'000LL * 1'000'000'000LL;  // 2027-01-15T08:00:00Z

TEST(StateText, ATripSaysWhatAndSinceWhen) {
  const auto state =
      nlohmann::ordered_json::parse(R"({"site":"club","state":"tripped","epoch":7,"acknowledged":false,
    "first_out":{"code":"link_lost","source":"layout","detail":"the connection ended without a goodbye","at":"2027-01-15T07:59:48.000Z"},
    "causes":[{"code":"link_lost","source":"layout","detail":"x","present":true,"at":"2027-01-15T07:59:48.000Z"}],
    "links":[{"id":"layout","kind":"rocrail","state":"lost","since":"2027-01-15T07:59:48.000Z","attempts":3,"last_error":"refused","rtt_ms":null}],
    "outputs":[{"id":"track","kind":"serial","commanded":"safe","readback":"confirmed"}],"sequence":null,
    "guard":{"pid":12,"permit_age_ms":7,"realtime":false},"version":"0.1.0"})");
  const std::string text = state_text(state, now);
  for (const char* word : {"TRIPPED", "club", "epoch 7", "not acknowledged", "12 s ago", "without a goodbye",
                           "layout", "refused", "confirmed", "process 12", "7 ms old"})
    EXPECT_NE(text.find(word), std::string::npos) << word << " is missing in\n" << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "colours were not asked for";
  EXPECT_NE(state_text(state, now, true).find('\x1b'), std::string::npos);
}

TEST(StateText, WhatIsMissingOrStrangeIsNoCrash) {
  for (const char* strange :
       {"{}", "[]", "null", "3",
        R"({"state":5,"links":{},"outputs":[1,null],"causes":[[]],"guard":[],"first_out":"x"})"})
    EXPECT_FALSE(state_text(nlohmann::ordered_json::parse(strange), now).empty()) << strange;
}

TEST(StopFolder, IsFoundInAFileThatHasErrors) {
  const test::TemporaryFolder folder;
  const auto written = [&](const char* text) {
    std::ofstream(folder / "standstill.toml") << text;
    return state_dir_for_stop({.config_file = folder / "standstill.toml"}).string();
  };
  ::unsetenv("STANDSTILL_SITE_STATE_DIR");
  EXPECT_EQ(written("[site]\nname = \"a\"\nstate_dir = \"/x/y\"\nrubbish = 1\n"), "/x/y");
  EXPECT_EQ(written("[site]\nstate_dir = \"/x/z\"\n[[link\n"), "/x/z") << "not even TOML";
  EXPECT_EQ(written("= ="), "/var/lib/standstill");
  EXPECT_EQ(state_dir_for_stop({.config_file = folder / "missing.toml"}), config::Site{}.state_dir);
}

}  // namespace
}  // namespace standstill::app
