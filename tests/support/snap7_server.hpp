// The real snap7 core, from npm (tests/peers/s7), as a server in a process of its own and as a client.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/places.hpp"
#include "support/plc_peer.hpp"

extern char** environ;  // NOLINT

namespace standstill::test {

inline std::filesystem::path s7_peers() {
  if (const char* elsewhere = std::getenv("STANDSTILL_S7_PEERS")) return elsewhere;
  return std::filesystem::path(test::source_folder()) / "build/peers/s7";
}

inline bool s7_peers_missing() {
  return !std::filesystem::exists(s7_peers() / "node_modules/node-snap7/build/Release/node_snap7.node");
}
inline constexpr const char* s7_peers_not_installed =
    "the foreign S7 peers are not installed (./dev test installs them)";

inline std::string s7_script_command(const std::string& script, const std::string& arguments) {
  return "NODE_PATH=" + (s7_peers() / "node_modules").string() + " timeout 120 node " +
         test::source_folder() + "/tests/peers/s7/" + script + " " + arguments;
}

// What a script prints: one JSON object.
inline nlohmann::json s7_script(const std::string& name, const std::string& arguments) {
  FILE* pipe = ::popen((s7_script_command(name, arguments) + " 2>&1").c_str(), "re");
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), count);
  ::pclose(pipe);
  auto answer = nlohmann::json::parse(text, nullptr, false);
  EXPECT_TRUE(answer.is_object()) << text;
  return answer.is_object() ? answer : nlohmann::json::object();
}

// The real snap7 server on a port that was free a moment ago; it ends with its input.
class Snap7Server {
 public:
  explicit Snap7Server(int pdu) {
    for (int attempt = 0; attempt < 5 && !serving_; ++attempt) {
      port_ = PlcPeer().port();
      start(pdu);
    }
  }
  ~Snap7Server() { end(); }
  Snap7Server(const Snap7Server&) = delete;
  Snap7Server& operator=(const Snap7Server&) = delete;
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] std::uint16_t number() const { return port_; }
  [[nodiscard]] bool serving() const { return serving_; }
  // Returns when none of its threads runs any more: until one of them takes the signal the others go on.
  void stop() const {
    ::kill(pid_, SIGSTOP);
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, WUNTRACED), pid_);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  void resume() const { ::kill(pid_, SIGCONT); }

 private:
  void start(int pdu) {
    int in[2], out[2];
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    std::vector<std::string> words{"env",  "NODE_PATH=" + (s7_peers() / "node_modules").string(),
                                   "node", test::source_folder() + "/tests/peers/s7/snap7_server.js",
                                   port(), std::to_string(pdu)};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    EXPECT_EQ(posix_spawn(&pid_, "/usr/bin/env", &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    char first = 0;
    serving_ = ::read(out[0], &first, 1) == 1;  // "listening", or the end
    ::close(out[0]);
    if (!serving_) end();
  }
  void end() {
    if (pid_ < 0) return;
    ::close(input_);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int input_ = -1;
  bool serving_ = false;
};

}  // namespace standstill::test
