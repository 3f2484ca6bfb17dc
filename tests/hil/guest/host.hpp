// The world outside the guest, asked over the second serial port: one request a line, one answer a line. The
// runner on the host serves it (tests/hil/outside.py). Waiting for an answer has no limit in guest time,
// which may pass faster than the host's.
#pragma once

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace standstill::hil {

inline std::string ask_host(const std::string& request) {
  static const int port = [] {
    const int fd = ::open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios raw{};
    if (fd < 0 || ::tcgetattr(fd, &raw) != 0)
      throw std::runtime_error("/dev/ttyS1: the host is not reachable");
    ::cfmakeraw(&raw);
    ::tcsetattr(fd, TCSANOW, &raw);
    return fd;
  }();
  const std::string line = request + "\n";
  if (::write(port, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("/dev/ttyS1: cannot write");
  std::string answer;
  for (char c; ::read(port, &c, 1) == 1 && c != '\n';) answer += c;
  if (answer.starts_with("error")) throw std::runtime_error("the host, asked to " + request + ": " + answer);
  return answer;
}

}  // namespace standstill::hil
