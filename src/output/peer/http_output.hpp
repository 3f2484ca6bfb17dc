// A relay that is commanded by an HTTP request: connected before it is asked, proven every 10 s.
//
// The plan compiler made whole requests; this sends the bytes and reads the status line (RFC 9112, section
// 4). 2xx confirms, and where a reply is expected, its text in the answer.
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include "output/peer/peer_output.hpp"

namespace standstill::output {

class HttpOutput : public PeerOutput {
 public:
  explicit HttpOutput(const plan::Output& output) : output_(output) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;
  Duration probe_interval() const override { return 10s; }

 private:
  bool resolve();
  os::Fd dial(Instant until, const Abort& abort);
  [[nodiscard]] bool still_open() const;
  int exchange(std::string_view request, std::string_view expect, Instant until, const Abort& abort,
               Instant& commanded);
  [[nodiscard]] Outcome trouble(const std::string& what) const;

  const plan::Output& output_;
  os::Fd fd_;
  sockaddr_storage address_{};
  socklen_t address_length_ = 0;
  std::string why_;
};

}  // namespace standstill::output
