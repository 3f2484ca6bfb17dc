// A client that knows sockets and bytes and nothing of the product, driven by the loop under test.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"
#include "support/places.hpp"

namespace standstill::sim::test {

// Turns the loop until `done`; false after 20 s, which no machine needs.
template <typename Done>
bool turn_until(os::Loop& loop, Done done) {
  const Instant end = os::now() + 20s;
  while (!done()) {
    if (os::now() > end) return false;
    loop.turn(5ms);
  }
  return true;
}

inline void turn_for(os::Loop& loop, Duration length) {
  const Instant end = os::now() + length;
  while (os::now() < end) loop.turn(5ms);
}

class RawClient {
 public:
  RawClient(os::Loop& loop, os::Fd fd) : loop_(loop), fd_(std::move(fd)) {
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  }
  RawClient(os::Loop& loop, std::uint16_t port)
      : loop_(loop), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    refused = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0;
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  }

  void send(std::string_view bytes) {
    ASSERT_EQ(::write(fd_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // A command framed by hand, as the recordings show it.
  void command(const std::string& body, const std::string& name) {
    send("<xmlh><xml size=\"" + std::to_string(body.size()) + "\" name=\"" + name + "\"/></xmlh>" + body);
  }
  void read() {
    std::array<char, 65536> bytes{};
    while (!ended) {
      const auto count = ::read(fd_.get(), bytes.data(), bytes.size());
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (count <= 0) {
        ended = true;
        was_reset = count < 0;
        return;
      }
      got.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }
  bool until(std::string_view text) {
    return turn_until(loop_,
                      [&] {
                        read();
                        return got.find(text) != std::string::npos || ended;
                      }) &&
           got.find(text) != std::string::npos;
  }
  bool until_end() {
    return turn_until(loop_, [&] {
      read();
      return ended;
    });
  }
  void listen_for(Duration length) {
    turn_for(loop_, length);
    read();
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

  std::string got;
  bool ended = false;
  bool was_reset = false;
  bool refused = false;

 private:
  os::Loop& loop_;
  os::Fd fd_;
};

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The bytes a real server sent.
inline std::string recording(const std::string& name) {
  return file_text(standstill::test::test_data() + "/rocrail/" + name + ".s2c.bin");
}
inline std::string recorded_plan() {
  return file_text(standstill::test::test_data() + "/sim/recorded-plan.xml");
}

// The frame of a recording that holds `text`: from its declaration to its NUL.
inline std::string frame_with(const std::string& bytes, std::string_view text) {
  const auto at = bytes.find(text);
  if (at == std::string::npos) return "no frame with " + std::string(text);
  const auto start = bytes.rfind("<?xml", at);
  return bytes.substr(start, bytes.find('\0', at) - start + 1);
}

}  // namespace standstill::sim::test
