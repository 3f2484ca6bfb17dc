// `standstill watchdog`, and [watchdog] beside `standstill run`: a program that dies is started again.
#include <signal.h>

#include "support/cli_rig.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A program that is healthy while a file is there, and makes it when it is restarted.
std::string looked_after(const std::string& folder, const std::string& more = {}) {
  return "[watchdog]\ncheck = [\"/usr/bin/test\", \"-e\", \"" + folder + "/alive\"]\n" +
         "restart = [\"/bin/sh\", \"-c\", \"echo again >> " + folder + "/restarts; touch " + folder +
         "/alive\"]\ninterval_ms = 100\nfailures = 3\n" + more;
}

class Program {  // `standstill watchdog` in the background
 public:
  Program(const std::string& config, const std::string& output) {
    std::vector<std::string> words{program_folder() + "/standstill", "-c", config, "--json", "watchdog"};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
  }
  ~Program() { end(); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  int end() {
    if (pid_ < 0) return code_;
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int code_ = -1;
};

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) ::usleep(10'000);
  return condition();
}

TEST(WatchdogCommand, restarts_what_failed_three_times_and_says_so) {
  TemporaryFolder folder;
  const std::string config = folder / "standstill.toml", output = folder / "said";
  std::ofstream(config) << "site.name = \"shed\"\nsite.state_dir = \"" << (folder / "state") << "\"\n"
                        << looked_after(folder / "");
  Program program(config, output);
  ASSERT_TRUE(eventually([&] { return has_text(contents(output), "\"healthy\""); })) << contents(output);
  std::vector<std::string> codes;
  std::ifstream lines(output);
  for (std::string line; std::getline(lines, line);) codes.push_back(json::parse(line).at("code"));
  EXPECT_EQ(codes, (std::vector<std::string>{"check_failed", "check_failed", "check_failed", "restarted",
                                             "healthy"}));
  // A second one would restart everything twice.
  const Ran second = standstill({"-c", config, "watchdog"});
  EXPECT_EQ(second.code, 2);
  EXPECT_TRUE(has_text(second.err, "watchdog")) << second.err;
  // It dies again.
  std::filesystem::remove(folder / "alive");
  ASSERT_TRUE(eventually([&] { return contents(folder / "restarts") == "again\nagain\n"; }))
      << contents(output);
  EXPECT_EQ(program.end(), 0);
}

TEST(WatchdogCommand, without_its_section_it_says_what_is_missing) {
  TemporaryFolder folder;
  std::ofstream(folder / "standstill.toml") << "site.name = \"shed\"\n";
  const Ran ran = standstill({"-c", folder / "standstill.toml", "watchdog"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has_text(ran.err, "there is no [watchdog]")) << ran.err;
}

TEST(WatchdogBesideRun, a_dead_program_is_restarted_and_the_journal_says_why) {
  TemporaryFolder folder;
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .more = looked_after(folder / "", "restarts_per_hour = 1\n")});
  rig.start_and_wait();
  ASSERT_TRUE(rig.until([&] { return contents(folder / "restarts") == "again\n"; })) << rig.log();
  ASSERT_TRUE(rig.until([&] { return rig.journal().find("its checks pass again") != std::string::npos; }));
  EXPECT_NE(rig.journal().find("failure 3 of 3"), std::string::npos);
  // The hour's only restart is used up.
  std::filesystem::remove(folder / "alive");
  ASSERT_TRUE(rig.until([&] { return rig.journal().find("somebody should look") != std::string::npos; }));
  EXPECT_EQ(contents(folder / "restarts"), "again\n");
  EXPECT_EQ(rig.end(SIGTERM), 0);
}

}  // namespace
}  // namespace standstill::test
