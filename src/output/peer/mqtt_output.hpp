// A relay or socket that is commanded by a message to an MQTT broker: connected before it is asked.
//
// The broker confirms that it has the message (QoS 1), not that anybody obeyed: that takes a read-back. The
// message that makes it safe is also this connection's last will, so that the broker itself says it when the
// machine dies or its cable is pulled.
#pragma once

#include <string>

#include "output/peer/dialer.hpp"

namespace standstill::output {

class MqttOutput final : public PeerOutput {
 public:
  explicit MqttOutput(const plan::Output& output) : output_(output), dialer_(output) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;
  Duration probe_interval() const override { return std::chrono::milliseconds(output_.probe_ms); }

 private:
  [[nodiscard]] bool connected(Instant until, const Abort& abort);
  [[nodiscard]] bool send(std::string_view bytes, Instant until, const Abort& abort);
  // Waits for one; `number` of a confirmation. False: why_ says why.
  [[nodiscard]] bool hear(int kind, std::uint16_t number, Instant until, const Abort& abort);
  [[nodiscard]] bool fail(std::string why);

  const plan::Output& output_;
  Dialer dialer_;
  os::Fd fd_;
  std::string heard_;  // received, and not understood yet
  std::string why_;
  std::uint16_t number_ = 0;
};

}  // namespace standstill::output
