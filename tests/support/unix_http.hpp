// One HTTP request over a Unix socket, written by hand: a test must not ask with the code that it judges.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace standstill::test {

struct HttpReply {
  int status = 0;  // 0: nobody answered
  std::string body;
};

// Waits at most ten seconds.
inline HttpReply converse(const std::string& socket_path, const std::string& raw_request) {
  HttpReply reply;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string text;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, raw_request.data(), raw_request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(raw_request.size())) {
    char bytes[16384];
    for (ssize_t count; (count = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
      text.append(bytes, static_cast<std::size_t>(count));
  }
  ::close(fd);
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return reply;
  reply.status = std::atoi(text.c_str() + 9);
  reply.body = text.substr(head + 4);
  return reply;
}

inline HttpReply ask(const std::string& socket_path, const std::string& method, const std::string& path,
                     const std::string& body = {}, const std::string& token = {}) {
  return converse(socket_path, method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                                   (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") +
                                   "Content-Type: application/json\r\nContent-Length: " +
                                   std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace standstill::test
