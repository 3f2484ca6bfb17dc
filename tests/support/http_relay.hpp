// A network relay: POST /on and POST /off, from a thread; what it was told, and when.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/pty_relay.hpp"

namespace standstill::test {

// A listening socket on loopback; its port is stored in `port`.
inline int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd, 64) != 0)
    throw std::runtime_error("cannot listen on loopback");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

class HttpRelay {
 public:
  HttpRelay() : listener_(listen_on_loopback(port_)), thread_([this] { serve(); }) {}
  ~HttpRelay() { unplug(); }
  // As when its cable is pulled: nobody answers at its port any more.
  void unplug() {
    if (!thread_.joinable()) return;
    ending_ = true;
    thread_.join();
    ::close(listener_);
  }
  HttpRelay(const HttpRelay&) = delete;
  HttpRelay& operator=(const HttpRelay&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool energised() const { return energised_; }
  [[nodiscard]] int run_commands() const { return run_commands_; }
  [[nodiscard]] std::int64_t safe_at() const { return safe_at_; }

 private:
  void serve() {
    while (!ending_) {
      pollfd ask{listener_, POLLIN, 0};
      if (::poll(&ask, 1, 20) <= 0) continue;
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const timeval patience{1, 0};
      ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      std::string text;
      char bytes[512];
      while (text.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = ::recv(client, bytes, sizeof bytes, 0);
        if (count <= 0) break;
        text.append(bytes, static_cast<std::size_t>(count));
      }
      if (text.starts_with("POST /off")) {
        energised_ = false;
        safe_at_ = boot_ns();
      } else if (text.starts_with("POST /on")) {
        energised_ = true;
        ++run_commands_;
      }
      constexpr std::string_view answer =
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";
      [[maybe_unused]] const auto sent = ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(client);
    }
  }

  std::uint16_t port_ = 0;
  int listener_;
  std::atomic<bool> ending_ = false, energised_ = true;
  std::atomic<int> run_commands_ = 0;
  std::atomic<std::int64_t> safe_at_ = 0;
  std::thread thread_;
};

}  // namespace standstill::test
