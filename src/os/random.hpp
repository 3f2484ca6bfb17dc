// Random bytes from the kernel, for identities and nonces: getrandom(2), which gives up to 256 bytes whole
// once the machine has begun.
#pragma once

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace standstill::os {

template <std::size_t Count>
[[nodiscard]] std::array<std::uint8_t, Count> random_bytes() {
  static_assert(Count <= 256);
  std::array<std::uint8_t, Count> random{};
  [[maybe_unused]] const auto got = ::getrandom(random.data(), random.size(), 0);
  return random;
}

}  // namespace standstill::os
