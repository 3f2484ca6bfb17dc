// Modbus messages without their envelope: requests and answers, as client and as server.
//
// Source: MODBUS Application Protocol Specification V1.1b3, sections 4 (sizes), 6 (functions), 7
// (exceptions). Addresses are zero-based, as on the wire. Registers are 16 bits, high byte first; which word
// of a wider value comes first is the device's own business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace standstill::modbus {

enum class Function : std::uint8_t {
  read_coils = 1,
  read_inputs = 2,
  read_holding = 3,
  read_input_registers = 4,
  write_coil = 5,
  write_register = 6,
  write_coils = 15,
  write_registers = 16,
  mask_register = 22,
  read_write = 23,
  identification = 43,  // MEI type 14 only
};

enum class Exception : std::uint8_t {
  none = 0,
  illegal_function = 1,
  illegal_address = 2,
  illegal_value = 3,
  device_failure = 4,
  acknowledge = 5,
  busy = 6,
  memory_parity = 8,
  gateway_path = 10,
  gateway_target = 11,
};
[[nodiscard]] std::string_view name(
    Exception exception);  // "illegal address"; "unknown exception" for others

inline constexpr std::size_t max_pdu = 253;        // bytes
inline constexpr std::size_t max_registers = 125;  // of one read; 123 of one write
inline constexpr std::size_t max_bits = 2000;      // of one read; 1968 of one write
inline constexpr std::uint8_t error_flag = 0x80;

// A function code with its data: 1 to 253 bytes.
class Pdu {
 public:
  constexpr Pdu() = default;
  // Nothing when it is empty or longer than a PDU may be.
  [[nodiscard]] static std::optional<Pdu> from(std::span<const std::uint8_t> bytes);

  [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr std::uint8_t code() const { return bytes_[0]; }
  [[nodiscard]] constexpr std::uint8_t byte(std::size_t at) const { return bytes_[at]; }
  [[nodiscard]] constexpr std::uint16_t word(std::size_t at) const {
    return static_cast<std::uint16_t>(bytes_[at] << 8U | bytes_[at + 1]);
  }
  constexpr void put(std::uint8_t byte) {
    if (size_ < max_pdu) bytes_[size_++] = byte;
  }
  constexpr void put_word(std::uint16_t word) {
    put(static_cast<std::uint8_t>(word >> 8U));
    put(static_cast<std::uint8_t>(word & 0xFFU));
  }
  bool operator==(const Pdu& other) const;

 private:
  std::array<std::uint8_t, max_pdu> bytes_{};
  std::uint8_t size_ = 0;
};

struct Request {
  std::uint8_t unit = 1;  // 1 to 247; 0 is a broadcast on a serial line, and answered by nobody
  Pdu pdu;
  bool operator==(const Request&) const = default;
};

// Counts beyond what a PDU holds are cut to it.
[[nodiscard]] Request read_request(std::uint8_t unit, Function function, std::uint16_t address,
                                   std::uint16_t count);
[[nodiscard]] Request write_coil(std::uint8_t unit, std::uint16_t address, bool on);
[[nodiscard]] Request write_register(std::uint8_t unit, std::uint16_t address, std::uint16_t value);
[[nodiscard]] Request write_coils(std::uint8_t unit, std::uint16_t address, std::span<const bool> values);
[[nodiscard]] Request write_registers(std::uint8_t unit, std::uint16_t address,
                                      std::span<const std::uint16_t> values);
[[nodiscard]] Request mask_register(std::uint8_t unit, std::uint16_t address, std::uint16_t and_mask,
                                    std::uint16_t or_mask);
[[nodiscard]] Request read_write(std::uint8_t unit, std::uint16_t read_address, std::uint16_t read_count,
                                 std::uint16_t write_address, std::span<const std::uint16_t> values);
// level 1 basic, 2 regular, 3 extended, 4 one object; section 6.21.
[[nodiscard]] Request read_identification(std::uint8_t unit, std::uint8_t level = 1, std::uint8_t object = 0);

// Whether `reply` can be the answer to `request`: its function, length, and whatever it repeats of the
// request; or an exception to that function. A read's answer names no address: two reads of as many registers
// have answers that nobody can tell apart.
[[nodiscard]] bool answers(const Pdu& request, std::span<const std::uint8_t> reply);
// Whether an answer to one may pass for an answer to the other, exceptions left aside.
[[nodiscard]] bool alike(const Request& one, const Request& other);

// What an answer says. Only for a reply that answers().
[[nodiscard]] Exception exception_of(std::span<const std::uint8_t> reply);  // none: it is no exception
[[nodiscard]] std::uint16_t register_at(std::span<const std::uint8_t> reply, std::size_t index);
[[nodiscard]] bool bit_at(std::span<const std::uint8_t> reply, std::size_t index);
[[nodiscard]] std::size_t registers_in(std::span<const std::uint8_t> reply);
// The text of one object of an identification answer; nothing when it is not in it. May be torn bytes.
[[nodiscard]] std::optional<std::string_view> identification_object(std::span<const std::uint8_t> reply,
                                                                    std::uint8_t object);

// How long a PDU that begins so will be, for an envelope that does not say: nothing while that cannot be told
// yet; 0 when no answer (or request) begins so.
[[nodiscard]] std::optional<std::size_t> answer_size(std::span<const std::uint8_t> begun);
[[nodiscard]] std::optional<std::size_t> request_size(std::span<const std::uint8_t> begun);

}  // namespace standstill::modbus
