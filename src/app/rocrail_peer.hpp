// A plain connection to a Rocrail server for a tool by hand: blocks, asks once, and is gone. What is
// supervised uses link/.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "wire/rocrail/frame_reader.hpp"

namespace standstill::app {

class RocrailPeer {
 public:
  // Tries every address of the name, each for at most `time_out`. Errors name host, port and what to do.
  [[nodiscard]] static std::expected<RocrailPeer, std::string> connect(const std::string& host,
                                                                       std::uint16_t port,
                                                                       Duration time_out = 5s);

  // In one write: a server of 2014 closes the connection when header and body come apart.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& frame);

  // The next message's body, without its line end and NUL; nothing when none was complete by `until`.
  [[nodiscard]] std::expected<std::optional<std::string>, std::string> next(Instant until);

 private:
  RocrailPeer(os::Fd socket, std::string name) : socket_(std::move(socket)), name_(std::move(name)) {}

  os::Fd socket_;
  std::string name_;
  rocrail::FrameReader reader_;
  std::string unread_;
  std::size_t at_ = 0;
};

// One attempt to open a TCP connection to host:port; the error is a sentence without what to do. For `check`,
// too.
[[nodiscard]] std::expected<os::Fd, std::string> dial(const std::string& host, std::uint16_t port,
                                                      Duration time_out);

}  // namespace standstill::app
