// What a text must look like to be a host, a URL, a time zone …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"
#include "config/problem.hpp"

namespace standstill::config {

struct Complaint {
  Fault fault;
  std::string message;  // continues "key = "text"": "is no host name"
  std::string hint;
};

[[nodiscard]] std::optional<Complaint> complain(Format format, std::string_view text);

struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};
[[nodiscard]] std::optional<HostPort> parse_host_port(
    std::string_view text);                         // "127.0.0.1:8080", "[::1]:8080"
[[nodiscard]] bool is_host(std::string_view text);  // a name or an address
[[nodiscard]] bool is_loopback(std::string_view host);

struct Url {
  std::string scheme;
  std::string host;
  std::optional<std::uint16_t> port;
  std::string target;  // path and query, at least "/"
  bool has_user = false;
};
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// Of "unix:///PATH": the path, at most 107 bytes.
[[nodiscard]] std::optional<std::string> socket_path(std::string_view url);

// The one of `known` that was probably meant; empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view written, const std::vector<std::string_view>& known);

}  // namespace standstill::config
