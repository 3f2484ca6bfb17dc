// The guard's end of state_dir/guard.sock: one supervisor at a time, and the watch over its life.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "os/fd.hpp"
#include "os/shared_memory.hpp"
#include "wire/pages/pages.hpp"
#include "wire/permit/message.hpp"

namespace standstill::guard {

class SupervisorPort {
 public:
  [[nodiscard]] static std::expected<SupervisorPort, std::string> open(const std::string& path);

  [[nodiscard]] int listener() const { return listener_.get(); }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] bool connected() const { return static_cast<bool>(socket_); }

  // A newcomer replaces nobody: while a supervisor is connected, another is turned away.
  bool accept_one();
  void close() { socket_.reset(); }

  enum class Got { nothing, message, gone, refused };
  Got receive(permit::Message& into);

  template <class Body>
  void send(permit::Type type, const Body& body, int passed = -1) {
    if (!socket_) return;
    const auto message = permit::Message::of(type, body);
    if (!send_raw(message, passed)) ++unsent_;
  }
  // Messages that a supervisor which does not read made us drop; the state is sent again later anyway.
  [[nodiscard]] std::uint64_t take_unsent() { return std::exchange(unsent_, 0); }

 private:
  bool send_raw(const permit::Message& message, int passed);
  os::Fd listener_, socket_;
  std::uint64_t unsent_ = 0;
};

// Waits in a thread for the supervisor's death and cuts at once, in one hop, before the guard's loop even
// wakes. `at_once` (bit i: output i) are those that a trip cuts first when nobody is left to send a command;
// what a stage names later is the guard's to cut in its time, and its cutters' should it be unable to.
class SupervisorWatch {
 public:
  SupervisorWatch(pages::CutPage& cuts, std::uint32_t at_once, std::size_t outputs, int notify_fd)
      : cuts_(cuts), at_once_(at_once), outputs_(outputs), notify_fd_(notify_fd) {}
  // The supervisor holds its lifeline: begin to wait. One thread at a time.
  void begin();
  [[nodiscard]] bool take_died() { return died_.exchange(false); }

 private:
  static void* wait(void* watch);
  pages::CutPage& cuts_;
  std::uint32_t at_once_;
  std::size_t outputs_;
  int notify_fd_;
  std::atomic<bool> waiting_ = false, died_ = false;
};

// Anyone may stop: whatever arrives at state_dir/stop.sock is a stop, readable or not (S9).
struct StopWord {
  CauseCode code = CauseCode::operator_command;
  CauseDetail detail;
};
[[nodiscard]] StopWord read_stop(std::string_view datagram);

}  // namespace standstill::guard
