// Host names and addresses.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace standstill::link {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] std::string text() const;  // "127.0.0.1:8051", "[::1]:8051"
};

using Resolved = std::expected<std::vector<Address>, std::string>;

// The addresses of a host, in the order in which they should be tried (address families alternate). Blocks,
// maybe for long, unless `numeric_only`. The error is a sentence for the operator.
[[nodiscard]] Resolved resolve(const std::string& host, std::uint16_t port, bool numeric_only);

}  // namespace standstill::link
