#include "wire/mqtt/packet.hpp"

#include <algorithm>
#include <array>

namespace standstill::mqtt {
namespace {

void put_word(std::string& into, std::size_t value) {
  into += static_cast<char>(value >> 8U & 0xFFU);
  into += static_cast<char>(value & 0xFFU);
}

void put_text(std::string& into, std::string_view text) {
  text = text.substr(0, 0xFFFF);
  put_word(into, text.size());
  into += text;
}

std::string packet(std::uint8_t first, const std::string& rest) {
  std::string made(1, static_cast<char>(first));
  std::size_t length = rest.size();
  do {
    const auto digit = static_cast<std::uint8_t>(length & 0x7FU);
    length >>= 7U;
    made += static_cast<char>(length > 0 ? digit | 0x80U : digit);
  } while (length > 0);
  return made + rest;
}

std::uint8_t byte(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

}  // namespace

std::string connect(const Connect& what) {
  constexpr unsigned clean = 0x02, will = 0x04, will_qos1 = 0x08, password = 0x40, user = 0x80;
  unsigned flags = clean;
  if (!what.will_topic.empty()) flags |= will | will_qos1;
  if (!what.user.empty()) flags |= user;
  if (!what.user.empty() && !what.password.empty()) flags |= password;
  std::string rest;
  put_text(rest, "MQTT");
  rest += '\x04';
  rest += static_cast<char>(flags);
  put_word(rest, what.keep_alive_s);
  put_text(rest, what.client_id);
  if ((flags & will) != 0) {
    put_text(rest, what.will_topic);
    put_text(rest, what.will_message);
  }
  if ((flags & user) != 0) put_text(rest, what.user);
  if ((flags & password) != 0) put_text(rest, what.password);
  return packet(0x10, rest);
}

std::string publish(std::string_view topic, std::string_view message, std::uint16_t number) {
  std::string rest;
  put_text(rest, topic);
  put_word(rest, number);
  rest += message;
  return packet(0x32, rest);
}

std::string ping() { return packet(0xC0, {}); }
std::string disconnect() { return packet(0xE0, {}); }

std::optional<Packet> read(std::string_view received) {
  std::size_t length = 0, at = 1;
  for (unsigned shift = 0;; shift += 7, ++at) {
    if (shift > 21) return Packet{};
    if (at >= received.size()) return std::nullopt;
    length |= static_cast<std::size_t>(byte(received, at) & 0x7FU) << shift;
    if ((byte(received, at) & 0x80U) == 0) break;
  }
  ++at;
  if (received.size() < at + length) return std::nullopt;
  Packet packet;
  packet.size = at + length;
  const auto kind = static_cast<Kind>(byte(received, 0) >> 4U);
  if (kind == Kind::connack || kind == Kind::puback) {
    if (length != 2) return Packet{};
    packet.code = byte(received, at + 1);
    packet.number = static_cast<std::uint16_t>(byte(received, at) << 8U | byte(received, at + 1));
  }
  if (kind == Kind::connack || kind == Kind::puback || kind == Kind::pingresp) packet.kind = kind;
  return packet;
}

std::string_view refusal(std::uint8_t code) {
  constexpr std::array<std::string_view, 6> names{
      "accepted",        "it speaks another version of MQTT", "it does not accept this client's name",
      "it is not ready", "wrong user name or password",       "this user may not connect"};
  return code < names.size() ? names[code] : "an unknown reason";
}

}  // namespace standstill::mqtt
