// `standstill sim loco` in real time, as a process: an engine with a telemetry line, under steam.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "os/fd.hpp"
#include "support/places.hpp"
#include "support/temporary_folder.hpp"

extern char** environ;

namespace standstill::test {

class SimEngine {
 public:
  SimEngine() { start(); }
  ~SimEngine() { end(); }
  SimEngine(const SimEngine&) = delete;
  SimEngine& operator=(const SimEngine&) = delete;

  void start() {
    const std::string program = test::program_folder() + "/standstill";
    std::vector<std::string> words{"standstill", "sim", "loco", "--pty", line(), "--control", control()};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    const int failed = posix_spawn(&pid_, program.c_str(), &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; i < 6000 && failed == 0 && !std::filesystem::exists(control()); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (failed != 0 || !std::filesystem::exists(control()))
      throw std::runtime_error("the simulated engine does not start");
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] std::string line() const { return folder_ / "engine"; }
  [[nodiscard]] std::string control() const { return folder_ / "control"; }
  // A word of its control socket, and what it answers.
  std::string tell(const std::string& words) const {
    const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, control().c_str(), sizeof address.sun_path - 1);
    const std::string text = words + "\n";
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      return "";
    std::string answer;
    char byte = 0;
    while (::recv(fd.get(), &byte, 1, 0) == 1 && byte != '\n') answer += byte;
    return answer;
  }

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

}  // namespace standstill::test
