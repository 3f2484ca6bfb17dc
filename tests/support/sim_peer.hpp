// A simulated Rocrail server in a thread of its own, told what to do in the words of its control socket.
#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "os/loop.hpp"
#include "sim/rocrail_server.hpp"

namespace standstill::test {

class SimPeer {
 public:
  explicit SimPeer(sim::RocrailOptions options = {}) {
    auto server = sim::RocrailServer::start(loop_, std::move(options));
    if (!server) throw std::runtime_error(server.error());
    server_ = std::move(*server);
    port_ = server_->port();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~SimPeer() {
    loop_.stop();
    thread_.join();
  }
  SimPeer(const SimPeer&) = delete;
  SimPeer& operator=(const SimPeer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // One line of the control language; the JSON answer.
  std::string tell(const std::string& line) {
    std::promise<std::string> answer;
    loop_.post([&] { answer.set_value(server_->command(line)); });
    return answer.get_future().get();
  }
  [[nodiscard]] bool received(const std::string& what) {
    return tell("received 100").find(what) != std::string::npos;
  }

 private:
  os::Loop loop_;
  std::unique_ptr<sim::RocrailServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace standstill::test
