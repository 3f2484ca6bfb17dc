#include "bench/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace standstill::bench {

std::string recorded_plan() {
  std::ifstream file(BENCH_RECORDINGS "/02-plan.s2c.bin", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    std::fprintf(stderr, "bench: " BENCH_RECORDINGS "/02-plan.s2c.bin cannot be read\n");
    std::exit(2);
  }
  return bytes;
}

std::size_t Peers::add(std::string plan) {
  auto peer = std::make_unique<Peer>();
  peer->plan = std::move(plan);
  peer->listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(peer->listener.get(), generic, length) != 0 || ::listen(peer->listener.get(), 8) != 0 ||
      ::getsockname(peer->listener.get(), generic, &length) != 0) {
    std::perror("bench: listen");
    std::exit(2);
  }
  peer->port = ntohs(address.sin_port);
  peers_.push_back(std::move(peer));
  return peers_.size() - 1;
}

void Peers::begin() {
  thread_ = std::thread([this] { serve(); });
}

Peers::~Peers() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  for (auto& peer : peers_)
    if (const int fd = peer->connection.exchange(-1); fd >= 0) ::close(fd);
}

os::Fd Peers::take(std::size_t peer) {
  for (int i = 0; i < 10'000; ++i) {
    const int fd = peers_[peer]->connection.exchange(-1);
    if (fd >= 0) return os::Fd(fd);
    ::usleep(1000);
  }
  return {};
}

void Peers::serve() {
  while (!ending_) {
    std::vector<pollfd> ask;
    std::vector<int> connections;
    for (const auto& peer : peers_) {
      connections.push_back(peer->connection);
      ask.push_back({peer->listener.get(), POLLIN, 0});
      ask.push_back({connections.back(), POLLIN, 0});
    }
    ::poll(ask.data(), ask.size(), 50);
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      Peer& peer = *peers_[i];
      if ((ask[2 * i].revents & POLLIN) != 0) {
        const int fd = ::accept4(peer.listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peer.answered = false;
        if (const int old = peer.connection.exchange(fd); old >= 0) ::close(old);
        continue;
      }
      if (ask[2 * i + 1].revents == 0) continue;
      // While it is being read it cannot be taken: the bench must not close a descriptor that is in use here.
      int fd = connections[i];
      if (!peer.connection.compare_exchange_strong(fd, -1)) continue;
      char bytes[4096];
      const ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
      if (count == 0) {
        ::close(fd);
        continue;
      }
      if (count > 0 && !peer.plan.empty()) {
        // The recording begins with the message <auto cmd="off"/>, 91 bytes: any message answers a probe.
        const std::size_t length = peer.answered ? 91 : peer.plan.size();
        peer.answered = true;
        for (std::size_t sent = 0; sent < length;) {
          const ssize_t wrote = ::send(fd, peer.plan.data() + sent, length - sent, MSG_NOSIGNAL);
          if (wrote <= 0) break;
          sent += static_cast<std::size_t>(wrote);
        }
      }
      peer.connection = fd;
    }
  }
}

}  // namespace standstill::bench
