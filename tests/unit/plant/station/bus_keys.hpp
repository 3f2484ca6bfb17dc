// Ids and keys of a bus, as many as a test wants, always the same ones.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "wire/estop/keys.hpp"
#include "wire/estop/message.hpp"

namespace standstill::station {

inline constexpr auto nonce = "0123456789abcdef";

inline std::string id_of(unsigned number) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return estop::uuid_of(bytes);
}

inline estop::Keys master() {
  estop::Secret secret{};
  secret.fill(7);
  return estop::Keys::read(estop::Keys::master_file({"k1", secret})).value();
}
inline estop::Keys keys_of(const std::string& name) {
  return estop::Keys::read(master().station_file(name)).value();
}

}  // namespace standstill::station
