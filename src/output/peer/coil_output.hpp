// A coil of a Modbus device: the device confirms by repeating the command (function 5).
#pragma once

#include "output/peer/coil_line.hpp"

namespace standstill::output {

class CoilOutput final : public PeerOutput {
 public:
  explicit CoilOutput(const plan::Output& output) : output_(output), line_(CoilLine::of(output)) {}
  Outcome apply(bool run, const Abort& abort) override;
  Outcome probe() override;  // reads the coil: an answer that only the device can give
  Duration probe_interval() const override { return std::chrono::milliseconds(output_.probe_ms); }
  int shareable_fd() const override { return line_->shareable_fd(); }
  void adopt(os::Fd fd) override { line_->adopt(std::move(fd)); }
  void let_go() override { line_->let_go(); }

 private:
  const plan::Output& output_;
  std::shared_ptr<CoilLine> line_;
};

}  // namespace standstill::output
