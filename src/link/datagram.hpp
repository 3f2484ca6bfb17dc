// A port for single datagrams (UDP) beside the links: what has no connection and needs none.
//
// What may arrive is bounded: after `a_turn` datagrams in one turn of the loop the port rests for `rest`, so
// that whoever floods it takes a small share of the loop, and what the system cannot keep meanwhile is lost.
// What is longer than `longest` is dropped and counted.
//
// What the system keeps for one socket until it is on its way is bounded, too, and it keeps what is for a
// neighbour that does not answer for seconds. Whoever comes after those must not wait behind them: it goes by
// a spare socket, and by the next one when that is full.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "link/resolve.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::link {

class DatagramPort {
 public:
  struct Settings {
    std::size_t longest = 8UL * 1024;  // bytes
    unsigned a_turn = 64;
    Duration rest = 5ms;
  };
  using Heard = std::function<void(std::string_view datagram)>;  // there until it returns

  DatagramPort(os::Loop& loop, Settings settings, Heard heard)
      : loop_(loop), settings_(settings), heard_(std::move(heard)) {}

  // Port 0: any free one. An older one is closed first. The error is a sentence for the operator.
  [[nodiscard]] std::expected<void, std::string> open(const Address& local);
  void close();
  // "127.0.0.1:40312"; empty while closed.
  [[nodiscard]] const std::string& bound() const { return bound_; }
  [[nodiscard]] const Address& local() const { return local_; }  // while it is open

  // The same to each, at once (sendmmsg). Never waits; says how many the system took. Each goes by this port,
  // or from the same address by a spare one.
  std::size_t send(std::string_view datagram, std::span<const Address> to);

  [[nodiscard]] std::uint64_t too_long() const { return too_long_; }
  [[nodiscard]] std::uint64_t rests() const { return rests_; }

 private:
  // A stop comes alone, and the second call that would say so is saved; of a flood many come at once.
  static constexpr std::size_t together = 8;
  // Each is full with about 90 datagrams on their way: together they hold more than a bus has members.
  static constexpr std::size_t most_spare = 64;
  void ready();
  [[nodiscard]] bool add_spare();

  os::Loop& loop_;
  Settings settings_;
  Heard heard_;
  os::Fd socket_;
  std::vector<os::Fd> spare_;
  Address local_{};  // where it is bound
  std::string bound_;
  os::Loop::Watch watch_;
  os::Loop::Timer rest_;
  std::uint64_t too_long_ = 0, rests_ = 0;
};

// It leads to this machine and nowhere else.
[[nodiscard]] bool is_loopback(const Address& address);

// The address that this end of a connected socket has, with another port; a Unix socket's is 127.0.0.1.
[[nodiscard]] std::expected<Address, std::string> local_address(int connected, std::uint16_t port);

}  // namespace standstill::link
