// Secrets: made, hashed, compared. Internal to src/record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace standstill::record {

struct ScryptCost {  // RFC 7914, section 2
  std::uint64_t n = 16384;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
  bool operator==(const ScryptCost&) const = default;
};

using Salt = std::array<unsigned char, 16>;
using Hash = std::array<unsigned char, 32>;
using Look = std::array<unsigned char, 2>;

[[nodiscard]] std::optional<Salt> random_salt();  // nothing when the system has no randomness to give
[[nodiscard]] std::optional<std::string> random_secret();  // 160 bits, 32 letters A-Z2-7
[[nodiscard]] std::optional<Hash> scrypt(std::string_view secret, const Salt& salt, const ScryptCost& cost);
// The first bits of SHA-256 over a word of its own, the salt and the secret: too few to find a secret by.
[[nodiscard]] std::optional<Look> first_look(std::string_view secret, const Salt& salt);
[[nodiscard]] bool same(const Hash& a, const Hash& b);  // in constant time
// As it was made: capitals, without the spaces and hyphens that people put between groups. Cut at 256
// characters.
[[nodiscard]] std::string normal_secret(std::string_view typed);

[[nodiscard]] std::string to_hex(const unsigned char* bytes, std::size_t count);
[[nodiscard]] bool from_hex(std::string_view text, unsigned char* bytes, std::size_t count);

}  // namespace standstill::record
