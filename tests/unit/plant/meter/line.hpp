// Meters on a simulated line in simulated time: what the bus sends is answered as devices do, or as badly as
// a test wants.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "plant/meter/bus.hpp"
#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/server.hpp"

namespace standstill::meter::test {

inline constexpr Instant start = instant_from_ns(1'000'000'000'000);

struct FakeMeter : modbus::Bank {
  std::map<std::uint16_t, std::uint16_t> words;
  std::set<std::uint16_t> refused, busy;
  bool silent = false;
  bool address_is_value = false;  // every register says which one it is
  int spoil = 0;                  // so many answers get a wrong bit
  int answered = 0;
  Duration takes = 10ms;

  FakeMeter() {
    set32(0x00, 2305);
    set32(0x28, 12345);
    set32(0x34, 1000);
    const std::string serial = "BX1230045678A";
    for (std::uint16_t i = 0; i < 7; ++i)
      words[static_cast<std::uint16_t>(0x5000 + i)] = static_cast<std::uint16_t>(
          serial[2U * i] << 8 | (2U * i + 1 < serial.size() ? serial[2U * i + 1] : 0));
  }
  void set32(std::uint16_t address, std::uint32_t value) {  // low word first, as the EM340 has it
    words[address] = static_cast<std::uint16_t>(value & 0xFFFFU);
    words[static_cast<std::uint16_t>(address + 1)] = static_cast<std::uint16_t>(value >> 16U);
  }
  std::expected<bool, modbus::Exception> bit(modbus::Function, std::uint16_t) override { return false; }
  std::expected<std::uint16_t, modbus::Exception> word(modbus::Function, std::uint16_t address) override {
    if (refused.contains(address)) return std::unexpected(modbus::Exception::illegal_address);
    if (busy.contains(address)) return std::unexpected(modbus::Exception::busy);
    if (address_is_value) return address;
    return words[address];
  }
  modbus::Exception may_write(modbus::Function, std::uint16_t) override { return modbus::Exception::none; }
  void write_bit(std::uint16_t, bool) override {}
  void write_word(std::uint16_t address, std::uint16_t value) override { words[address] = value; }

  modbus::Pdu reply_to(std::span<const std::uint8_t> request) {
    // Read alone, the high word of a voltage is the identification code.
    if (request[0] == 3 && request[2] == 0x0B && request[1] == 0 && request[4] == 1)
      return *modbus::Pdu::from(std::array<std::uint8_t, 4>{3, 2, 0x01, 0x55});
    return modbus::answer(*this, request);
  }
};

class SimulatedLine {
 public:
  Instant now = start;
  link::TagTable tags;
  std::map<std::uint8_t, FakeMeter> meters;
  std::string path = "/dev/serial/by-id/usb-A";
  std::unique_ptr<Bus> bus;
  const modbus::RtuClient* client = nullptr;
  std::vector<std::string> said;
  std::vector<std::string> changes;  // "m1 online"
  std::vector<Verdict> sensors;
  std::map<std::string, int> samples;
  std::mt19937 random{7};
  link::Timing timing;    // of devices added from now on
  Duration late_up_to{};  // beyond the time-out, for one answer in four
  std::uint64_t steps = 0;

  explicit SimulatedLine(Duration latest = 5s) {
    modbus::RtuClient::Settings settings;
    settings.gap = 40ms;
    settings.latest = latest;
    auto made = std::make_unique<modbus::RtuClient>(settings);
    client = made.get();
    bus = std::make_unique<Bus>(std::move(made), settings.time_out, [this] { return path; });
  }

  Device& add(std::uint8_t unit, Profile profile = em340(), Duration poll = 1s) {
    DeviceSettings settings;
    settings.id = "m" + std::to_string(unit);
    settings.kind = "modbus-rtu";
    settings.unit = unit;
    settings.profile = std::move(profile);
    settings.poll = poll;
    settings.timing = timing;
    meters[unit];
    return bus->add(std::make_unique<Device>(
        settings, tags, [this] { return to_ns(now); },
        Device::Listener{
            .changed =
                [this](const link::Status& status, link::State, std::string_view) {
                  changes.push_back(status.id + " " + std::string(name(status.state)));
                },
            .sensor = [this](const Verdict& verdict) { sensors.push_back(verdict); },
            .said = [this](std::string_view code, const std::string&) { said.emplace_back(code); },
            .sampled = [this, id = settings.id] { ++samples[id]; }},
        unit));
  }

  void open() {
    bus->link_changed(link::State::probing, "connected", now);
    bus->connected(now);
    settle();
  }
  void close(const char* why = "the serial device is gone") {
    static_cast<void>(bus->ended(now));
    bus->link_changed(link::State::lost, why, now);
    due_ = {};
  }
  void pass(Duration length) {
    const Instant end = now + length;
    while (now < end) {
      Instant next = std::min(end, bus->deadline());
      if (!due_.empty()) next = std::min(next, due_.top().at);
      now = std::max(now, next);
      ++steps;
      while (!due_.empty() && due_.top().at <= now) {
        const auto bytes = due_.top().bytes;
        due_.pop();
        if (!bus->feed(bytes, now)) {
          close("the session gave up");
          return;
        }
        static_cast<void>(bus->work(now));
      }
      if (bus->deadline() <= now) bus->tick(now);
      settle();
    }
  }
  [[nodiscard]] const link::Tag& tag(const std::string& name) { return tags.get(*tags.find(name)); }

 private:
  struct Due {
    Instant at;
    std::vector<std::byte> bytes;
    bool operator<(const Due& other) const { return at > other.at; }
  };

  void settle() {
    const auto out = bus->output();
    if (out.empty()) return;
    const std::vector<std::byte> sent(out.begin(), out.end());
    bus->sent(sent.size());
    modbus::RtuReader reader(modbus::RtuReader::Side::requests);
    for (std::span<const std::byte> left = sent; !left.empty();) {
      ASSERT_EQ(reader.read(left), modbus::RtuReader::Result::frame);
      const auto found = meters.find(reader.unit());
      if (found == meters.end() || found->second.silent) continue;
      FakeMeter& meter = found->second;
      // A device has one buffer: while it owes answers for longer than that, it does not hear.
      if (busy_[reader.unit()] > now + 4s) continue;
      std::vector<std::byte> reply;
      modbus::append_rtu(reply, reader.unit(), meter.reply_to(reader.pdu()));
      if (meter.spoil > 0) {
        --meter.spoil;
        reply[3] ^= std::byte{4};
      }
      ++meter.answered;
      Duration takes =
          meter.takes + modbus::character_time(9600) * static_cast<int>(sent.size() + reply.size());
      if (late_up_to > Duration::zero() && random() % 4 == 0)
        takes += Duration(static_cast<std::int64_t>(random()) * 4 % late_up_to.count());
      // A device works in turn: what it owes comes first.
      busy_[reader.unit()] = std::max(busy_[reader.unit()], now) + takes;
      due_.push({busy_[reader.unit()], std::move(reply)});
    }
  }

  std::priority_queue<Due> due_;
  std::map<std::uint8_t, Instant> busy_;
};

}  // namespace standstill::meter::test
