#include <algorithm>
#include <array>
#include <cmath>

#include "sim/meter.hpp"

namespace standstill::sim {

using modbus::Exception;
using modbus::Function;

namespace {
constexpr std::uint16_t last_measured = 0x0051;
constexpr std::uint16_t first_own = 0x1000;  // registers for whoever wants to write: 1000h to 10FFh
constexpr std::uint16_t serial_at = 0x5000;
}  // namespace

MeterBank::MeterBank(std::string serial, std::uint32_t seed) : random_(seed) {
  serial.resize(14, '\0');
  for (std::uint16_t i = 0; i < 7; ++i)
    words_[static_cast<std::uint16_t>(serial_at + i)] = static_cast<std::uint16_t>(
        static_cast<unsigned char>(serial[2U * i]) << 8 | static_cast<unsigned char>(serial[2U * i + 1]));
  words_[0x0302] = 1;
  words_[0x0303] = 4;
  advance(Instant{});
}

void MeterBank::set32(std::uint16_t address, double value, double scale) {
  const auto raw = static_cast<std::uint32_t>(static_cast<std::int64_t>(std::llround(value / scale)));
  words_[address] = static_cast<std::uint16_t>(raw & 0xFFFFU);  // least significant word first
  words_[static_cast<std::uint16_t>(address + 1)] = static_cast<std::uint16_t>(raw >> 16U);
}

void MeterBank::set16(std::uint16_t address, double value, double scale) {
  words_[address] = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(value / scale)));
}

void MeterBank::advance(Instant now) {
  std::uniform_real_distribution<double> wobble(-1.0, 1.0);
  constexpr double pf = 0.96;
  double volts_sum = 0, watts_sum = 0;
  for (std::uint16_t phase = 0; phase < 3; ++phase) {
    const double volts = 230.0 + wobble(random_);
    const double amperes = std::max(0.0, load_ + 0.1 * wobble(random_));
    const double va = volts * amperes;
    const auto at = [&](unsigned base) { return static_cast<std::uint16_t>(base + 2U * phase); };
    set32(at(0x00), volts, 0.1);
    set32(at(0x06), volts * std::sqrt(3.0), 0.1);
    set32(at(0x0C), amperes, 0.001);
    set32(at(0x12), va * pf, 0.1);
    set32(at(0x18), va, 0.1);
    set32(at(0x1E), va * std::sqrt(1 - pf * pf), 0.1);
    set16(static_cast<std::uint16_t>(0x2E + phase), pf, 0.001);
    volts_sum += volts;
    watts_sum += va * pf;
  }
  if (at_ != Instant{}) energy_kwh_ += watts_sum / 1000.0 * static_cast<double>((now - at_).count()) / 3.6e12;
  at_ = now;
  set32(0x24, volts_sum / 3, 0.1);
  set32(0x26, volts_sum / std::sqrt(3.0), 0.1);
  set32(0x28, watts_sum, 0.1);
  set32(0x2A, watts_sum / pf, 0.1);
  set32(0x2C, watts_sum / pf * std::sqrt(1 - pf * pf), 0.1);
  set16(0x31, pf, 0.001);
  set16(0x32, 0, 1);
  set16(0x33, 50.0 + 0.05 * wobble(random_), 0.1);
  set32(0x34, energy_kwh_, 0.1);
  set32(0x38, watts_sum, 0.1);
  set32(0x3A, std::max(watts_sum, 5000.0), 0.1);
  set32(0x3C, energy_kwh_, 0.1);
  for (std::uint16_t i = 0; i < 3; ++i) set32(static_cast<std::uint16_t>(0x40 + 2 * i), energy_kwh_ / 3, 0.1);
  set32(0x46, energy_kwh_, 0.1);
}

std::expected<bool, Exception> MeterBank::bit(Function, std::uint16_t address) {
  if (address > 255 || refused_.contains(address)) return std::unexpected(Exception::illegal_address);
  return coils_[address];
}

std::expected<std::uint16_t, Exception> MeterBank::word(Function, std::uint16_t address) {
  const bool own = address >= first_own && address < first_own + 256;
  const bool there = address <= last_measured || own || words_.contains(address);
  if (!there || refused_.contains(address)) return std::unexpected(Exception::illegal_address);
  return words_[address];
}

Exception MeterBank::may_write(Function function, std::uint16_t address) {
  if (refused_.contains(address)) return Exception::illegal_address;
  if (function == Function::write_coil) return address <= 255 ? Exception::none : Exception::illegal_address;
  const bool own = address >= first_own && address < first_own + 256;
  return own ? Exception::none : Exception::illegal_address;
}

modbus::Pdu MeterBank::reply(std::span<const std::uint8_t> request) {
  const std::array<std::uint8_t, 5> code{3, 0, 0x0B, 0, 1};
  if (std::ranges::equal(request, code)) {
    const std::array<std::uint8_t, 4> is{3, 2, 341 >> 8, 341 & 0xFF};
    return *modbus::Pdu::from(is);
  }
  return modbus::answer(*this, request);
}

}  // namespace standstill::sim
