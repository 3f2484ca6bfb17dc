// A server on loopback that does as the test says: it stands for a chat service or a mail relay.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "os/fd.hpp"

namespace standstill::tell {

class Sink {
 public:
  // One accepted connection, served to its end before the next.
  class Peer {
   public:
    Peer(int fd, const std::atomic<bool>& ending) : fd_(fd), ending_(ending) {}
    bool more() {
      while (!ending_) {
        pollfd entry{fd_, POLLIN, 0};
        if (::poll(&entry, 1, 10) <= 0) continue;
        std::array<char, 4096> bytes{};
        const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
        if (count <= 0) return false;
        text.append(bytes.data(), static_cast<std::size_t>(count));
        return true;
      }
      return false;
    }
    // Up to and with `end`; empty when the connection ended before.
    std::string until(std::string_view end) {
      std::size_t at = 0;
      while ((at = text.find(end)) == std::string::npos)
        if (!more()) return {};
      std::string taken = text.substr(0, at + end.size());
      text.erase(0, at + end.size());
      return taken;
    }
    std::string exactly(std::size_t length) {
      while (text.size() < length)
        if (!more()) return {};
      std::string taken = text.substr(0, length);
      text.erase(0, length);
      return taken;
    }
    void say(std::string_view words) { ::send(fd_, words.data(), words.size(), MSG_NOSIGNAL); }
    void hang() {
      while (!ending_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::string text;

   private:
    int fd_;
    const std::atomic<bool>& ending_;
  };
  using Serve = std::function<void(Peer&, int connection)>;

  explicit Sink(Serve serve)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 16);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Sink() {
    ending_ = true;
    thread_.join();
  }
  [[nodiscard]] unsigned port() const { return port_; }
  [[nodiscard]] int connections() const { return count_; }
  void keep(std::string text) {
    const std::scoped_lock lock(mutex_);
    kept_.push_back(std::move(text));
  }
  [[nodiscard]] std::vector<std::string> kept() const {
    const std::scoped_lock lock(mutex_);
    return kept_;
  }

 private:
  void run() {
    while (!ending_) {
      pollfd entry{listener_.get(), POLLIN, 0};
      if (::poll(&entry, 1, 10) <= 0) continue;
      const os::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      Peer peer(client.get(), ending_);
      serve_(peer, ++count_ - 1);
    }
  }
  os::Fd listener_;
  Serve serve_;
  unsigned port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> count_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> kept_;
  std::thread thread_;
};

// Reads one POST; its body.
inline std::string read_post(Sink::Peer& peer, std::string* head = nullptr) {
  const auto header = peer.until("\r\n\r\n");
  if (head != nullptr) *head = header;
  const auto at = header.find("Content-Length: ");
  if (at == std::string::npos) return {};
  return peer.exactly(static_cast<std::size_t>(std::atol(header.c_str() + at + 16)));
}

inline void answer_post(Sink::Peer& peer, std::string_view status, std::string_view headers = {}) {
  peer.say("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 2\r\n" + std::string(headers) + "\r\nok");
}

}  // namespace standstill::tell
