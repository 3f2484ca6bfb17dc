// A simulated S7 PLC: several clients, every area, a small program that counts, and every way in which a PLC
// can fail its client, on command.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "os/loop.hpp"
#include "sim/control.hpp"
#include "sim/plc_client.hpp"
#include "sim/plc_cpu.hpp"

namespace standstill::sim {

struct PlcOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 1102;  // 0: a free one
  std::string file = {};      // text of a file with blocks and values (plc_memory.hpp)
  PlcManners manners{};
  Duration cycle = 100ms;  // of its program; 0: it stands still
  std::uint32_t seed = 1;
};

class PlcServer {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<PlcServer>, std::string> start(os::Loop& loop,
                                                                                    PlcOptions options);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string command(std::string_view line) { return commands_.answer(line); }
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

  [[nodiscard]] PlcCpu& cpu() { return cpu_; }
  [[nodiscard]] PlcFaults& faults() { return faults_; }
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  void crash(bool with_reset);  // every connection ends, the port refuses
  void restart(Duration pause);
  void drop(bool with_reset);  // every connection ends, new ones are served
  void hang();                 // reads and says nothing, TCP stays up
  void resume();
  void half_open();  // today's connections are dead and nobody is told
  void program(bool on) { program_ = on; }

 private:
  PlcServer(os::Loop& loop, PlcOptions options);
  [[nodiscard]] std::expected<void, std::string> listen();
  void accept();
  void schedule_cycle();
  void add_commands();
  void add_fault_commands();

  os::Loop& loop_;
  PlcOptions options_;
  std::uint16_t port_;
  PlcCpu cpu_;
  PlcFaults faults_;
  std::mt19937 random_;
  Commands commands_;
  os::Fd listener_;
  os::Loop::Watch listening_;
  std::map<std::uint64_t, std::unique_ptr<PlcClient>> clients_;
  std::uint64_t next_client_ = 0;
  bool hung_ = false;
  bool program_ = true;
  Instant started_{};
  os::Loop::Timer cycle_timer_, restart_timer_;
  std::function<void()> quit_;
};

}  // namespace standstill::sim
