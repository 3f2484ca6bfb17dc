// A simulated energy meter: an EM340 as seen over Modbus, on a pseudo terminal (RTU) or in the network (TCP).
//
// Its numbers are plausible and fit each other: power is voltage times current, energy the power so far. It
// can be broken in the ways meters and adapters break. Lives on the loop it is given; every function must be
// called in that loop's thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"
#include "sim/control.hpp"
#include "wire/modbus/rtu.hpp"
#include "wire/modbus/server.hpp"
#include "wire/modbus/tcp.hpp"

namespace standstill::sim {

struct MeterOptions {
  bool tcp = false;  // else a pseudo terminal
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;              // with tcp; 0: a free one
  std::string link{};                  // symbolic link to the pty, re-pointed after a replug; empty: none
  std::vector<std::uint8_t> units{1};  // several meters on one line
  std::string serial = "BX1230045678A";
  std::uint32_t seed = 1;
};

// One meter's registers.
class MeterBank final : public modbus::Bank {
 public:
  MeterBank(std::string serial, std::uint32_t seed);

  void advance(Instant now);  // power flows
  std::expected<bool, modbus::Exception> bit(modbus::Function table, std::uint16_t address) override;
  std::expected<std::uint16_t, modbus::Exception> word(modbus::Function table,
                                                       std::uint16_t address) override;
  modbus::Exception may_write(modbus::Function function, std::uint16_t address) override;
  void write_bit(std::uint16_t address, bool value) override {
    if (!welded_) coils_[address] = value;
  }
  void write_word(std::uint16_t address, std::uint16_t value) override { words_[address] = value; }
  std::vector<std::string> identification() override { return {"Standstill", "EM340 (simulated)", "1"}; }
  // As the EM340 answers: read alone, word 000Bh is the identification code.
  [[nodiscard]] modbus::Pdu reply(std::span<const std::uint8_t> request);

  void refuse(std::uint16_t address) { refused_.insert(address); }
  void refuse_nothing() { refused_.clear(); }
  void energy(double kwh) { energy_kwh_ = kwh; }
  void weld(bool on) { welded_ = on; }            // coils are confirmed, and stay as they are
  void load(double amperes) { load_ = amperes; }  // on each phase

 private:
  void set32(std::uint16_t address, double value, double scale);
  void set16(std::uint16_t address, double value, double scale);

  std::map<std::uint16_t, std::uint16_t> words_;
  std::map<std::uint16_t, bool> coils_;
  std::set<std::uint16_t> refused_;
  std::mt19937 random_;
  Instant at_{};
  double energy_kwh_ = 100.0;
  double load_ = 5.0;
  bool welded_ = false;
};

class Meter {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Meter>, std::string> start(os::Loop& loop,
                                                                                MeterOptions options);
  ~Meter();  // removes the symbolic link
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  [[nodiscard]] const std::string& device() const { return device_; }  // "/dev/pts/N"; empty while unplugged
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] MeterBank& bank(std::uint8_t unit) { return *banks_.at(unit); }
  [[nodiscard]] std::uint64_t answered() const { return answered_; }

  void unplug();  // the device is gone; over TCP: every connection ends, and none is taken
  std::expected<void, std::string> replug();
  void silent(bool on) { silent_ = on; }
  void silent_unit(std::uint8_t unit, bool on);
  void delay(Duration pause) { delay_ = pause; }  // every answer comes so much later
  void corrupt(unsigned answers) { corrupt_ = answers; }

  [[nodiscard]] std::string command(std::string_view line) const { return commands_.answer(line); }
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  struct Client {
    os::Fd fd;
    os::Loop::Watch watch;
    modbus::TcpReader reader;
  };
  Meter(os::Loop& loop, MeterOptions options);
  std::expected<void, std::string> open_pty();
  std::expected<void, std::string> open_port();
  void read_line();
  void serve(int socket);
  void answer(int to, std::uint8_t unit, std::span<const std::uint8_t> request, int transaction);
  void send(int to, std::vector<std::byte> frame);
  void add_commands();

  os::Loop& loop_;
  MeterOptions options_;
  std::map<std::uint8_t, std::unique_ptr<MeterBank>> banks_;
  std::string device_;
  std::uint16_t port_ = 0;
  os::Fd own_end_, far_end_, listener_;  // the far end is held open, so that the pty outlives its users
  os::Loop::Watch watch_;
  modbus::RtuReader reader_{modbus::RtuReader::Side::requests};
  Instant last_byte_{};
  std::map<int, Client> clients_;
  std::map<std::uint64_t, os::Loop::Timer> late_;
  std::uint64_t next_late_ = 0;
  bool silent_ = false;
  std::set<std::uint8_t> silent_units_;
  Duration delay_{};
  unsigned corrupt_ = 0;
  std::uint64_t answered_ = 0;
  Commands commands_;
  std::function<void()> quit_;
};

}  // namespace standstill::sim
