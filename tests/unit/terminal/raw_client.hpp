// A client that sends exactly the bytes it is given: the server is judged by what goes over the wire.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "os/fd.hpp"

namespace standstill::terminal {

struct Reply {
  int status = 0;  // 0: the connection ended without an answer
  std::string head;
  std::string body;
  [[nodiscard]] bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class RawClient {
 public:
  // `receive_buffer`: bytes that the kernel keeps for one that does not read; 0: as it likes, which is
  // megabytes.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  // From another address of this machine.
  RawClient(std::uint16_t port, const char* from) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  explicit RawClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  // True when the server closes within the time, whatever it sends before.
  bool ended(int milliseconds = 5000) {
    while (more(milliseconds)) {
    }
    return ended_;
  }
  // True when nothing comes for that long and the connection stays open.
  bool quiet(int milliseconds) { return received_.empty() && !more(milliseconds) && !ended_; }
  Reply receive(int milliseconds = 10000, bool head_only = false) {
    Reply reply;
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!more(milliseconds)) return reply;
    reply.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    reply.status = std::atoi(reply.head.substr(9, 3).c_str());
    std::size_t length = 0;
    if (reply.status == 101) return reply;
    if (const auto at = reply.head.find("Content-Length: "); at != std::string::npos)
      length = static_cast<std::size_t>(std::atol(reply.head.c_str() + at + 16));
    while (!head_only && received_.size() < length)
      if (!more(milliseconds)) return reply;
    if (head_only) return reply;
    reply.body = received_.substr(0, length);
    received_.erase(0, length);
    return reply;
  }
  // Exactly so many bytes; fewer when the connection ends or nothing comes for that long.
  std::string bytes(std::size_t count, int milliseconds = 10000) {
    while (received_.size() < count && more(milliseconds)) {
    }
    std::string taken = received_.substr(0, count);
    received_.erase(0, taken.size());
    return taken;
  }
  Reply ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }

 private:
  bool more(int milliseconds) {
    pollfd entry{fd_.get(), POLLIN, 0};
    if (::poll(&entry, 1, milliseconds) <= 0) return false;
    std::array<char, 16384> bytes{};
    const auto count = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    ended_ = count <= 0;
    if (ended_) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }
  os::Fd fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

inline std::string get(std::string_view path, std::string_view headers = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace standstill::terminal
