// `standstill sim loco` and `standstill cv` as a user types them.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "support/cli_rig.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::test {
namespace {

TEST(SimLoco, ABoilerThatBoilsDryShutsDownAndIsDrawn) {
  const TemporaryFolder folder;
  const auto ran =
      standstill({"sim", "loco", "--minutes", "2", "--fault", "leak@30", "--svg", folder / "run.svg"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_TRUE(has_text(ran.out, "FAULT leak")) << ran.out;
  EXPECT_TRUE(has_text(ran.out, "THERMAL_BOILER_LIMIT(")) << ran.out;
  EXPECT_TRUE(has_text(ran.out, "SPD:")) << ran.out;
  std::ifstream file(folder / "run.svg");
  std::string first;
  std::getline(file, first);
  EXPECT_TRUE(first.starts_with("<svg ")) << first;
}

TEST(SimLoco, AnEngineThatIsWellRunsToTheEnd) {
  const auto ran = standstill({"sim", "loco", "--minutes", "3", "--step", "30", "--cv", "42=120"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_TRUE(has_text(ran.out, "it ran to the end"));
}

TEST(SimLoco, WhatIsTypedWrongIsSaid) {
  for (const auto& [words, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--minutes", "1", "--fault", "dragon@3"}, "there is no fault 'dragon'"},
           {{"--minutes", "1", "--fault", "leak"}, "NAME@SECONDS"},
           {{"--fault", "leak@3"}, "needs --minutes"},
           {{"--minutes", "1", "--cv", "42=131"}, "CV42 out of range 90-130 °C"},
           {{"--minutes", "1", "--step", "127"}, "0 to 126"}}) {
    std::vector<std::string> line{"sim", "loco"};
    line.insert(line.end(), words.begin(), words.end());
    const auto ran = standstill(line);
    EXPECT_EQ(ran.code, 2) << ran.out;
    EXPECT_TRUE(has_text(ran.err, says)) << ran.err;
  }
}

class LiveLoco : public testing::Test {
 protected:
  void SetUp() override {
    const std::string program = std::string(PROGRAM_DIR) + "/standstill";
    std::vector<std::string> words{"standstill", "sim", "loco", "--pty", line};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    ASSERT_EQ(posix_spawn(&pid, program.c_str(), &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; i < 6000 && !std::filesystem::exists(line); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(std::filesystem::exists(line));
  }
  void TearDown() override {
    ::kill(pid, SIGTERM);
    ::waitpid(pid, nullptr, 0);
  }
  Ran cv(std::vector<std::string> words) {
    words.insert(words.begin(), "cv");
    for (const char* more : {"--device", line.c_str(), "--timeout-ms", "60000"}) words.emplace_back(more);
    return standstill(words);
  }

  TemporaryFolder folder;
  std::string line = folder / "engine";
  pid_t pid = -1;
};

TEST_F(LiveLoco, CvsAreListedReadWrittenSavedAndBroughtBack) {
  const auto list = cv({"list", "--json"});
  ASSERT_EQ(list.code, 0) << list.err;
  const json all = json::parse(list.out);
  ASSERT_GT(all.size(), 20U);
  for (const json& one : all)
    for (const char* key : {"cv", "name", "value", "unit", "min", "max"})
      EXPECT_TRUE(one.contains(key)) << one;
  const auto boiler = std::find_if(all.begin(), all.end(), [](const json& one) { return one["cv"] == 42; });
  ASSERT_NE(boiler, all.end());
  EXPECT_EQ((*boiler)["value"], 110);
  EXPECT_EQ((*boiler)["min"], 90);
  const std::string saved = folder / "saved";
  EXPECT_EQ(cv({"backup", saved}).code, 0);
  const auto set = cv({"set", "42", "120"});
  EXPECT_EQ(set.code, 0) << set.err;
  EXPECT_TRUE(has_text(set.out, "Updated CV42 (boiler limit) from 110 to 120 °C")) << set.out;
  EXPECT_EQ(cv({"set", "37", "20.5"}).code, 0);
  EXPECT_EQ(cv({"get", "37"}).out, "20.50\n");
  const auto refused = cv({"set", "42", "131"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_TRUE(has_text(refused.err, "CV42 out of range 90-130 °C")) << refused.err;
  EXPECT_EQ(cv({"set", "42", "warm"}).code, 2);  // not sent: the engine would take it for a stop
  EXPECT_EQ(cv({"get", "99"}).code, 4);
  EXPECT_EQ(cv({"restore", saved}).code, 0);
  EXPECT_EQ(cv({"get", "42"}).out, "110\n");
  EXPECT_EQ(cv({"get", "37"}).out, "13.25\n");
}

}  // namespace
}  // namespace standstill::test
