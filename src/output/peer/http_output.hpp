// A relay that is commanded by an HTTP request: connected before it is asked, proven every 10 s.
//
// The plan compiler made whole requests; this sends the bytes and reads the status line (RFC 9112, section
// 4). 2xx confirms, and where a reply is expected, its text in the answer.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "output/peer/peer_output.hpp"

namespace standstill::output {

struct HttpAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] bool operator==(const HttpAddress& other) const;
};

class HttpOutput : public PeerOutput {
 public:
  // The addresses of a host, at least one, or why there are none. Blocks.
  using Resolver = std::function<std::expected<std::vector<HttpAddress>, std::string>(const char* host,
                                                                                      std::uint16_t port)>;

  explicit HttpOutput(const plan::Output& output);
  HttpOutput(const plan::Output& output, Resolver resolver)
      : output_(output), resolver_(std::move(resolver)) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;
  Duration probe_interval() const override { return 10s; }

 private:
  bool resolve();
  // Every address of the host, the one that answered last first; each has an equal share of what time is
  // left.
  os::Fd dial(Instant until, const Abort& abort);
  os::Fd connect_to(const HttpAddress& address, Instant until, const Abort& abort);
  [[nodiscard]] bool still_open() const;
  int exchange(std::string_view request, std::string_view expect, Instant until, const Abort& abort,
               Instant& commanded);
  [[nodiscard]] Outcome trouble(const std::string& what) const;

  const plan::Output& output_;
  Resolver resolver_;
  os::Fd fd_;
  std::vector<HttpAddress> addresses_;
  std::size_t first_ = 0;  // to be tried
  std::string why_;
};

}  // namespace standstill::output
