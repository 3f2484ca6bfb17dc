// Reads of a Modbus device, ours (the link engine with a bus) and libmodbus's, as the measurements want them.
#pragma once

#include <modbus/modbus.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/sample.hpp"
#include "link/link.hpp"
#include "link/serial.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "os/loop.hpp"
#include "plant/meter/bus.hpp"
#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::bench {

inline constexpr std::uint16_t registers = 10;  // in one read

[[noreturn]] inline void die(const std::string& why) {
  std::fprintf(stderr, "bench_meter: %s\n", why.c_str());
  std::exit(2);
}

inline double ns_since(Instant begun) { return static_cast<double>(to_ns(os::now()) - to_ns(begun)); }

inline link::Timing patient() {
  link::Timing made;
  made.probe = 60s;
  made.silence = 60s;
  made.dial = 20s;
  return made;
}

inline std::unique_ptr<link::Transport> tcp_to(os::Loop& loop, std::uint16_t port) {
  return std::make_unique<link::TcpTransport>(loop, link::TcpTransport::Settings{"127.0.0.1", port, 60s});
}

// Everything a configured link has between a request and its answer.
class OurReader {
 public:
  OurReader(os::Loop& loop, std::uint16_t port, std::size_t at_once)
      : OurReader(loop, std::make_unique<modbus::TcpClient>(modbus::TcpClient::Settings{20s, at_once, 1}),
                  tcp_to(loop, port)) {}
  // A line without a speed: no silences between frames.
  OurReader(os::Loop& loop, const std::string& device)
      : OurReader(
            loop,
            std::make_unique<modbus::RtuClient>(modbus::RtuClient::Settings{.baud = 0, .time_out = 20s}),
            std::make_unique<link::SerialTransport>(
                loop, link::SerialTransport::Settings{{device}, {.baud = 115200}})) {}

  // `count` reads, `at_once` of them outstanding; the time of each.
  void read(std::size_t count, std::size_t at_once, Samples& samples) {
    asked_ = answered_ = 0;
    wanted_ = count;
    samples_ = &samples;
    for (std::size_t i = 0; i < at_once; ++i) ask();
    link_->send_now();
    for (const Instant limit = os::now() + 60s; answered_ < count;) {
      if (os::now() > limit) die("no answers: " + link_->status().last_error);
      loop_.turn(1s);
    }
  }

 private:
  OurReader(os::Loop& loop, std::unique_ptr<modbus::Client> client,
            std::unique_ptr<link::Transport> transport)
      : loop_(loop),
        bus_(std::make_unique<meter::Bus>(std::move(client), 20s, [] { return std::string("bench"); })) {
    link_ = std::make_unique<link::Link>(loop, *bus_, std::move(transport),
                                         link::Link::Settings{"bench", "modbus", true, patient(), 1},
                                         [](const link::Status&, link::State, std::string_view) {});
    link_->begin();
    for (const Instant limit = os::now() + 20s; link_->status().state != link::State::probing;) {
      if (os::now() > limit) die("not connected: " + link_->status().last_error);
      loop_.turn(10ms);
    }
  }
  void ask() {
    if (asked_ == wanted_) return;
    const auto address = static_cast<std::uint16_t>(asked_++ % 100);
    const Instant begun = os::now();
    const bool taken =
        bus_->order(modbus::read_request(1, modbus::Function::read_holding, address, registers),
                    [this, address, begun](const modbus::Outcome* outcome) {
                      if (outcome == nullptr || outcome->what != modbus::Outcome::What::answered ||
                          modbus::register_at(outcome->reply.bytes(), 9) != address + 9)
                        die("a read failed");
                      samples_->push_back(ns_since(begun));
                      ++answered_;
                      ask();
                    });
    if (!taken) die("a read was not taken");
  }

  os::Loop& loop_;
  std::unique_ptr<meter::Bus> bus_;
  std::unique_ptr<link::Link> link_;
  std::size_t asked_ = 0, answered_ = 0, wanted_ = 0;
  Samples* samples_ = nullptr;
};

class LibmodbusReader {
 public:
  explicit LibmodbusReader(std::uint16_t port) : LibmodbusReader(::modbus_new_tcp("127.0.0.1", port)) {}
  explicit LibmodbusReader(const std::string& device)
      : LibmodbusReader(::modbus_new_rtu(device.c_str(), 115200, 'N', 8, 1)) {}

  [[nodiscard]] bool read(std::uint16_t address) {
    std::array<std::uint16_t, registers> values{};
    return ::modbus_read_registers(context_.get(), address, registers, values.data()) == registers &&
           values[9] == address + 9;
  }
  void read(std::size_t count, Samples& samples) {
    for (std::size_t i = 0; i < count; ++i) {
      const Instant begun = os::now();
      if (!read(static_cast<std::uint16_t>(i % 100))) die("libmodbus: a read failed");
      samples.push_back(ns_since(begun));
    }
  }

 private:
  explicit LibmodbusReader(modbus_t* context) : context_(context, &::modbus_free) {
    if (context == nullptr || ::modbus_set_slave(context, 1) != 0 ||
        ::modbus_set_response_timeout(context, 20, 0) != 0 || ::modbus_connect(context) != 0)
      die(std::string("libmodbus: ") + ::modbus_strerror(errno));
  }
  std::unique_ptr<modbus_t, void (*)(modbus_t*)> context_;
};

}  // namespace standstill::bench
