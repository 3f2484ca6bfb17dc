// Header, items and errors: what both sides share.
#include "wire/s7/message.hpp"

#include "wire/s7/frame.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

Range bytes_range(Area area, std::uint16_t db, std::uint32_t byte, std::uint16_t count) {
  return {area, db, WordLength::byte, count, byte * 8};
}

Range bit_range(Area area, std::uint16_t db, std::uint32_t byte, unsigned bit) {
  return {area, db, WordLength::bit, 1, byte * 8 + bit};
}

std::string item_text(ItemCode code) {
  switch (code) {
    case ItemCode::good:
      return "good";
    case ItemCode::hardware:
      return "the PLC reports a hardware fault there";
    case ItemCode::denied:
      return "the PLC denies access: check its protection level, that PUT/GET is allowed, and that the block "
             "is not optimised";
    case ItemCode::address:
      return "the address is outside of what the PLC has there: the block is shorter, or \"optimised "
             "access\" is on";
    case ItemCode::type:
      return "the PLC does not take this type there";
    case ItemCode::size:
      return "the PLC does not take this length there";
    case ItemCode::missing:
      return "the PLC has no such block or address: check the number, and that the block is downloaded";
  }
  return words("the PLC refuses with code ", hex_digits(static_cast<unsigned>(code), 2));
}

std::string header_error_text(std::uint16_t error) {
  switch (error) {
    case header_error::not_implemented:
      return "the PLC does not offer this function (8104): on an S7-1200 or S7-1500 allow PUT/GET access";
    case header_error::pdu:
      return "the PLC finds the message too large or malformed (8500)";
    case 0xD209:
      return "the PLC has no such block (d209): check its number, and that it is downloaded";
    case header_error::needs_password:
      return "the PLC is protected and needs its password (d241)";
    case header_error::wrong_password:
      return "the password is wrong (d602)";
    default:
      return words("the PLC refuses with error ", hex_digits(error, 4));
  }
}

std::expected<Message, std::string> read_message(View payload) {
  if (payload.size() < 10) return std::unexpected("a message is shorter than its header");
  if (get8(payload, 0) != 0x32)
    return std::unexpected(
        get8(payload, 0) == 0x72
            ? "the peer speaks S7commPlus only: allow PUT/GET access in the PLC's protection settings"
            : words("a message begins with ", hex_digits(get8(payload, 0), 2), " instead of 32"));
  const auto kind = get8(payload, 1);
  if (kind != 1 && kind != 2 && kind != 3 && kind != 7)
    return std::unexpected(words("a message has the unknown kind ", hex_digits(kind, 2)));
  Message message{.kind = static_cast<Kind>(kind), .sequence = get16(payload, 4)};
  const bool answers = message.kind == Kind::ack || message.kind == Kind::ack_data;
  const std::size_t head = answers ? 12 : 10;
  const std::size_t parameters = get16(payload, 6);
  const std::size_t data = get16(payload, 8);
  if (payload.size() < head || head + parameters + data != payload.size())
    return std::unexpected(
        words("a message of ", payload.size(), " bytes says that it has ", head + parameters + data));
  if (answers) message.error = get16(payload, 10);
  message.parameters = payload.subspan(head, parameters);
  message.data = payload.subspan(head + parameters, data);
  return message;
}

Bytes message_frame(const Message& message) {
  Bytes frame;
  frame.reserve(data_frame_head + 12 + message.parameters.size() + message.data.size());
  begin_data_frame(frame);
  put(frame, {0x32, static_cast<unsigned>(message.kind), 0x00, 0x00});
  put16(frame, message.sequence);
  put16(frame, static_cast<unsigned>(message.parameters.size()));
  put16(frame, static_cast<unsigned>(message.data.size()));
  if (message.kind == Kind::ack || message.kind == Kind::ack_data) put16(frame, message.error);
  put(frame, message.parameters);
  put(frame, message.data);
  set_frame_length(frame, 0);
  return frame;
}

std::expected<Setup, std::string> read_setup(const Message& message) {
  const View p = message.parameters;
  if (p.size() != 8 || get8(p, 0) != static_cast<unsigned>(Function::setup))
    return std::unexpected("the answer to the setup is none");
  return Setup{get16(p, 2), get16(p, 4), get16(p, 6)};
}

}  // namespace standstill::s7
