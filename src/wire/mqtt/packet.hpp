// The few MQTT packets that an output needs: connect with a will, publish with QoS 1, ping.
//
// Source: MQTT Version 3.1.1 (OASIS, 2014), sections 2.2 (fixed header), 3.1 to 3.4, 3.12, 3.13. Everything
// else that Standstill does with a broker uses libmosquitto; a cut does not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace standstill::mqtt {

// Texts of more than 65535 bytes are cut; a caller's are bounded long before.
struct Connect {
  std::string_view client_id;       // not empty
  std::uint16_t keep_alive_s = 60;  // the broker gives this end up after one and a half times that
  std::string_view user, password;  // empty: none
  std::string_view will_topic;      // empty: none; published with QoS 1, not retained
  std::string_view will_message;
};
[[nodiscard]] std::string connect(const Connect& what);
[[nodiscard]] std::string publish(std::string_view topic, std::string_view message, std::uint16_t number);
[[nodiscard]] std::string ping();
[[nodiscard]] std::string disconnect();

enum class Kind : std::uint8_t { connack = 2, puback = 4, pingresp = 13, other = 0 };

struct Packet {
  Kind kind = Kind::other;
  std::uint8_t code = 0;     // connack: 0 accepted, else why not
  std::uint16_t number = 0;  // puback
  std::size_t size = 0;      // bytes it takes of what was received
};
// The first packet of what was received: nothing while it is not complete. A length that MQTT does not allow
// gives a packet of size 0: the stream is beyond repair.
[[nodiscard]] std::optional<Packet> read(std::string_view received);

// Why a broker refuses (table 3.1): "wrong user name or password".
[[nodiscard]] std::string_view refusal(std::uint8_t code);

}  // namespace standstill::mqtt
