// `standstill loco` as a whole: two processes, files in place of the kernel's, and what happens when either
// dies.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "support/cli_rig.hpp"
#include "support/places.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::test {
namespace {

// Without a rail there is no signal, so it stays parked: cold and closed is all that it may be.
class OnboardLoco : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* one : {"logic", "boiler", "superheater", "pressure", "track"}) put(one, "30000");
    for (int i = 0; i < 3; ++i) {
      const std::string pwm = "pwmchip0/pwm" + std::to_string(i);
      std::filesystem::create_directories(folder / pwm);
      for (const char* file : {"/period", "/enable"}) put(pwm + file, "0");
      put(pwm + "/duty_cycle", "7000000");
    }
    std::filesystem::create_directories(folder / "state");
    std::ofstream file(folder / "loco.toml");
    file << "[site]\nname = \"engine\"\nstate_dir = \"" << folder / "state" << "\"\n[loco]\n";
    for (const char* one : {"logic", "boiler", "superheater", "pressure", "track"})
      file << one << " = { file = \"" << folder / one << "\", scale = 0.001 }\n";
    int channel = 0;
    for (const char* one : {"boiler_heater", "superheater_heater", "servo"})
      file << one << " = { chip = \"" << folder / "pwmchip*" << "\", channel = " << channel++ << " }\n";
    file << "pty = \"" << folder / "line" << "\"\n";
  }
  void TearDown() override {
    if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text << '\n';
  }
  [[nodiscard]] long duty(int channel) const {
    std::ifstream in(folder / ("pwmchip0/pwm" + std::to_string(channel) + "/duty_cycle"));
    long value = -1;
    in >> value;
    return value;
  }
  void start() {
    const std::string program = test::program_folder() + "/standstill";
    std::vector<std::string> words{"standstill", "-c", folder / "loco.toml", "loco"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, (folder / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&files, 2, (folder / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ASSERT_EQ(posix_spawn(&pid, program.c_str(), &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    ASSERT_TRUE(until([&] { return std::filesystem::exists(folder / "line"); })) << err();
  }
  [[nodiscard]] bool until(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  [[nodiscard]] std::string err() const {
    std::ifstream in(folder / "err");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
  }
  // Its exit code; 128 + signal where one ended it.
  int wait() {
    int status = 0;
    ::waitpid(pid, &status, 0);
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // Neither gone nor a zombie.
  [[nodiscard]] static bool turns(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    std::string id, name, state;
    in >> id >> name >> state;
    return !state.empty() && state != "Z" && state != "X";
  }
  // The process that turns the loop.
  [[nodiscard]] pid_t loop() const {
    std::ifstream in("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    pid_t child = -1;
    in >> child;
    return child;
  }
  TemporaryFolder folder;
  pid_t pid = -1;
};

// How prompt the loop is on a busy machine is not asked here: a loop that its keeper ends is safe too.
TEST_F(OnboardLoco, S2_S4_StartsColdAndEndsSafeWhicheverProcessIsKilled) {
  for (const bool keeper : {false, true}) {
    SCOPED_TRACE(keeper);
    start();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_TRUE(until([&] { return duty(0) == 0 && duty(1) == 0; }));
    EXPECT_TRUE(until([&] { return has_text(err(), "no 'dcc' line"); })) << err();
    EXPECT_TRUE(until([&] { return has_text(err(), "no 'watchdog'"); })) << err();
    pid_t child = -1;
    EXPECT_TRUE(until([&] {
      child = loop();
      return child > 0 || has_ended();
    }));
    if (child > 0) {
      // The keeper stands still meanwhile: on a busy machine it may be about to end the loop by itself.
      siginfo_t stopped{};
      ::kill(pid, SIGSTOP);
      ::waitid(P_PID, static_cast<id_t>(pid), &stopped, WSTOPPED | WEXITED | WNOWAIT);
      if (turns(child)) {
        for (int i = 0; i < 2; ++i)
          put("pwmchip0/pwm" + std::to_string(i) + "/duty_cycle", "9000000");  // as if it heated
        ::kill(keeper ? pid : child, SIGKILL);
      }
      ::kill(pid, SIGCONT);
    }
    const int code = wait();
    EXPECT_TRUE(keeper || code == 1) << code << err();
    if (child > 0) {
      EXPECT_TRUE(until([&] { return ::kill(child, 0) != 0; })) << "the loop ends when its keeper is gone";
    }
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(until([&] { return duty(i) == 0; })) << i;
    std::filesystem::remove(folder / "line");
  }
}

TEST_F(OnboardLoco, ItsStateFolderIsMade) {
  std::filesystem::remove_all(folder / "state");
  start();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(until([&] { return std::filesystem::exists(folder / "state/loco-flash"); })) << err();
}

TEST_F(OnboardLoco, CheckOfAnEngineAloneSpeaksOfNoPlant) {
  const auto ran = standstill({"-c", folder / "loco.toml", "check"});
  EXPECT_TRUE(has_text(ran.out, "This file is an engine's")) << ran.out;
  EXPECT_FALSE(has_text(ran.out, "NOT COVERED")) << ran.out;
  EXPECT_FALSE(has_text(ran.out, "there is no [[")) << ran.out;
}

TEST_F(OnboardLoco, CheckLooksAtItsSensorsAndOutputs) {
  const std::string good = standstill({"-c", folder / "loco.toml", "check"}).out;
  for (const std::string& text :
       {"engine pressure: " + std::string(folder / "pressure") + " reads 30000",
        std::string("/pwmchip0/pwm2 can be written"), std::string("warning engine dcc: "),
        std::string("warning engine watchdog: ")})
    EXPECT_TRUE(has_text(good, text)) << text << "\n" << good;
  EXPECT_FALSE(has_text(good, "NOT OK  engine")) << good;

  put("boiler", "warm");
  std::filesystem::remove(folder / "pressure");
  put("pwmchip0/npwm", "2");
  std::ofstream(folder / "loco.toml", std::ios::app)
      << "watchdog = \"/dev/no-watchdog\"\ndcc = { chip = \"/dev/no-chip\", line = 3 }\n";
  const auto ran = standstill({"-c", folder / "loco.toml", "check"});
  EXPECT_EQ(ran.code, 1);
  for (const std::string& text :
       {"NOT OK  engine boiler: " + std::string(folder / "boiler") + " gives no whole number",
        "NOT OK  engine pressure: " + std::string(folder / "pressure") + " is not there",
        std::string("/pwmchip0 has 2 outputs, counted from 0: channel 2 is none of them"),
        std::string("NOT OK  engine watchdog: /dev/no-watchdog"),
        std::string("NOT OK  engine dcc: /dev/no-chip")})
    EXPECT_TRUE(has_text(ran.out, text)) << text << "\n" << ran.out;
}

TEST_F(OnboardLoco, CheckShowsHowItIsWired) {
  std::ofstream(folder / "loco.toml", std::ios::app)
      << "[[output]]\nid = \"track-power\"\nkind = \"guard-board\"\ndevice = \"/dev/no-board\"\n";
  const auto ran = standstill({"-c", folder / "loco.toml", "check"});
  for (const std::string& text :
       {std::string("[loco]"), "boiler = {\"file\":\"" + std::string(folder / "boiler"),
        std::string("servo = {\"chip\":"), std::string("device = \"/dev/no-board\""),
        std::string("baud = 115200")})
    EXPECT_TRUE(has_text(ran.out, text)) << text << "\n" << ran.out;
}

TEST_F(OnboardLoco, WhatIsNotThereIsNamed) {
  std::filesystem::remove(folder / "pressure");
  const auto ran = standstill({"-c", folder / "loco.toml", "loco"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has_text(ran.err, folder / "pressure")) << ran.err;
  EXPECT_TRUE(has_text(ran.err, "is not there")) << ran.err;
}

}  // namespace
}  // namespace standstill::test
