// A real Redis server on a free loopback port, ended with this object. `available()` is false where the
// package redis-tools is not installed: its file /usr/bin/redis-check-rdb is the server under another name.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "support/free_port.hpp"
#include "support/network_namespace.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::test {

class RedisServer {
 public:
  static constexpr const char* program = "/usr/bin/redis-check-rdb";
  static bool available() { return ::access(program, X_OK) == 0; }

  explicit RedisServer(std::vector<std::string> more = {}) : more_(std::move(more)) {
    port_ = free_port();
    start();
  }
  // Behind two cables that can be pulled; the first one is for what this test says by hand.
  struct Elsewhere {
    const NetworkNamespace* network;
  };
  explicit RedisServer(Elsewhere elsewhere) : network_(elsewhere.network), host_(network_->there(0)) {
    more_ = {"--bind", network_->there(0), network_->there(1), "--protected-mode", "no"};
    port_ = free_port();
    start();
  }
  // A Sentinel that watches the server at `primary` under the name "layout" instead.
  struct Sentinel {
    std::uint16_t primary;
    int quorum;
  };
  explicit RedisServer(Sentinel sentinel) {
    port_ = free_port();
    std::ofstream(folder_ / "sentinel.conf")
        << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_.path()
        << "\nsentinel monitor layout 127.0.0.1 " << sentinel.primary << " " << sentinel.quorum
        << "\nsentinel down-after-milliseconds layout 2000\nsentinel failover-timeout layout 6000\n";
    sentinel_ = true;
    start();
  }
  ~RedisServer() { stop(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Many at once, as somebody floods it; waits until the server has taken them all.
  void flood(const std::string& channel, const std::vector<std::string>& texts) const {
    const os::Fd socket = connect();
    std::string all;
    for (const auto& text : texts)
      all += "*3\r\n$7\r\nPUBLISH\r\n$" + std::to_string(channel.size()) + "\r\n" + channel + "\r\n$" +
             std::to_string(text.size()) + "\r\n" + text + "\r\n";
    all += "*1\r\n$4\r\nQUIT\r\n";
    for (std::size_t done = 0; done < all.size();) {
      const auto count = ::send(socket.get(), all.data() + done, all.size() - done, MSG_NOSIGNAL);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    char answers[65536];
    while (::recv(socket.get(), answers, sizeof answers, 0) > 0) {
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  void signal(int number) const { ::kill(pid_, number); }

  void start() {
    std::vector<std::string> words{"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
                                   "--save",       "",       "--appendonly",        "no",     "--dir",
                                   folder_.path()};
    words.insert(words.end(), more_.begin(), more_.end());
    if (sentinel_) words = {"redis-sentinel", folder_ / "sentinel.conf"};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      if (network_ != nullptr && !network_->enter()) ::_exit(127);
      if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(127);
      ::execv(program, argv.data());
      ::_exit(127);
    }
    for (int i = 0; i < 3000 && !answers(); ++i) ::usleep(10'000);
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  // One command by hand, as `redis-cli` sends it; its answer's first line, or "" when there was none.
  [[nodiscard]] std::string say(const std::vector<std::string>& words) const {
    const os::Fd socket = connect();
    if (!socket) return {};
    const std::string text = spelled(words);
    if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
    std::string answer;
    char byte = 0;
    while (answer.size() < 4096 && ::recv(socket.get(), &byte, 1, 0) == 1) {
      answer += byte;
      if (answer.ends_with("\r\n")) break;
    }
    return answer.substr(0, answer.find("\r\n"));
  }
  // The same with the whole text of a long answer, at most 64 KiB of it.
  [[nodiscard]] std::string ask(const std::vector<std::string>& words) const {
    const os::Fd socket = connect();
    std::string text = spelled(words) + spelled({"QUIT"}), answer;
    if (!socket || ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
    char some[4096];
    for (ssize_t got = 0; answer.size() < 65536 && (got = ::recv(socket.get(), some, sizeof some, 0)) > 0;)
      answer.append(some, static_cast<std::size_t>(got));
    return answer;
  }
  // Nothing else happens on the server between these commands.
  void at_once(const std::vector<std::vector<std::string>>& commands) const {
    const os::Fd socket = connect();
    std::string text = spelled({"MULTI"});
    for (const auto& words : commands) text += spelled(words);
    text += spelled({"EXEC"}) + spelled({"QUIT"});
    if (!socket || ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
    char some[4096];
    while (::recv(socket.get(), some, sizeof some, 0) > 0) {
    }
  }
  std::string publish(const std::string& channel, const std::string& text) const {
    return say({"PUBLISH", channel, text});
  }

  [[nodiscard]] os::Fd connect() const {
    os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, host_.c_str(), &address.sin_addr);
    address.sin_port = htons(port_);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.reset();
    return socket;
  }

 private:
  static std::string spelled(const std::vector<std::string>& words) {
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const auto& word : words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    return text;
  }
  [[nodiscard]] bool answers() const { return say({"PING"}) == "+PONG"; }

  TemporaryFolder folder_;
  const NetworkNamespace* network_ = nullptr;
  std::string host_ = "127.0.0.1";
  std::vector<std::string> more_;
  std::uint16_t port_ = 0;
  bool sentinel_ = false;
  pid_t pid_ = -1;
};

// Hears a channel, as `redis-cli subscribe` does.
class RedisListener {
 public:
  RedisListener(const RedisServer& server, const std::string& channel) : socket_(server.connect()) {
    const std::string text =
        "*2\r\n$9\r\nSUBSCRIBE\r\n$" + std::to_string(channel.size()) + "\r\n" + channel + "\r\n";
    if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
    for (int i = 0; i < 6; ++i) line();  // *3, subscribe, the channel, how many
  }
  // The next message; empty when none came within twenty seconds.
  std::string next() {
    std::string last;
    for (int i = 0; i < 7; ++i) last = line();  // *3, message, the channel, the text
    return last;
  }

 private:
  std::string line() {
    std::string text;
    for (char byte = 0; ::recv(socket_.get(), &byte, 1, 0) == 1;) {
      text += byte;
      if (text.ends_with("\r\n")) return text.substr(0, text.size() - 2);
    }
    return {};
  }
  os::Fd socket_;
};

}  // namespace standstill::test
