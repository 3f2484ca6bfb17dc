// Everything of the command line that needs no running supervisor.
#include "support/cli_rig.hpp"

namespace standstill::test {
namespace {

TEST_F(Cli, NoCommandIsAUsageErrorThatShowsTheCommands) {
  const auto ran = standstill({});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has_text(ran.err, "status")) << ran.err;
}

TEST_F(Cli, HelpOfEveryCommandIsNotEmpty) {
  const auto help = standstill({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* one : {"run",           "check",      "status",
                          "watch",         "stop",       "ack",
                          "reset",         "start",      "why",
                          "log",           "snapshot",   "compare",
                          "prooftest",     "drill",      "checklist",
                          "health",        "operator",   "tags",
                          "meter",         "modbus",     "station",
                          "demo",          "alert",      "manual",
                          "rocrail",       "s7",         "cv",
                          "loco",          "station",    "bus",
                          "sim",           "completion", "config-reference",
                          "config-schema", "version"}) {
    EXPECT_TRUE(has_text(help.out, std::string("  ") + one)) << one;
    const auto own = standstill({one, "--help"});
    EXPECT_EQ(own.code, 0) << one;
    EXPECT_FALSE(own.out.empty()) << one;
  }
}

TEST_F(Cli, TypingErrors) {
  struct Case {
    std::vector<std::string> words;
    const char* says;
  };
  for (const auto& [words, says] :
       {Case{{"statsu"}, "did you mean 'status'?"}, Case{{"status", "--jsno"}, "did you mean '--json'?"},
        Case{{"loc"}, "did you mean 'loco'?"}, Case{{"snapshot"}, ""},
        Case{{"snapshot", "shwo"}, "did you mean 'show'?"}, Case{{"ack", "--epoch", "x"}, "epoch"},
        Case{{"ack", "--epoch", "-3"}, "epoch"}, Case{{"log", "--limit", "0"}, "limit"},
        Case{{"completion", "tcsh"}, "bash, zsh or fish"}, Case{{"sim", "tram"}, "it is one of"}}) {
    const auto ran = standstill(words);
    EXPECT_EQ(ran.code, 2) << words.front();
    EXPECT_TRUE(has_text(ran.err, says)) << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
  }
}

TEST_F(Cli, VersionAndReferencesPrint) {
  EXPECT_TRUE(standstill({"version"}).out.starts_with("standstill "));
  EXPECT_TRUE(json::parse(standstill({"version", "--json"}).out).contains("version"));
  EXPECT_TRUE(has_text(standstill({"config-reference"}).out, "permit_timeout_ms"));
  EXPECT_TRUE(json::accept(standstill({"config-schema"}).out));
  for (const char* shell : {"bash", "zsh", "fish"})
    EXPECT_TRUE(has_text(standstill({"completion", shell}).out, "checklist")) << shell;
}

TEST_F(Cli, S16_EveryConfigurationProblemIsNamedWithItsPlace) {
  write("rubbish = 1\n[[output]]\nid = \"relay\"\nkind = \"gpi\"\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"check"}, {"run"}, {"status"}, {"operator", "list"}}) {
    const auto ran = with_file(words);
    EXPECT_EQ(ran.code, 2) << words.front();
    EXPECT_TRUE(has_text(ran.err, file() + ":")) << ran.err;
    EXPECT_TRUE(has_text(ran.err, "rubbish")) << ran.err;
    EXPECT_TRUE(has_text(ran.err, "'gpi'")) << "all problems, not the first: " << ran.err;
  }
  const auto report = json::parse(with_file({"check", "--json"}).out);
  EXPECT_FALSE(report["valid"].get<bool>());
  EXPECT_GE(report["problems"].size(), 2U);
  EXPECT_GT(report["problems"][0]["line"].get<int>(), 0);
}

TEST_F(Cli, AMissingConfigurationSaysWhatToDo) {
  const auto ran = standstill({"-c", folder_ / "none.toml", "status"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has_text(ran.err, "none.toml"));
}

TEST_F(Cli, CheckPrintsSettingsTimesAndHazards) {
  write();
  const auto ran = with_file({"check"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  for (const char* part : {"permit_timeout_ms = 500", "1000 + 3000 + 25 = at most 4025 ms", "supervisor",
                           "guard", "cutter 1", "cutter 2", "NOT COVERED", "link layout"})
    EXPECT_TRUE(has_text(ran.out, part)) << part << " is missing in\n" << ran.out;
  const auto report = json::parse(with_file({"check", "--json"}).out);
  EXPECT_TRUE(report["ok"].get<bool>());
  EXPECT_EQ(report["silence_to_safe"][0]["total_ms"], 4025);
  EXPECT_GT(report["hazards"].size(), 10U);
}

TEST_F(Cli, CheckFindsWhatTheMachineLacks) {
  write(
      "[[output]]\nid = \"far\"\nkind = \"program\"\nsafe = [\"/nowhere/off\"]\nrun = [\"/nowhere/on\"]\n"
      "[[output]]\nid = \"cable\"\nkind = \"serial\"\ndevice = \"/dev/serial/by-id/none\"\nsafe = "
      "\"off\"\nrun = \"on\"\n"
      "[[output]]\nid = \"chip\"\nkind = \"gpio\"\nchip = \"/dev/gpiochip77\"\nline = 1\nsafe = \"low\"\n"
      "[[output]]\nid = \"web\"\nkind = \"http\"\nsafe = { method = \"POST\", url = "
      "\"http://127.0.0.1:1/off\" }\n"
      "[[alert]]\nid = \"chat\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:1/\"\ntemplate = "
      "'{\"text\":\"{{no_such}}\"}'\n"
      "[[alert]]\nid = \"chief\"\nkind = \"webhook\"\nurl_file = \"/nowhere/url\"\n");
  const auto ran = with_file({"check", "--json"});
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  const auto report = json::parse(ran.out);
  for (const char* output :
       {"output far", "output cable", "output chip", "output web", "alert chat", "alert chief"}) {
    bool bad = false;
    for (const auto& one : report["machine"])
      bad = bad || (one["subject"] == output && one["grade"] == "NOT OK");
    EXPECT_TRUE(bad) << output;
  }
  bool warned = false;  // a peer that is off is no reason not to run
  for (const auto& one : report["machine"])
    warned = warned || (one["subject"] == "link layout" && one["grade"] == "warning");
  EXPECT_TRUE(warned);
}

TEST_F(Cli, CheckRefusesAPathThatIsTooLongForASocket) {
  std::ofstream(file()) << "[site]\nname = \"club\"\nstate_dir = \"" << folder_ / std::string(110, 'd')
                        << "\"\n";
  const auto ran = with_file({"check"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has_text(ran.err, file() + ":3:13: 'state_dir' is ")) << ran.err;
}

TEST_F(Cli, WithoutASupervisorTheCodeIsThree) {
  write();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status"},
                                                {"watch"},
                                                {"why"},
                                                {"tags"},
                                                {"snapshot", "take"},
                                                {"drill"},
                                                {"prooftest"},
                                                {"log"},
                                                {"rocrail", "send", "stop"}}) {
    const auto ran = with_file(words);
    EXPECT_EQ(ran.code, 3) << words.front() << ran.err;
    EXPECT_FALSE(ran.err.empty()) << words.front();
    EXPECT_TRUE(ran.out.empty()) << words.front() << ran.out;
  }
  EXPECT_EQ(standstill({"-c", file(), "ack", "--epoch", "1"}, {"STANDSTILL_TOKEN=ann:X"}).code, 3);
  const auto health = with_file({"health"});
  EXPECT_EQ(health.code, 1) << "health answers no, whoever does not answer";
  EXPECT_FALSE(health.out.empty());
}

TEST_F(Cli, WordsNeedAnEpochAndAName) {
  write();
  const auto no_epoch = with_file({"reset"});
  EXPECT_EQ(no_epoch.code, 2);
  EXPECT_TRUE(has_text(no_epoch.err, "--epoch"));
  const auto nobody = with_file({"reset", "--epoch", "1"});
  EXPECT_EQ(nobody.code, 2);
  EXPECT_TRUE(has_text(nobody.err, "--token-file")) << nobody.err;
  EXPECT_EQ(with_file({"reset", "--epoch", "1", "--token-file", folder_ / "none"}).code, 2);
}

TEST_F(Cli, S9_StopWithoutAGuardIsThreeAndSaysSo) {
  write();
  const auto ran = with_file({"stop"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(has_text(ran.err, "STOP NOT SENT")) << ran.err;
}

TEST_F(Cli, OperatorsAreAddedListedAndRemoved) {
  write();
  const auto added = with_file({"operator", "add", "ann", "--role", "engineer"});
  EXPECT_EQ(added.code, 0) << added.err;
  EXPECT_TRUE(added.out.starts_with("ann:"));
  EXPECT_EQ(added.out.find('\n'), added.out.size() - 1) << "one line";
  struct stat found{};
  ASSERT_EQ(::stat((state_dir() + "/operators").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const auto again = with_file({"operator", "add", "ann"});
  EXPECT_NE(again.code, 0);
  EXPECT_TRUE(again.out.empty());
  const auto list = json::parse(with_file({"operator", "list", "--json"}).out);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["role"], "engineer");
  EXPECT_FALSE(has_text(list.dump(), added.out.substr(4, 10))) << "the secret is shown once";
  EXPECT_EQ(with_file({"operator", "add", "a b"}).code, 2);
  EXPECT_EQ(with_file({"operator", "add", "bob", "--role", "boss"}).code, 2);
  EXPECT_EQ(with_file({"operator", "remove", "ann"}).code, 0);
  EXPECT_NE(with_file({"operator", "remove", "ann"}).code, 0);
  EXPECT_EQ(json::parse(with_file({"operator", "list", "--json"}).out).size(), 0U);
}

TEST_F(Cli, OperatorsAreRefusedWhereTheFolderCannotBeMade) {
  std::ofstream(file()) << "[site]\nname = \"club\"\nstate_dir = \"/proc/standstill\"\n";
  const auto ran = with_file({"operator", "add", "ann"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_TRUE(has_text(ran.err, "/proc/standstill")) << ran.err;
}

TEST_F(Cli, SnapshotsAreReadComparedAndExportedFromTheDisk) {
  write();
  const std::string first = "emergency_20270115_080000_e3", second = "emergency_20270115_090000_e4";
  const std::string path = snapshot(first, 40);
  snapshot(second, 0);
  const auto list = json::parse(with_file({"snapshot", "list", "--json"}).out);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["id"], second) << "newest first";
  EXPECT_TRUE(has_text(with_file({"snapshot", "show", first}).out, "BR01"));
  EXPECT_EQ(json::parse(with_file({"snapshot", "show", "latest", "--json"}).out)["locomotives"][0]["speed"],
            0);

  EXPECT_EQ(with_file({"compare", first, first}).code, 0);
  const auto differs = with_file({"compare", path, second, "--json"});
  EXPECT_EQ(differs.code, 1) << differs.err;
  const auto report = json::parse(differs.out);
  EXPECT_FALSE(report["same"].get<bool>());
  EXPECT_EQ(report["differences"][0]["id"], "BR01");
  EXPECT_FALSE(report["differences"][0]["advice"].get<std::string>().empty());
  EXPECT_EQ(with_file({"compare", first}).code, 3) << "the live plant needs a supervisor";
  EXPECT_EQ(with_file({"compare", "nonsense", second}).code, 2);

  const std::string target = folder_ / "copy.json";
  EXPECT_EQ(with_file({"snapshot", "export", first, target}).code, 0);
  EXPECT_EQ(json::parse(std::ifstream(target))["epoch"], 3);
  EXPECT_NE(with_file({"snapshot", "export", first, target}).code, 0)
      << "an existing file is not overwritten";

  const auto paper = with_file({"checklist", first});
  EXPECT_EQ(paper.code, 0) << paper.err;
  EXPECT_TRUE(has_text(paper.out, "club"));
  EXPECT_TRUE(has_text(paper.out, "relay"));
  EXPECT_EQ(with_file({"checklist", "nonsense"}).code, 2);
}

}  // namespace
}  // namespace standstill::test
