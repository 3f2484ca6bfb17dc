// The second path of a stop: a datagram straight from its sender to every member that it knows, so that a
// dead or slow server delays nobody. Nothing but a stop can be said on it, and nothing can be released.
//
// A datagram is {"signed": TEXT, "key_id": ID, "mac": MAC}: TEXT is the message of format v1.0.0 exactly as
// it is published too, so that whichever comes second is known by its id as a copy. The key is that of
// `everyone`: every member has it, and nobody else; a listener that anybody can reach therefore obeys members
// only (whoever has no key stops over the server, which wants none).
//
// Who can be reached where is retained in the key `estop:paths`, written by the controller that leads, signed
// with the same key. The MACs begin with a word each of their own, so that neither passes for the other.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "wire/estop/keys.hpp"

namespace standstill::estop {

inline constexpr std::size_t longest_datagram = 8UL * 1024;  // bytes

// Empty when there is no key for it, or it would be longer than that.
[[nodiscard]] std::string write_direct(std::string_view stop, const Keys& keys);
// The text inside, to be judged like one from the stop channel.
[[nodiscard]] std::expected<std::string, std::string> read_direct(std::string_view datagram,
                                                                  const Keys& keys);

struct Path {
  std::string instance;
  std::string address;  // "10.0.0.7:40312", "[fd00::7]:40312"
  bool operator==(const Path&) const = default;
};
inline constexpr std::size_t most_paths = 4096;

[[nodiscard]] std::string write_paths(const std::vector<Path>& paths, const Keys& keys);
[[nodiscard]] std::expected<std::vector<Path>, std::string> read_paths(std::string_view text,
                                                                       const Keys& keys);

}  // namespace standstill::estop
