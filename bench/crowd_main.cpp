// A cut with 200 who look on at the operator's page, beside the same cut of the same plant with nobody
// looking.
//
// The onlookers follow the WebSocket with its values, as a page does; every tenth has stopped reading.
// Samples with and without them alternate in blocks. Compared is the moment after write() of the relay's
// command returned.
//
// usage: bench_crowd [SAMPLES] [--only TEXT]   (default 100 of either)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/options.hpp"
#include "bench/peer.hpp"
#include "bench/plant.hpp"
#include "bench/sample.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr std::size_t onlookers = 200;
constexpr std::size_t idle_every = 10;
constexpr std::size_t block = 5;
constexpr double limit = 1.5;
constexpr std::int64_t patience_ns = 1'000'000'000;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "bench_crowd: %s\n", what);
  std::exit(2);
}

os::Fd follow(std::uint16_t port) {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    give_up("the terminal takes no connection");
  const std::string ask =
      "GET /api/v1/events?with=tags HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (::send(fd.get(), ask.data(), ask.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(ask.size()))
    give_up("the terminal does not listen");
  std::array<char, 12> answer{};
  if (::recv(fd.get(), answer.data(), answer.size(), MSG_WAITALL) != static_cast<ssize_t>(answer.size()) ||
      std::string_view(answer.data(), answer.size()) != "HTTP/1.1 101")
    give_up("the terminal refused a follower");
  return fd;
}

// Reads what the onlookers are told, on a thread of its own.
class Crowd {
 public:
  explicit Crowd(std::uint16_t port) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < onlookers; ++i) {
      all_.push_back(follow(port));
      if (i % idle_every == 0) continue;
      epoll_event wish{.events = EPOLLIN, .data = {.fd = all_.back().get()}};
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, all_.back().get(), &wish);
    }
    reader_ = std::thread([this] { read(); });
  }
  ~Crowd() {
    over_ = true;
    reader_.join();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void read() {
    std::array<epoll_event, 64> ready{};
    std::array<char, 65536> heard{};
    while (!over_) {
      const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 50);
      for (int i = 0; i < count; ++i) {
        const ssize_t got =
            ::recv(ready[static_cast<std::size_t>(i)].data.fd, heard.data(), heard.size(), MSG_DONTWAIT);
        if (got > 0) bytes_ += static_cast<std::size_t>(got);
        if (got == 0)
          ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, ready[static_cast<std::size_t>(i)].data.fd, nullptr);
      }
    }
  }

  os::Fd epoll_;
  std::vector<os::Fd> all_;
  std::atomic<bool> over_ = false;
  std::atomic<std::size_t> bytes_ = 0;
  std::thread reader_;
};

class Course {
 public:
  Course() {
    peer_ = peers_.add(recorded_plan());
    peers_.begin();
    plant_ = std::make_unique<Plant>(PlantSettings{.port = peers_.port(peer_), .terminal = true});
  }

  // With nobody looking, then with all of them.
  void take_blocks(Row& row) {
    for (std::size_t i = 0; i < block; ++i) take(row.yardstick);
    Crowd crowd(plant_->terminal_port());
    for (std::size_t i = 0; i < block; ++i) take(row.ours);
    if (crowd.bytes() == 0) give_up("nobody in the crowd heard anything: there was none");
  }

 private:
  void take(Samples& into) {
    plant_->ask_release();
    if (!plant_->released()) return;
    plant_->arm();
    ::usleep(60'000);  // the news of the start has gone round
    const os::Fd connection = peers_.take(peer_);
    const std::int64_t died = to_ns(os::now());
    ::shutdown(connection.get(), SHUT_RDWR);
    std::optional<std::int64_t> written;
    while (!written && to_ns(os::now()) - died < patience_ns) {
      ::usleep(20'000);
      written = plant_->written_ns(died);
    }
    into.push_back(static_cast<double>(written ? *written - died : patience_ns));
  }

  Peers peers_;
  std::size_t peer_ = 0;
  std::unique_ptr<Plant> plant_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, 100);
  Row row{"connection dies: written, 200 followers / none", {}, {}, limit, 0.5};
  if (!options.wanted(row.what)) return 0;
  Course course;
  Row warm_up;
  course.take_blocks(warm_up);
  for (std::size_t tries = 0; row.ours.size() < options.samples && tries < 3 * options.samples;
       tries += block)
    course.take_blocks(row);
  return print(row) ? 0 : 1;
}
