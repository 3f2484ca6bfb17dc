// Keys of the bus: a controller's master keys, from which every station's key is derived, so that a station
// can check what is meant for it and forge nothing for anybody else.
//
// A station's key is HKDF-SHA256 (RFC 5869) of the master key, without salt, with the instance's name as
// info, 32 bytes. A MAC is HMAC-SHA256 (RFC 2104) in lower-case hexadecimal.
//
// The file has one key a line, the newest first:
//   standstill-bus-key v1 master KEYID 64HEX
//   standstill-bus-key v1 station INSTANCE KEYID 64HEX
//   standstill-bus-key v1 stop KEYID 64HEX
// The last kind stands in a station's file beside its own keys: it is derived like them, under the name
// `everyone`, is the same for all, and signs nothing but stops on the second path (direct.hpp).
// The first signs, each checks: a key is rotated by putting the new one on top, and taking the old one out
// when everybody has the new one. Empty lines and lines that begin with '#' mean nothing.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::estop {

using Secret = std::array<std::uint8_t, 32>;

[[nodiscard]] Secret derive(const Secret& master, std::string_view instance);
[[nodiscard]] std::string mac(const Secret& key, std::string_view text);
// UUIDv4 of a text, the same for everybody who holds it.
[[nodiscard]] std::string uuid_for(std::string_view text);
// In a time that does not depend on where they differ.
[[nodiscard]] bool same(std::string_view a, std::string_view b);

// No instance can be called so.
inline constexpr std::string_view everyone = "_stop";

class Keys {
 public:
  struct Key {
    std::string id;  // 1 to 32 of [a-z0-9-]
    Secret secret{};
  };
  // The error is a sentence that names the line and never its contents.
  [[nodiscard]] static std::expected<Keys, std::string> read(std::string_view file);
  // For who holds the master key: the same file for one station.
  [[nodiscard]] std::string station_file(std::string_view instance) const;
  // A new master key file.
  [[nodiscard]] static std::string master_file(const Key& key);

  [[nodiscard]] bool master() const { return master_; }
  [[nodiscard]] const std::string& instance() const { return instance_; }  // of a station's file
  // The keys that belong to `instance`, the signing one first; none when this file has none for it. That of
  // `everyone` is missing in a station's file that was derived before there was a second path.
  [[nodiscard]] std::vector<Key> of(std::string_view instance) const;

 private:
  bool master_ = false;
  std::string instance_;
  std::vector<Key> keys_;
  std::vector<Secret> extracted_;  // of the master keys, HKDF's first half: it is the same for every instance
  std::vector<Key> stop_keys_;     // of everyone: from a station's file, or derived
};

}  // namespace standstill::estop
