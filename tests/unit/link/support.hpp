// A peer and a protocol for the tests of the link engine: words, one a line.
//
// Everything runs on one loop and in one thread, so that a test waits for what happens and never for how
// fast.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "link/link.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::link::test {

// "HELLO" is the opening request; any line proves the peer; "PING" is the probe; "BYE" announces the end;
// "BAD" is beyond repair; each "WORK" needs a slice of work() of its own; "NEXT n" announces that the next
// line has n bytes.
class WordSession : public Session {
 public:
  void connected(Instant) override {
    in_.clear();
    announced_ = 0;
    out_ = opening;
    heard_ = {};
    proven_ = bye_ = bad_ = false;
    pending = 0;
    ++connections;
  }
  bool feed(std::span<const std::byte> bytes, Instant now) override {
    in_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (auto end = in_.find('\n'); end != std::string::npos; end = in_.find('\n')) {
      const std::string line = in_.substr(0, end);
      in_.erase(0, end + 1);
      if (line == "BAD") {
        bad_ = true;
        return false;
      }
      if (line == "WORK") ++pending;
      announced_ = line.starts_with("NEXT ") ? std::stoul(line.substr(5)) : 0;
      bye_ = line == "BYE";
      heard_ = now;
      proven_ = proven_ || line != "NOPROOF";
      ++lines;
    }
    return true;
  }
  bool work(Instant) override {
    if (pending > 0) --pending;
    ++slices;
    return pending > 0;
  }
  std::span<const std::byte> output() const override { return std::as_bytes(std::span(out_)); }
  void sent(std::size_t bytes) override { out_.erase(0, bytes); }
  void probe(Instant) override {
    out_ += "PING\n";
    ++probes;
  }
  Instant last_heard() const override { return heard_; }
  bool proven() const override { return proven_; }
  std::size_t missing() const override { return announced_ > in_.size() ? announced_ - in_.size() : 0; }
  Ending ended(Instant) override { return bye_ ? Ending::goodbye : Ending::crash; }
  std::string error() const override { return bad_ ? "the peer sent BAD" : ""; }
  void say(std::string_view text) { out_ += text; }
  Instant deadline() const override { return due; }
  void tick(Instant) override {
    due = never;
    out_ += "TICK\n";
  }

  std::string opening = "HELLO\n";
  int connections = 0;
  int lines = 0;
  int probes = 0;
  int pending = 0;
  int slices = 0;
  Instant due = never;

 private:
  std::string in_;
  std::string out_;
  Instant heard_{};
  std::size_t announced_ = 0;
  bool proven_ = false;
  bool bye_ = false;
  bool bad_ = false;
};

// Listens on loopback; tests script what it does.
class Peer {
 public:
  explicit Peer(os::Loop& loop, std::uint16_t port = 0) : loop_(loop) { listen(port); }

  void listen(std::uint16_t port) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int one = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons(port);
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
    ASSERT_EQ(::listen(listener_.get(), 16), 0);
    socklen_t length = sizeof here;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &length);
    port_ = ntohs(here.sin_port);
    accept_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accepted(); });
  }
  void stop_listening() {
    accept_ = {};
    listener_.reset();
  }
  void hang_up() {  // an ordinary end: FIN
    read_ = {};
    connection_.reset();
  }
  void reset() {  // what a killed process with unread data does: RST
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    hang_up();
  }
  void say(std::string_view text) {
    ASSERT_EQ(::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connection() const { return connection_.get(); }

  bool answers = true;  // "WORLD" to HELLO, "PONG" to PING
  bool reads = true;
  int accepts = 0;
  std::string received;
  std::function<void()> on_accept;

 private:
  void accepted() {
    read_ = {};
    connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    ++accepts;
    if (!connection_) return;
    if (reads) read_ = loop_.watch(connection_.get(), EPOLLIN, [this](std::uint32_t) { readable(); });
    if (on_accept) on_accept();
  }
  void readable() {
    std::array<char, 4096> buffer{};
    const auto got = ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return hang_up();
    const std::string text(buffer.data(), static_cast<std::size_t>(got));
    received += text;
    if (!answers) return;
    if (text.find("HELLO\n") != std::string::npos) say("WORLD\n");
    if (text.find("PING\n") != std::string::npos && connection_) say("PONG\n");
  }

  os::Loop& loop_;
  os::Fd listener_;
  os::Fd connection_;
  os::Loop::Watch accept_;
  os::Loop::Watch read_;
  std::uint16_t port_ = 0;
};

struct Change {
  State from;
  State to;
  std::string why;
};

// Turns the loop until it is so. The limit only ends a test that fails.
inline bool until(os::Loop& loop, const std::function<bool()>& so, Duration limit = 30s) {
  const Instant end = os::now() + limit;
  while (!so()) {
    if (os::now() > end) return false;
    loop.turn(20ms);
  }
  return true;
}
inline void pass(os::Loop& loop, Duration time) {
  const Instant end = os::now() + time;
  while (os::now() < end) loop.turn(end - os::now());
}

inline std::size_t entries(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

// Threads of this program that are no lookup of ours: one, or more where a sanitizer has its own.
inline const std::size_t threads_at_start = [] {
  std::thread([] {}).join();  // a sanitizer starts its own with the first
  return entries("/proc/self/task");
}();
inline bool no_thread_left(os::Loop& loop) {
  return until(loop, [] { return entries("/proc/self/task") <= threads_at_start; });
}

// A peer that is expected to live gets all the time of the world; one that is expected to be silent gets
// little.
inline Timing patient() {
  Timing timing;
  timing.probe = 30s;
  timing.silence = 30s;
  timing.dial = 30s;
  timing.reconnect = {.first = 5ms, .factor_permille = 1000, .max = 5ms, .jitter_permille = 0};
  timing.breaker.failures = 0;
  return timing;
}
inline Timing curt() {
  Timing timing = patient();
  timing.probe = 50ms;
  timing.silence = 150ms;
  return timing;
}

// The engine with everything that it said.
struct Watched {
  Watched(os::Loop& loop, std::unique_ptr<Transport> transport, const Timing& timing)
      : link(loop, session, std::move(transport), {.id = "layout", .kind = "words", .timing = timing},
             [this](const Status& status, State previous, std::string_view why) {
               changes.push_back({previous, status.state, std::string(why)});
               if (on_change) on_change();
             }) {}
  [[nodiscard]] State state() const { return link.status().state; }
  [[nodiscard]] bool was(State state) const {
    for (const Change& change : changes)
      if (change.to == state) return true;
    return false;
  }
  [[nodiscard]] std::string why(State state) const {
    for (const Change& change : changes)
      if (change.to == state) return change.why;
    return "(never)";
  }
  WordSession session;
  std::vector<Change> changes;
  std::function<void()> on_change;
  Link link;
};

inline std::unique_ptr<Transport> tcp(os::Loop& loop, std::uint16_t port, std::string host = "127.0.0.1") {
  return std::make_unique<TcpTransport>(loop, TcpTransport::Settings{.host = std::move(host), .port = port});
}

}  // namespace standstill::link::test
