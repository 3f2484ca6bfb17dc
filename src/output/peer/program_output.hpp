// An output that a program of the user's brings about: exit code 0 confirms.
#pragma once

#include "output/peer/peer_output.hpp"

namespace standstill::output {

class ProgramOutput : public PeerOutput {
 public:
  explicit ProgramOutput(const plan::Output& output) : output_(output) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;
  Duration probe_interval() const override { return 10s; }

 private:
  const plan::Output& output_;
};

}  // namespace standstill::output
