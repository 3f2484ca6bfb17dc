// Ways to a network output: its addresses, a connection to one of them, and waiting that a cut can end.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "output/peer/peer_output.hpp"

namespace standstill::output {

struct PeerAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] bool operator==(const PeerAddress& other) const;
};

class Dialer {
 public:
  // The addresses of a host, at least one, or why there are none. Blocks.
  using Resolver = std::function<std::expected<std::vector<PeerAddress>, std::string>(const char* host,
                                                                                      std::uint16_t port)>;

  explicit Dialer(const plan::Output& output);
  Dialer(const plan::Output& output, Resolver resolver) : output_(output), resolver_(std::move(resolver)) {}

  // Asks for the host's addresses anew; those that worked before are better than none.
  bool resolve();
  // Every address of the host, the one that answered last first; each has an equal share of what time is
  // left. Resolves when it knows none.
  os::Fd dial(Instant until, const Abort& abort);
  [[nodiscard]] const std::string& why() const { return why_; }  // after a failure, a sentence
  // "192.168.1.100:80: `what`", not good.
  [[nodiscard]] Outcome trouble(const std::string& what) const;

 private:
  os::Fd connect_to(const PeerAddress& address, Instant until, const Abort& abort);

  const plan::Output& output_;
  Resolver resolver_;
  std::vector<PeerAddress> addresses_;
  std::size_t first_ = 0;  // to be tried
  std::string why_;
};

// For poll(2): until then, in slices between which a cut is looked for.
[[nodiscard]] int slice(Instant until);
// Nothing has arrived on it and it has not ended: bytes nobody asked for are a reason to start afresh.
[[nodiscard]] bool still_quiet(const os::Fd& fd);
enum class Sent { all, late, closed };
Sent send_all(const os::Fd& fd, const void* bytes, std::size_t count, Instant until, const Abort& abort);

}  // namespace standstill::output
