// A simulated peer as the program it is, `standstill sim …`, told what to do by its control socket.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "os/fd.hpp"
#include "support/places.hpp"
#include "support/temporary_folder.hpp"

extern char** environ;

namespace standstill::test {

class SimProgram {
 public:
  // `words`: what stands behind `standstill sim`; --control comes of itself. Begins with start().
  explicit SimProgram(std::vector<std::string> words) : words_(std::move(words)) {}
  ~SimProgram() { end(); }
  SimProgram(const SimProgram&) = delete;
  SimProgram& operator=(const SimProgram&) = delete;

  void start() {
    const std::string program = test::program_folder() + "/standstill";
    std::vector<std::string> words{"standstill", "sim"};
    words.insert(words.end(), words_.begin(), words_.end());
    words.insert(words.end(), {"--control", control()});
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
      throw std::runtime_error("the simulated peer does not start: " + words_.front());
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] std::string control() const { return folder_ / "control"; }
  // A line of its control language, and what it answers.
  std::string tell(const std::string& line) const {
    const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, control().c_str(), sizeof address.sun_path - 1);
    const std::string text = line + "\n";
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      return "";
    std::string answer;
    char byte = 0;
    while (::recv(fd.get(), &byte, 1, 0) == 1 && byte != '\n') answer += byte;
    return answer;
  }

 protected:
  void also(std::initializer_list<std::string> words) { words_.insert(words_.end(), words); }
  [[nodiscard]] std::string in_folder(const std::string& name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> words_;
  pid_t pid_ = -1;
};

}  // namespace standstill::test
