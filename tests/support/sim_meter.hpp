// A simulated meter in a thread of its own, told what to do in the words of its control socket.
#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "os/loop.hpp"
#include "sim/meter.hpp"

namespace standstill::test {

class SimMeter {
 public:
  explicit SimMeter(sim::MeterOptions options) {
    auto meter = sim::Meter::start(loop_, std::move(options));
    if (!meter) throw std::runtime_error(meter.error());
    meter_ = std::move(*meter);
    port_ = meter_->port();
    device_ = meter_->device();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~SimMeter() {
    loop_.stop();
    thread_.join();
  }
  SimMeter(const SimMeter&) = delete;
  SimMeter& operator=(const SimMeter&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& device() const { return device_; }  // before any replug
  std::string tell(const std::string& line) {
    std::promise<std::string> answer;
    loop_.post([&] { answer.set_value(meter_->command(line)); });
    return answer.get_future().get();
  }

 private:
  os::Loop loop_;
  std::unique_ptr<sim::Meter> meter_;
  std::uint16_t port_ = 0;
  std::string device_;
  std::thread thread_;
};

}  // namespace standstill::test
