// An output that takes time: a serial relay, an HTTP relay, a program. Only cutters hold these, one thread an
// output.
#pragma once

#include <functional>
#include <memory>

#include "kernel/text.hpp"
#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::output {

struct Outcome {
  bool good = false;
  FixedText<96> trouble;  // a sentence when not good
  Instant commanded{};    // when the command had been written; Instant{}: it was not
};

// Asked while a `run` command is under way: true ends it at once, because a cut came meanwhile.
using Abort = std::function<bool()>;

class PeerOutput {
 public:
  virtual ~PeerOutput() = default;

  // Commands the peer and waits for its confirmation, at most the output's time-out. `abort` is asked every
  // few ms.
  [[nodiscard]] virtual Outcome apply(bool run, const Abort& abort) = 0;

  // Gets ready to command: opens, connects. Good: apply() will find an open way.
  [[nodiscard]] virtual Outcome probe() = 0;
  [[nodiscard]] virtual Duration probe_interval() const = 0;

  // Called in a takeover, before the first command: whatever the other cutter left half said must not spoil
  // it.
  virtual void take_over() {}

  // A descriptor that the other cutter should hold too; -1 when there is none.
  [[nodiscard]] virtual int shareable_fd() const { return -1; }
  virtual void adopt(os::Fd /*fd*/) {}
  // The other cutter found the device gone: closes what is held of it, unless it is there again.
  virtual void let_go() {}
};

[[nodiscard]] std::unique_ptr<PeerOutput> make_peer_output(const plan::Output& output);

}  // namespace standstill::output
