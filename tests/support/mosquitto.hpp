// A real MQTT broker (mosquitto) and a real subscriber (mosquitto_sub), each a process of the test's own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/free_port.hpp"
#include "support/temporary_folder.hpp"

extern char** environ;

namespace standstill::test {

// A child process that is ended with its owner.
class OwnChild {
 public:
  OwnChild(const std::vector<std::string>& words, const std::string& output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const int failed = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error(words[0] + " cannot be started: is it installed?");
  }
  ~OwnChild() { end(SIGKILL); }
  OwnChild(const OwnChild&) = delete;
  OwnChild& operator=(const OwnChild&) = delete;
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  void wait() { ::waitpid(std::exchange(pid_, -1), nullptr, 0); }
  [[nodiscard]] bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ <= 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

class Mosquitto {
 public:
  // `more`: further lines of its configuration. Its database keeps sessions over a restart.
  explicit Mosquitto(const std::string& more = {}) : port_(free_port()), more_(more) {
    // Somebody else may take a port that was free.
    for (int i = 0; i < 10 && !begin(); ++i) port_ = free_port();
    if (!child_) throw std::runtime_error("the broker does not start: " + log());
  }

  void start() {
    if (!begin()) throw std::runtime_error("the broker does not start again: " + log());
  }
  void kill() { child_->end(SIGKILL); }
  void hang(bool hangs) const { ::kill(child_->pid(), hangs ? SIGSTOP : SIGCONT); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }

 private:
  bool begin() {
    const auto before = running();
    std::ofstream(folder_ / "broker.conf")
        << "listener " << port_ << " 127.0.0.1\n"
        << (more_.find("allow_anonymous") == std::string::npos ? "allow_anonymous true\n" : "")
        << "persistence true\npersistence_location " << (folder_ / "") << "\nautosave_on_changes true\n"
        << "autosave_interval 1\nmax_queued_messages 0\nmax_inflight_messages 0\nlog_dest stderr\nlog_type "
           "all\nuser root\n"
        << more_;
    child_ = std::make_unique<OwnChild>(
        std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder_ / "broker.conf"}, folder_ / "log");
    for (int i = 0; i < 3000 && running() == before && !child_->ended(); ++i) ::usleep(20'000);
    if (running() > before) return true;
    child_.reset();
    return false;
  }
  // How often a broker has said that it runs.
  [[nodiscard]] std::size_t running() const {
    const std::string text = log();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(" running\n", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  TemporaryFolder folder_;
  std::uint16_t port_;
  std::string more_;
  std::unique_ptr<OwnChild> child_;
};

// Writes down what comes: "RETAINED TOPIC PAYLOAD", a line a message. Its session outlives the broker's death
// (QoS 1, not clean), and so do messages that were published before it was back.
class Subscriber {
 public:
  explicit Subscriber(const Mosquitto& broker, const std::string& filter = "#",
                      std::vector<std::string> more = {}) {
    words_ = {"mosquitto_sub",
              "-h",
              "127.0.0.1",
              "-p",
              std::to_string(broker.port()),
              "-t",
              filter,
              "-q",
              "1",
              "-c",
              "-i",
              "subscriber",
              "-F",
              "%r %t %p"};
    words_.insert(words_.end(), more.begin(), more.end());
    start();
    for (int i = 0; i < 3000 && broker.log().find("Sending SUBACK to subscriber") == std::string::npos; ++i)
      ::usleep(20'000);
    if (broker.log().find("Sending SUBACK to subscriber") == std::string::npos)
      throw std::runtime_error("nobody subscribes: " + broker.log());
  }
  void start() { child_ = std::make_unique<OwnChild>(words_, folder_ / "heard"); }
  [[nodiscard]] std::vector<std::string> heard() const {
    std::ifstream file(folder_ / "heard");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line) && !file.eof();) lines.push_back(line);
    return lines;
  }
  // Whether the broker has written down that it is subscribed, so that a kill does not make it forget.
  [[nodiscard]] static bool kept_by(const Mosquitto& broker) {
    std::ifstream file(broker.folder() / "mosquitto.db", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const auto client = bytes.find("subscriber");  // one record of the client, one of what it wants
    return client != std::string::npos && bytes.find("subscriber", client + 1) != std::string::npos;
  }
  // What came on one topic.
  [[nodiscard]] std::vector<std::string> on(const std::string& topic) const {
    std::vector<std::string> payloads;
    for (const auto& line : heard())
      if (line.size() > 2 && line.substr(2).starts_with(topic + " "))
        payloads.push_back(line.substr(3 + topic.size()));
    return payloads;
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> words_;
  std::unique_ptr<OwnChild> child_;
};

}  // namespace standstill::test
