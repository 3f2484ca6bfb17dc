// A relay on a serial line that is commanded by text: kept open, reopened when the device returns.
#pragma once

#include "output/peer/peer_output.hpp"

namespace standstill::output {

class SerialLine;

class SerialOutput : public PeerOutput {
 public:
  explicit SerialOutput(const plan::Output& output) : output_(output) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;
  Duration probe_interval() const override { return 250ms; }
  void take_over() override { terminate_first_ = true; }
  int shareable_fd() const override;
  void adopt(os::Fd fd) override;
  void let_go() override;

 private:
  bool open();
  [[nodiscard]] Outcome trouble(const char* what) const;

  const plan::Output& output_;
  std::shared_ptr<SerialLine> line_;  // shared with the other outputs of the same device
  bool terminate_first_ = false;
};

}  // namespace standstill::output
