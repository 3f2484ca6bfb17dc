// The built program from outside, as a user types it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/guard_rig.hpp"
#include "support/places.hpp"

extern char** environ;  // NOLINT

namespace standstill::test {
namespace {

using nlohmann::json;

struct Ran {
  int code = -1;
  std::string out, err;
};

std::string drain(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

// Standard input is empty and no terminal.
Ran standstill(std::vector<std::string> words, const std::vector<std::string>& environment = {}) {
  words.insert(words.begin(), "standstill");
  std::vector<char*> argv, env;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> kept = environment;
  for (char** one = environ; *one != nullptr; ++one)
    if (!std::string_view(*one).starts_with("STANDSTILL_")) kept.emplace_back(*one);
  kept.emplace_back("STANDSTILL_NO_REALTIME=1");
  for (auto& one : kept) env.push_back(one.data());
  env.push_back(nullptr);
  int out[2], err[2];
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(err, O_CLOEXEC), 0);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out[1], 1);
  posix_spawn_file_actions_adddup2(&files, err[1], 2);
  pid_t pid = -1;
  const std::string program = test::program_folder() + "/standstill";
  EXPECT_EQ(posix_spawn(&pid, program.c_str(), &files, nullptr, argv.data(), env.data()), 0) << program;
  posix_spawn_file_actions_destroy(&files);
  ::close(out[1]);
  ::close(err[1]);
  Ran ran;
  std::thread errors([&] { ran.err = drain(err[0]); });
  ran.out = drain(out[0]);
  errors.join();
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

bool has_text(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Cli : public testing::Test {
 protected:
  // A valid configuration whose one output is a program, so that any machine can have it.
  std::string write(const std::string& more = "") {
    std::ofstream(file())
        << "[site]\nname = \"club\"\nstate_dir = \"" << state_dir()
        << "\"\n[[link]]\nid = \"layout\"\nkind = \"rocrail\"\nhost = \"127.0.0.1\"\nport = 1\n"
           "[[output]]\nid = \"relay\"\nkind = \"program\"\nsafe = [\"/bin/true\"]\nrun = [\"/bin/true\"]\n"
        << more;
    return file();
  }
  Ran with_file(std::vector<std::string> words) {
    words.insert(words.begin(), {"-c", file()});
    return standstill(std::move(words));
  }
  [[nodiscard]] std::string file() const { return folder_ / "standstill.toml"; }
  [[nodiscard]] std::string state_dir() const { return folder_ / "state"; }
  std::string snapshot(const std::string& name, int speed) {
    std::filesystem::create_directories(state_dir() + "/snapshots");
    const std::string path = state_dir() + "/snapshots/" + name + ".json";
    std::ofstream(path) << json{
        {"timestamp", 1.0},
        {"epoch", 3},
        {"model", {{"title", "t"}, {"version", "1"}}},
        {"locomotives",
         {{{"id", "BR01"}, {"speed", speed}, {"direction", "forward"}, {"block", "bk1"}, {"mode", "idle"}}}},
        {"blocks", json::array()},
        {"switches", json::array()},
        {"signals", json::array()},
        {"routes",
         json::array()}}.dump();
    return path;
  }
  TemporaryFolder folder_;
};

}  // namespace
}  // namespace standstill::test
