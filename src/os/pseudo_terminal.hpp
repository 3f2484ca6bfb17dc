// A pseudo terminal that others open like a serial device.
#pragma once

#include <optional>
#include <string>

#include "os/fd.hpp"

namespace standstill::os {

class PseudoTerminal {
 public:
  PseudoTerminal() = default;
  ~PseudoTerminal();  // removes the link
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  // Raw, and held open at both ends, so that nothing is lost while nobody has it open. `link`: a symbolic
  // link to make to it; empty for none. Why it cannot be had, a sentence; nothing when it can.
  [[nodiscard]] std::optional<std::string> open(const std::string& link);
  [[nodiscard]] int fd() const { return near_.get(); }  // does not block
  [[nodiscard]] const std::string& device() const { return device_; }

 private:
  Fd near_, far_;
  std::string device_, link_;
};

}  // namespace standstill::os
