// Simulated servers on loopback ports that one thread serves: each keeps one connection, answers its first
// request with the recorded plan and every later one with a recorded message, and dies when it is told to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "os/fd.hpp"

namespace standstill::bench {

class Peers {
 public:
  // `plan`: what answers a request for the plan; empty: a peer that never says anything.
  std::size_t add(std::string plan);
  void begin();  // after the last add()
  ~Peers();

  [[nodiscard]] std::uint16_t port(std::size_t peer) const { return peers_[peer]->port; }
  // Waits until the peer has a connection, and takes it out of the thread's hands. Whoever closes it has
  // killed the server.
  [[nodiscard]] os::Fd take(std::size_t peer);

 private:
  struct Peer {
    std::string plan;
    os::Fd listener;
    std::uint16_t port = 0;
    std::atomic<int> connection = -1;
    bool answered = false;
  };
  void serve();

  std::vector<std::unique_ptr<Peer>> peers_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

// The recorded answer to a request for the plan.
[[nodiscard]] std::string recorded_plan();

}  // namespace standstill::bench
