#include "wire/dcc/command.hpp"

#include <span>

namespace standstill::dcc {

namespace {

using Bytes = std::span<const std::uint8_t>;

// A packet for anybody: 00 00 00 and FF 00 FF are whole packets, everything else has an address first.
Bytes addressed(const Packet& packet, Command& command) {
  const Bytes all = packet.view().first(packet.size - 1U);  // without the sum
  const std::uint8_t first = all[0];
  if (first == 0) {
    command.audience = Audience::everybody;
  } else if (first <= 127) {
    command.audience = Audience::short_address;
    command.address = first;
  } else if (first <= 191) {
    command.audience = Audience::accessory;
  } else if (first <= 231) {
    command.audience = Audience::long_address;
    command.address = static_cast<std::uint16_t>((first & 0x3FU) << 8U | all[1]);
    return all.subspan(2);
  }
  return all.subspan(1);
}

void speed_of_few(Command& command, std::uint8_t byte, bool fourteen) {
  command.kind = CommandKind::speed;
  command.forward = (byte & 0x20U) != 0;
  const unsigned low = byte & 0x0FU;
  command.steps = fourteen ? 14 : 28;
  command.emergency = low == 1;
  if (low < 2) return;
  const unsigned fine = low << 1U | (byte >> 4U & 1U);
  command.step = static_cast<std::uint8_t>(fourteen ? low - 1 : fine - 3);
}

void speed_of_many(Command& command, std::uint8_t byte) {
  command.kind = CommandKind::speed;
  command.forward = (byte & 0x80U) != 0;
  const unsigned value = byte & 0x7FU;
  command.steps = 126;
  command.emergency = value == 1;
  command.step = static_cast<std::uint8_t>(value < 2 ? 0 : value - 1);
}

void functions(Command& command, std::uint32_t values, unsigned first, unsigned count) {
  command.kind = CommandKind::function;
  const std::uint32_t mask = (std::uint32_t{1} << count) - 1;
  command.group = mask << first;
  command.functions = (values & mask) << first;
}

void cv_access(Command& command, std::uint8_t high, std::uint8_t low, std::uint8_t data) {
  const unsigned act = high >> 2U & 3U;
  if (act == 0) return;  // reserved
  command.kind = CommandKind::cv;
  command.cv.number = static_cast<std::uint16_t>(((high & 3U) << 8U | low) + 1U);
  command.cv.data = data;
  if (act == 1) command.cv.act = CvAct::verify;
  if (act == 3) command.cv.act = CvAct::write;
  if (act != 2) return;
  if ((data & 0xE0U) != 0xE0U) {  // 111KDBBB
    command.kind = CommandKind::unknown;
    return;
  }
  command.cv.act = (data & 0x10U) != 0 ? CvAct::bit_write : CvAct::bit_verify;
  command.cv.data = data & 0x0FU;
}

}  // namespace

Command decode(const Packet& packet, bool few_steps) {
  Command command;
  if (!packet.valid()) return command;
  if (packet.size == 3 && packet.bytes[0] == 0xFF && packet.bytes[1] == 0) {
    command.kind = CommandKind::idle;
    return command;
  }
  const Bytes said = addressed(packet, command);
  if (said.empty() || command.audience == Audience::nobody || command.audience == Audience::accessory)
    return command;
  const std::uint8_t what = said[0];
  if (command.audience == Audience::everybody && what == 0 && packet.size == 3) {
    command.kind = CommandKind::reset;
    return command;
  }
  if ((what & 0xC0U) == 0x40U && said.size() == 1) {
    // To everybody only a stop is ever sent: 01DC000S. A speed would start a whole fleet.
    if (command.audience == Audience::everybody && (what & 0x0EU) != 0) return command;
    speed_of_few(command, what, few_steps);
  } else if (what == 0x3F && said.size() == 2) {
    if (command.audience == Audience::everybody && (said[1] & 0x7EU) != 0) return command;  // the same
    speed_of_many(command, said[1]);
  } else if ((what & 0xE0U) == 0x80U && said.size() == 1) {
    functions(command, (what & 0x0FU) << 1U | (what >> 4U & 1U), 0, 5);
  } else if ((what & 0xF0U) == 0xB0U && said.size() == 1) {
    functions(command, what, 5, 4);
  } else if ((what & 0xF0U) == 0xA0U && said.size() == 1) {
    functions(command, what, 9, 4);
  } else if (what == 0xDE && said.size() == 2) {
    functions(command, said[1], 13, 8);
  } else if (what == 0xDF && said.size() == 2) {
    functions(command, said[1], 21, 8);
  } else if ((what & 0xF0U) == 0xE0U && said.size() == 3) {
    cv_access(command, what, said[1], said[2]);
  }
  return command;
}

Command decode_service(const Packet& packet) {
  Command command;
  if (!packet.valid() || packet.size != 4 || (packet.bytes[0] & 0xF0U) != 0x70U) return command;
  command.audience = Audience::everybody;
  cv_access(command, packet.bytes[0], packet.bytes[1], packet.bytes[2]);
  return command;
}

}  // namespace standstill::dcc
