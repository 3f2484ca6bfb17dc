#include "app/command_tree.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::app {
namespace {

CommandNode tree() {
  CommandNode root{"standstill", "", {}, {}};
  root.options = {{{"-c", "--config"}, "the file", true, true, {}}, {{"--json"}, "JSON", false, false, {}}};
  CommandNode snapshot{"snapshot",
                       "snapshots",
                       {},
                       {{"list", "all", {}, {}}, {"show", "one", {{{}, "id", true, true, {}}}, {}}}};
  CommandNode status{"status", "the state", {}, {}};
  CommandNode add{
      "add", "an operator's line", {{{"--role"}, "role", true, false, {"viewer", "operator"}}}, {}};
  root.children = {status,
                   snapshot,
                   {"operator", "who", {}, {add}},
                   {"sim", "a peer", {}, {{"relay", "a relay", {}, {}}}}};
  return root;
}

TEST(CommandTree, AMistypedCommandIsTurnedIntoAQuestion) {
  EXPECT_EQ(misspelt(tree(), {"statsu"}), "no command 'statsu': did you mean 'status'?");
  EXPECT_EQ(misspelt(tree(), {"-c", "statsu", "status"}), std::nullopt) << "the file's name is no command";
  EXPECT_EQ(misspelt(tree(), {"--config=x", "status"}), std::nullopt);
  EXPECT_EQ(misspelt(tree(), {"snapshot", "lits"}), "no command 'snapshot lits': did you mean 'list'?");
  EXPECT_EQ(misspelt(tree(), {"snapshot", "show", "lits"}), std::nullopt) << "an id may be anything";
  EXPECT_EQ(misspelt(tree(), {"zzzzzzzz"}), "no command 'zzzzzzzz': `standstill --help` lists them");
  EXPECT_EQ(misspelt(tree(), {}), std::nullopt);
}

TEST(CommandTree, CommandsOfLaterVersionsAreNamedAsSuch) {
  EXPECT_EQ(misspelt(tree(), {"station", "run"}), "'station' is not in this version");
  EXPECT_EQ(misspelt(tree(), {"sim", "station"}), "'sim station' is not in this version");
}

TEST(CommandTree, ControlCharactersDoNotReachTheTerminal) {
  const auto text = misspelt(tree(), {"sta\x1b[2Jtus"});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find('\x1b'), std::string::npos);
}

TEST(CommandTree, AnUnknownOptionIsHeldAgainstItsCommandsOwn) {
  const auto root = tree();
  const auto path = commands_in(root, {"operator", "add", "--rol"});
  ASSERT_EQ(path.size(), 2U);
  EXPECT_EQ(unknown_option(root, path, "--rol"), "unknown option '--rol': did you mean '--role'?");
  EXPECT_EQ(unknown_option(root, path, "--jsn=1"), "unknown option '--jsn=1': did you mean '--json'?");
}

// What bash really offers, with the script loaded.
std::string offered(const std::string& words, int at) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "completion") << *completion_script(tree(), "bash");
  const std::string command = "bash --norc -c 'source " + (folder / "completion") + "; COMP_WORDS=(" + words +
                              "); COMP_CWORD=" + std::to_string(at) +
                              "; _standstill; echo -n ${COMPREPLY[*]}'";
  FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> text{};
  const std::size_t count = std::fread(text.data(), 1, text.size(), pipe);
  EXPECT_EQ(::pclose(pipe), 0);
  return {text.data(), count};
}

TEST(Completion, BashOffersWhatMayComeNext) {
  EXPECT_EQ(offered("standstill s", 1), "status snapshot sim");
  EXPECT_EQ(offered("standstill snapshot l", 2), "list");
  EXPECT_EQ(offered("standstill --json snapshot l", 3), "list");
  EXPECT_EQ(offered("standstill operator add --role v", 4), "viewer");
  EXPECT_EQ(offered("standstill status --j", 2), "--json");
}

TEST(Completion, EveryCommandIsInEveryShellsScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(tree(), shell);
    ASSERT_TRUE(script) << shell;
    for (const char* word : {"status", "snapshot", "list", "show", "operator", "relay", "json", "role"})
      EXPECT_NE(script->find(word), std::string::npos) << shell << " lacks " << word;
  }
  EXPECT_FALSE(completion_script(tree(), "tcsh"));
}

TEST(Completion, AQuoteInADescriptionDoesNotEndTheScript) {
  // BashOffersWhatMayComeNext would fail to load it: "an operator's line" is in the tree.
  const auto script = completion_script(tree(), "zsh");
  EXPECT_NE(script->find("an operator'\\''s line"), std::string::npos);
}

}  // namespace
}  // namespace standstill::app
