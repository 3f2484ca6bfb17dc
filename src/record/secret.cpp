#include "record/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace standstill::record {

namespace {
constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint64_t most_memory = 64U << 20U;
}  // namespace

std::optional<Salt> random_salt() {
  Salt salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return {};
  return salt;
}

std::optional<std::string> random_secret() {
  std::array<unsigned char, 20> bits{};
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1) return {};
  std::string secret;
  for (std::size_t at = 0; at < bits.size() * 8; at += 5) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + 5; ++i)
      value = value << 1U | (unsigned{bits[i / 8]} >> (7U - i % 8U) & 1U);
    secret += base32[value];
  }
  OPENSSL_cleanse(bits.data(), bits.size());
  return secret;
}

std::optional<Hash> scrypt(std::string_view secret, const Salt& salt, const ScryptCost& cost) {
  Hash hash{};
  if (EVP_PBE_scrypt(secret.data(), secret.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p,
                     most_memory, hash.data(), hash.size()) != 1)
    return {};
  return hash;
}

std::optional<Look> first_look(std::string_view secret, const Salt& salt) {
  std::string bytes = "standstill first look";
  bytes.append(salt.begin(), salt.end());
  bytes += secret;
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) return {};
  return Look{digest[0], digest[1]};
}

bool same(const Hash& a, const Hash& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string normal_secret(std::string_view typed) {
  std::string secret;
  for (const char c : typed.substr(0, 256)) {
    if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n') continue;
    secret += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return secret;
}

std::string to_hex(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 15U];
  }
  return text;
}

bool from_hex(std::string_view text, unsigned char* bytes, std::size_t count) {
  if (text.size() != count * 2) return false;
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const int high = value(text[2 * i]);
    const int low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return true;
}

}  // namespace standstill::record
