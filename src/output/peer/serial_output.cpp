#include "output/peer/serial_output.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include "os/clock.hpp"
#include "output/peer/serial_line.hpp"

namespace standstill::output {

Outcome SerialOutput::trouble(const char* what) const {
  Outcome outcome;
  outcome.trouble.assign(std::string(output_.device.view()) + ": " + what);
  return outcome;
}

int SerialOutput::shareable_fd() const { return line_ ? line_->fd() : -1; }

void SerialOutput::adopt(os::Fd fd) { line_ = SerialLine::adopt(output_, std::move(fd)); }

void SerialOutput::let_go() {
  if (!line_ || !line_->gone()) return;
  line_.reset();
  terminate_first_ = true;  // the relay may have heard half of something
}

bool SerialOutput::open() {
  if (!line_) line_ = SerialLine::open(output_);
  return line_ != nullptr;
}

Outcome SerialOutput::probe() {
  if (line_ && line_->gone()) {
    // Said once even when it is back already: what lost its power has forgotten what it was told.
    line_.reset();
    terminate_first_ = true;
    return trouble("the device was unplugged");
  }
  if (!open()) return trouble(errno == ENOENT ? "the device is not there" : std::strerror(errno));
  Outcome outcome;
  outcome.good = true;
  return outcome;
}

Outcome SerialOutput::apply(bool run, const Abort& abort) {
  if (line_ && line_->gone()) {
    line_.reset();
    terminate_first_ = true;  // the relay may have heard half of something
  }
  if (!open()) return trouble(errno == ENOENT ? "the device is not there" : std::strerror(errno));
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  Outcome outcome;
  const auto end = line_->command((run ? output_.run_bytes : output_.safe_bytes).view(),
                                  (run ? output_.reply_run : output_.reply).view(), terminate_first_, until,
                                  abort, outcome.commanded);
  const Instant commanded = outcome.commanded;
  if (commanded != Instant{}) terminate_first_ = false;
  switch (end) {
    case SerialLine::End::confirmed:
      outcome.good = true;
      return outcome;
    case SerialLine::End::unconfirmed:
      outcome = trouble(run ? "the relay did not confirm run" : "the relay did not confirm safe");
      break;
    case SerialLine::End::stuck:
      outcome = trouble("the line takes no bytes");
      break;
    case SerialLine::End::failed:
      outcome = trouble(std::strerror(errno));
      line_.reset();
      terminate_first_ = true;
      break;
  }
  outcome.commanded = commanded;
  return outcome;
}

}  // namespace standstill::output
