// A recorded server on a real socket: plays its bytes in the pieces asked for, then ends as the original did.
#pragma once

#include <fcntl.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "support/http_relay.hpp"
#include "support/places.hpp"

namespace standstill::test {

enum class Pieces { whole, random, bytes };
enum class PlayedEnd { none, close, reset, silence };

class PlayedServer {
 public:
  PlayedServer(const std::string& recording, Pieces pieces, PlayedEnd end)
      : pieces_(pieces), end_(end), listener_(listen_on_loopback(port_)) {
    std::ifstream in(test::test_data() + "/rocrail/" + recording + ".s2c.bin", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    if (bytes_.empty()) throw std::runtime_error("no recording " + recording);
    // Everything before the goodbye comes first; the goodbye and the end wait for release().
    const std::size_t goodbye = bytes_.find("<sys cmd=\"shutdown\"");
    held_from_ = goodbye == std::string::npos ? bytes_.size() : bytes_.rfind("<?xml", goodbye);
    thread_ = std::thread([this] { serve(); });
  }
  ~PlayedServer() {
    ending_ = true;
    thread_.join();
    if (listener_ >= 0) ::close(listener_);
  }
  PlayedServer(const PlayedServer&) = delete;
  PlayedServer& operator=(const PlayedServer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void release() { released_ = true; }
  [[nodiscard]] std::int64_t ended_at() const { return ended_at_; }

 private:
  void send(int client, std::string_view what) {
    std::mt19937 dice(7);
    while (!what.empty() && !ending_) {
      std::size_t piece = what.size();
      if (pieces_ == Pieces::random) piece = std::min<std::size_t>(what.size(), 1 + dice() % 200);
      if (pieces_ == Pieces::bytes) piece = 1;
      if (::send(client, what.data(), piece, MSG_NOSIGNAL) < 0) return;
      what.remove_prefix(piece);
      if (pieces_ == Pieces::random) ::usleep(200);
    }
  }
  void serve() {
    int client = -1;
    while (!ending_ && client < 0) {
      pollfd ask{listener_, POLLIN, 0};
      if (::poll(&ask, 1, 20) > 0) client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    }
    if (client < 0) return;
    ::close(listener_);  // what is gone stays gone: a second dial is refused
    listener_ = -1;
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char request[1024];
    [[maybe_unused]] const auto asked = ::recv(client, request, sizeof request, 0);
    send(client, std::string_view(bytes_).substr(0, held_from_));
    // The recording's own first frame, again and again, keeps the link alive until the end is wanted.
    const std::string alive = bytes_.substr(0, bytes_.find('\0') + 1);
    while (!released_ && !ending_) {
      [[maybe_unused]] const auto sent = ::send(client, alive.data(), alive.size(), MSG_NOSIGNAL);
      ::usleep(100'000);
    }
    if (end_ != PlayedEnd::reset)  // a reset needs unread bytes as little as lingering ones
      while (::recv(client, request, sizeof request, MSG_DONTWAIT) > 0) {
      }
    send(client, std::string_view(bytes_).substr(held_from_));
    ::usleep(50'000);
    while (end_ != PlayedEnd::reset && ::recv(client, request, sizeof request, MSG_DONTWAIT) > 0) {
    }
    ended_at_ = boot_ns();
    if (end_ == PlayedEnd::reset) {
      const linger now{1, 0};
      ::setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    if (end_ == PlayedEnd::none || end_ == PlayedEnd::silence)
      while (!ending_) ::usleep(20'000);
    ::close(client);
  }

  Pieces pieces_;
  PlayedEnd end_;
  std::uint16_t port_ = 0;
  int listener_;
  std::string bytes_;
  std::size_t held_from_ = 0;
  std::atomic<bool> ending_ = false, released_ = false;
  std::atomic<std::int64_t> ended_at_ = 0;
  std::thread thread_;
};

}  // namespace standstill::test
