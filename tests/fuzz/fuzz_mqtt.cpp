// links: wire/mqtt
// Any bytes from a broker: a packet does not depend on how the stream was cut, takes no more than there is,
// and what is not complete becomes complete or is beyond repair. Any texts of a configuration: what is sent
// is one whole packet.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/mqtt/packet.hpp"

using namespace standstill;

namespace {

bool same(const mqtt::Packet& one, const mqtt::Packet& other) {
  return one.kind == other.kind && one.code == other.code && one.number == other.number &&
         one.size == other.size;
}

void stream(std::string_view received) {
  while (const auto packet = mqtt::read(received)) {
    if (packet->size == 0) return;  // beyond repair
    if (packet->size > received.size()) std::abort();
    // Of its own bytes alone it is the same; of fewer it is not there yet.
    const auto alone = mqtt::read(received.substr(0, packet->size));
    if (!alone || !same(*alone, *packet)) std::abort();
    if (mqtt::read(received.substr(0, packet->size - 1))) std::abort();
    if (packet->kind == mqtt::Kind::connack && mqtt::refusal(packet->code).empty()) std::abort();
    received.remove_prefix(packet->size);
  }
}

void whole(std::string_view sent) {
  const auto packet = mqtt::read(sent);
  if (!packet || packet->size != sent.size() || packet->kind != mqtt::Kind::other) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  stream(bytes);
  const std::size_t cut = bytes.empty() ? 0 : (data[0] << 8U | data[1]) % bytes.size();
  const auto first = bytes.substr(0, cut);
  const auto second = bytes.substr(cut);
  whole(mqtt::publish(first, second, static_cast<std::uint16_t>(size)));
  whole(mqtt::connect({.client_id = first,
                       .keep_alive_s = data[1],
                       .user = second,
                       .password = first,
                       .will_topic = second,
                       .will_message = first}));
  whole(mqtt::connect(
      {.client_id = second, .user = {}, .password = first, .will_topic = {}, .will_message = {}}));
  return 0;
}
