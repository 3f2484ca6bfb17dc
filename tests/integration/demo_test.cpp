// `standstill demo` as somebody runs it who has never seen it: the real program, from outside.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "support/places.hpp"
#include "support/temporary_folder.hpp"

extern char** environ;  // NOLINT

namespace standstill {
namespace {

class DemoProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("STANDSTILL_NO_REALTIME", "1", 1);
    // Whoever a demo leaves behind becomes our child, and is found.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  void TearDown() override {
    if (pid_ > 0) ::kill(pid_, SIGTERM);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  void begin(std::vector<std::string> more) {
    std::vector<std::string> words{"standstill", "demo", "--port", "0", "--state-dir", folder_ / "demo"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const std::string output = folder_ / "output";
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const std::string program = test::program_folder() + "/standstill";
    ASSERT_EQ(posix_spawn(&pid_, program.c_str(), &files, &attributes, argv.data(), environ), 0) << program;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
  }

  [[nodiscard]] std::string output() const {
    std::ifstream file(folder_ / "output");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // Generous limits: a loaded machine passes too.
  [[nodiscard]] bool until(const std::function<bool()>& condition, Duration limit = 60s) const {
    for (const Instant end = os::now() + limit; os::now() < end; ::usleep(20000))
      if (condition()) return true;
    return false;
  }

  [[nodiscard]] bool said(const std::string& text) const {
    return until([&] { return output().find(text) != std::string::npos; });
  }

  // The exit code; -1 when it did not end by itself.
  [[nodiscard]] int ended() {
    int status = 0;
    if (!until([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, 150s)) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
  }

  // Every process that has the demo's folder in its arguments, and every orphan of it.
  [[nodiscard]] std::vector<std::string> left_behind() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream words(entry.path() / "cmdline", std::ios::binary);
      const std::string line((std::istreambuf_iterator<char>(words)), std::istreambuf_iterator<char>());
      if (line.find(folder_.path()) != std::string::npos) found.push_back(line);
    }
    int status = 0;
    const pid_t orphan = ::waitpid(-1, &status, WNOHANG);
    if (orphan >= 0) found.push_back("an orphan" + std::to_string(orphan));
    return found;
  }

  test::TemporaryFolder folder_;
  pid_t pid_ = -1;
};

TEST_F(DemoProgram, GuideShowsTheWholeChain) {
  begin({"--exit-after-guide", "--pace", "0.05"});
  EXPECT_EQ(ended(), 0) << output();
  const std::string text = output();
  std::size_t at = 0;
  for (const char* step :
       {"[look] http://127.0.0.1:", "[online]", "[tripped]", "[acknowledge]", "[reset]", "[running]",
        "[trains]", "[cut] The server crashed without a goodbye.",
        "[confirmed] From the crash: latched after", "[standstill]", "[snapshot]", "[told]", "[refused]",
        "[restart]", "[compare]", "[again ready]", "[again running]", "[ended] Every output is safe"}) {
    const auto found = text.find(step, at);
    ASSERT_NE(found, std::string::npos) << step << " is missing, or out of order, in:\n" << text;
    at = found;
  }
  EXPECT_EQ(text.find("FAILED"), std::string::npos) << text;
  EXPECT_NE(text.find("is not acknowledged |"), std::string::npos) << "both reasons of the refusal:\n"
                                                                   << text;
  // Not only said: the snapshot and the alert are there.
  std::size_t snapshots = 0;
  for (const auto& one : std::filesystem::directory_iterator(folder_ / "demo/state/snapshots"))
    snapshots += one.path().filename().string().ends_with("_e2.json") ? 1U : 0U;
  EXPECT_EQ(snapshots, 1U);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "demo/alerts.jsonl"));
  EXPECT_TRUE(left_behind().empty()) << left_behind().front();
}

TEST_F(DemoProgram, CtrlCWhileRunningLeavesNothingBehind) {
  begin({"--pace", "0.05"});
  ASSERT_TRUE(said("[yours]")) << output();
  ::kill(-pid_, SIGINT);  // to the whole group, as a terminal does
  EXPECT_EQ(ended(), 0) << output();
  EXPECT_NE(output().find("[ended] Every output is safe"), std::string::npos) << output();
  EXPECT_TRUE(left_behind().empty()) << left_behind().front();
}

TEST_F(DemoProgram, CtrlCInTheMiddleOfTheGuide) {
  begin({});
  ASSERT_TRUE(said("[online]")) << output();
  ::kill(pid_, SIGINT);
  EXPECT_EQ(ended(), 0) << output();
  EXPECT_TRUE(left_behind().empty()) << left_behind().front();
}

TEST_F(DemoProgram, KilledProcessesAreReplacedAndNoneStays) {
  std::ofstream(folder_ / "script") << "until-whole\nkill-cutter-1\nuntil-whole\nkill-guard\nuntil-"
                                       "whole\nkill-supervisor\nuntil-whole\nwhy\nquit\n";
  begin({"--no-guide", "--script", folder_ / "script"});
  EXPECT_EQ(ended(), 0) << output();
  EXPECT_NE(output().find("[kill-supervisor] Killed the supervisor"), std::string::npos) << output();
  EXPECT_NE(output().find("[supervisor] The supervisor is gone"), std::string::npos) << output();
  // The one that follows answers: nothing of the killed one is in its way, not even its port.
  EXPECT_EQ(output().find("did not come up again"), std::string::npos) << output();
  EXPECT_EQ(output().find("does not answer"), std::string::npos) << output();
  EXPECT_TRUE(left_behind().empty()) << left_behind().front();
}

TEST_F(DemoProgram, ForeignFolderIsRefused) {
  std::filesystem::create_directories(folder_ / "demo");
  std::ofstream(folder_ / "demo/latch") << "a real plant's";
  begin({});
  EXPECT_EQ(ended(), 2) << output();
  EXPECT_NE(output().find("is not empty, and not from an earlier demo"), std::string::npos) << output();
}

TEST_F(DemoProgram, WrongScriptIsRefusedWithItsLine) {
  std::ofstream(folder_ / "script") << "# a comment\ncrash\nexplode\n";
  begin({"--script", folder_ / "script"});
  EXPECT_EQ(ended(), 2) << output();
  EXPECT_NE(output().find("script:3: 'explode' is none of: crash, "), std::string::npos) << output();
}

}  // namespace
}  // namespace standstill
