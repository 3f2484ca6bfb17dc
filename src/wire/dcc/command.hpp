// What a packet says (NMRA S-9.2, S-9.2.1, S-9.2.3). Pure: knows no decoder's address and remembers nothing.
#pragma once

#include <cstdint>

#include "wire/dcc/packet.hpp"

namespace standstill::dcc {

enum class Audience : std::uint8_t { everybody, short_address, long_address, accessory, nobody };

enum class CommandKind : std::uint8_t {
  unknown,   // valid, and nothing this decoder does
  idle,      // FF 00 FF
  reset,     // 00 00 00
  speed,     // of 14, 28 or 126 steps
  function,  // a group of them
  cv,        // read, write or compare a variable
};

enum class CvAct : std::uint8_t { verify, write, bit_verify, bit_write };

struct CvAccess {
  CvAct act = CvAct::verify;
  std::uint16_t number = 0;  // 1 to 1024
  std::uint8_t data = 0;     // a byte; of a bit access: bits 0 to 2 its place, bit 3 its value
  constexpr bool operator==(const CvAccess&) const = default;
};

struct Command {
  CommandKind kind = CommandKind::unknown;
  Audience audience = Audience::nobody;
  std::uint16_t address = 0;  // 1 to 127 short, 0 to 10239 long
  // speed
  std::uint8_t step = 0;   // 0: stop
  std::uint8_t steps = 0;  // 14, 28 or 126
  bool emergency = false;
  bool forward = true;
  // function: bits of F0 to F28 that this group sets, and their values
  std::uint32_t group = 0;
  std::uint32_t functions = 0;
  CvAccess cv{};
};

// `few_steps`: the decoder counts 14 steps (CV29 bit 1 is 0), where 01DCSSSS means something else.
[[nodiscard]] Command decode(const Packet& packet, bool few_steps);

// A service-mode packet in direct mode: 0111CCAA AAAAAAAA DDDDDDDD. The same bytes are an instruction for the
// short addresses 112 to 127 on the main line; only who came from reset packets may ask. kind is cv or
// unknown.
[[nodiscard]] Command decode_service(const Packet& packet);

}  // namespace standstill::dcc
