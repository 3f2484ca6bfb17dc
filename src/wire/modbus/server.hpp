// The answering side of Modbus: what a device says to a request. Sans-I/O, for simulated meters and tests.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "wire/modbus/pdu.hpp"

namespace standstill::modbus {

// The device's memory. Every call may refuse; nothing of a refused write happens.
class Bank {
 public:
  virtual ~Bank() = default;
  [[nodiscard]] virtual std::expected<bool, Exception> bit(Function table, std::uint16_t address) = 0;
  [[nodiscard]] virtual std::expected<std::uint16_t, Exception> word(Function table,
                                                                     std::uint16_t address) = 0;
  // Asked for every address before the first one is written.
  [[nodiscard]] virtual Exception may_write(Function function, std::uint16_t address) = 0;
  virtual void write_bit(std::uint16_t address, bool value) = 0;
  virtual void write_word(std::uint16_t address, std::uint16_t value) = 0;
  // Objects 0 (vendor), 1 (product code), 2 (revision), in order; empty: function 43 is refused.
  [[nodiscard]] virtual std::vector<std::string> identification() { return {}; }
};

// The answer to any request, well-formed or not: what makes no sense gets the exception the specification has
// for it.
[[nodiscard]] Pdu answer(Bank& bank, std::span<const std::uint8_t> request);

}  // namespace standstill::modbus
