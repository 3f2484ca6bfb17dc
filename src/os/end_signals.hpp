// The signals by which people, terminals and service managers end a program (signal(7)): INT, TERM, HUP and
// QUIT, read from a descriptor instead of interrupting. PIPE is ignored.
#pragma once

#include <signal.h>

#include <optional>

#include "os/fd.hpp"

namespace standstill::os {

// Made before the first thread, so that all inherit the mask and none is interrupted.
class EndSignals {
 public:
  EndSignals();
  // What has come and was not taken does not end the program after all.
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }  // readable when one has come
  std::optional<int> take() const;                    // its number; never waits

 private:
  sigset_t before_{};
  Fd fd_;
};

}  // namespace standstill::os
