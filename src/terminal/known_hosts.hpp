// The names under which this server may be asked over TCP.
//
// A browser lets a page read what its own host answers. Whoever owns a name on the internet can have it
// answered with this machine's address (DNS rebinding), and a page of his then reads and asks here as if it
// were ours. What gives it away is the Host header (RFC 9110, section 7.2), which the browser fills with the
// name that it was led to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace standstill::terminal {

class KnownHosts {
 public:
  // `more`: names without a port, beside those that are always known: every IP address written as one,
  // localhost, and this machine's own name, also with ".local" behind it.
  explicit KnownHosts(std::vector<std::string> more);

  // `header`: the Host header, with or without a port. None at all is known: every browser sends one.
  [[nodiscard]] bool knows(std::string_view header) const;

 private:
  std::vector<std::string> names_;  // lower case
};

}  // namespace standstill::terminal
