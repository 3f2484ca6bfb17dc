// Servers for the library's tests, each on a thread of its own, and a box in which handlers leave what they
// were told.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "os/fd.hpp"
#include "os/loop.hpp"
#include "sim/rocrail_server.hpp"
#include "standstill/standstill.hpp"
#include "support/places.hpp"

namespace standstill::client::test {

inline constexpr std::chrono::seconds patience{30};  // only ends a test that fails

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}
inline std::string recording(std::string_view name) {
  return file_text(standstill::test::test_data() + "/rocrail/" + std::string(name) + ".s2c.bin");
}

// A message as a server of 2014 frames it.
inline std::string frame(std::string body) {
  body += '\n';
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh>\n  <xml size=\"" +
         std::to_string(body.size() + 1) + "\"/>\n</xmlh>" + body + '\0';
}

// What handlers were told, in order.
template <class Event>
class Box {
 public:
  void put(Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    came_.notify_all();
  }
  // True when there are that many within the patience of a test.
  bool wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, patience, [&] { return events_.size() >= count; });
  }
  bool wait_for(const std::function<bool(const Event&)>& wanted) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, patience, [&] {
      for (const auto& event : events_)
        if (wanted(event)) return true;
      return false;
    });
  }
  std::vector<Event> all() {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::size_t size() { return all().size(); }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Event> events_;
};

// The simulated server on its own thread.
class Sim {
 public:
  explicit Sim(sim::RocrailOptions options = {
                   .plan_xml = file_text(standstill::test::test_data() + "/sim/recorded-plan.xml")}) {
    options.tick = Duration::zero();
    options.clock_divider = 1;  // no clock report by itself during a test
    auto made = sim::RocrailServer::start(loop_, std::move(options));
    if (!made) throw std::runtime_error(made.error());
    server_ = std::move(*made);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Sim() {
    loop_.post([this] { loop_.stop(); });  // posted: run() forgets a stop() that came before it
    thread_.join();
  }
  Sim(const Sim&) = delete;
  Sim& operator=(const Sim&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  void in_loop(const std::function<void(sim::RocrailServer&)>& what) {
    std::promise<void> done;
    loop_.post([&] {
      what(*server_);
      done.set_value();
    });
    done.get_future().wait();
  }
  nlohmann::json tell(const std::string& line) {
    std::string answer;
    in_loop([&](sim::RocrailServer& server) { answer = server.command(line); });
    const auto parsed = nlohmann::json::parse(answer);
    EXPECT_TRUE(parsed.at("ok")) << answer;
    return parsed;
  }
  // The commands received, once `count` of them begin with `element`.
  std::vector<std::string> received(std::string_view element, std::size_t count) {
    std::vector<std::string> found;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (found.size() < count && std::chrono::steady_clock::now() < end) {
      found.clear();
      in_loop([&](sim::RocrailServer& server) {
        for (const auto& one : server.last_received())
          if (one.starts_with(element)) found.push_back(one);
      });
      if (found.size() < count) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return found;
  }

 private:
  os::Loop loop_;
  std::unique_ptr<sim::RocrailServer> server_;
  std::thread thread_;
};

// Plays recorded bytes to the first client that asks for something; then ends the connection, or keeps it and
// is mute.
class Player {
 public:
  enum class Then { end, reset, stay };

  Player(std::string bytes, std::function<std::size_t()> next_size, Then then, std::string again = {})
      : bytes_(std::move(bytes)), again_(std::move(again)), next_size_(std::move(next_size)), then_(then) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof here;
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0 ||
        ::listen(listener_.get(), 1) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &length) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { play(); });
  }
  ~Player() {
    stopping_ = true;
    thread_.join();
  }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  bool readable(int fd) {
    while (!stopping_) {
      pollfd ask{fd, POLLIN, 0};
      if (::poll(&ask, 1, 10) > 0) return true;
    }
    return false;
  }
  void play() {
    play_one();
    if (again_.empty() || stopping_) return;
    bytes_ = again_;
    then_ = Then::stay;
    play_one();
  }
  void play_one() {
    if (!readable(listener_.get())) return;
    os::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (again_.empty()) listener_.reset();
    const int one = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    std::array<char, 4096> buffer{};
    if (!readable(client.get()) || ::recv(client.get(), buffer.data(), buffer.size(), 0) <= 0) return;
    for (std::size_t at = 0; at < bytes_.size();) {
      const std::size_t size = std::min(next_size_(), bytes_.size() - at);
      if (::send(client.get(), bytes_.data() + at, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) return;
      at += size;
    }
    if (then_ == Then::stay)
      while (!stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (then_ == Then::reset) {
      const linger hard{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
  }

  std::string bytes_;
  std::string again_;
  std::function<std::size_t()> next_size_;
  Then then_;
  os::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// Handlers that fill boxes; reconnects fast.
struct Told {
  Box<Loss> losses;
  Box<Return> returns;
  Box<Change> changes;
  Box<Trouble> troubles;
  Options options() {
    Options made;
    made.on_loss = [this](const Loss& loss) { losses.put(loss); };
    made.on_return = [this](const Return& back) { returns.put(back); };
    made.on_change = [this](const Change& change) { changes.put(change); };
    made.on_handler_trouble = [this](const Trouble& trouble) { troubles.put(trouble); };
    made.silence = std::chrono::seconds(20);  // only what a test provokes may look silent
    made.retry_first = made.retry_longest = std::chrono::milliseconds(20);
    return made;
  }
};

}  // namespace standstill::client::test
