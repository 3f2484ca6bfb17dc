// A relay that is commanded by an HTTP request: connected before it is asked, proven every 10 s.
//
// The plan compiler made whole requests; this sends the bytes and reads the status line (RFC 9112, section
// 4). 2xx confirms, and where a reply is expected, its text in the answer.
#pragma once

#include <cstdint>
#include <string_view>

#include "output/peer/dialer.hpp"

namespace standstill::output {

class HttpOutput : public PeerOutput {
 public:
  explicit HttpOutput(const plan::Output& output) : output_(output), dialer_(output) {}
  HttpOutput(const plan::Output& output, Dialer::Resolver resolver)
      : output_(output), dialer_(output, std::move(resolver)) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;
  Duration probe_interval() const override { return std::chrono::milliseconds(output_.probe_ms); }

 private:
  int exchange(std::string_view request, std::string_view expect, Instant until, const Abort& abort,
               Instant& commanded);

  const plan::Output& output_;
  Dialer dialer_;
  os::Fd fd_;
};

}  // namespace standstill::output
