// A serial cable between two programs that both want a device: two pseudo terminals, joined by a thread.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

namespace standstill::test {

class NullModem {
 public:
  NullModem() {
    for (End& end : ends_) {
      std::array<char, 128> name{};
      if (::openpty(&end.own, &end.held, name.data(), nullptr, nullptr) != 0)
        throw std::runtime_error("no pseudo terminal");
      end.name = name.data();
      for (const int fd : {end.own, end.held}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      termios raw{};
      ::tcgetattr(end.held, &raw);
      ::cfmakeraw(&raw);
      ::tcsetattr(end.held, TCSANOW, &raw);
    }
    thread_ = std::thread([this] { carry(); });
  }
  ~NullModem() {
    ending_ = true;
    thread_.join();
    for (const End& end : ends_) {
      ::close(end.own);
      ::close(end.held);
    }
  }
  NullModem(const NullModem&) = delete;
  NullModem& operator=(const NullModem&) = delete;
  [[nodiscard]] const std::string& one() const { return ends_[0].name; }
  [[nodiscard]] const std::string& other() const { return ends_[1].name; }

 private:
  struct End {
    int own = -1;
    int held = -1;  // so that the line outlives whoever uses it
    std::string name;
  };
  void carry() {
    while (!ending_) {
      std::array<pollfd, 2> asks{{{ends_[0].own, POLLIN, 0}, {ends_[1].own, POLLIN, 0}}};
      if (::poll(asks.data(), asks.size(), 10) <= 0) continue;
      for (std::size_t i = 0; i < asks.size(); ++i) {
        std::array<char, 512> bytes{};
        if ((asks[i].revents & POLLIN) == 0) continue;
        const auto count = ::read(ends_[i].own, bytes.data(), bytes.size());
        if (count > 0) [[maybe_unused]]
          const auto sent = ::write(ends_[1 - i].own, bytes.data(), static_cast<std::size_t>(count));
      }
    }
  }
  std::array<End, 2> ends_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace standstill::test
