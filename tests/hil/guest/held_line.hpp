// A GPIO line in the hands of another program.
#pragma once

#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {

class HeldLine {
 public:
  // As an input. Throws when somebody else has it.
  HeldLine(const SimChip& chip, unsigned line) {
    const int device = ::open(chip.device().c_str(), O_RDWR | O_CLOEXEC);
    gpio_v2_line_request wanted{};
    wanted.offsets[0] = line;
    wanted.num_lines = 1;
    wanted.config.flags = GPIO_V2_LINE_FLAG_INPUT;
    std::strcpy(wanted.consumer, "thief");
    const bool got = ::ioctl(device, GPIO_V2_GET_LINE_IOCTL, &wanted) == 0;
    ::close(device);
    if (!got) throw std::runtime_error("the line cannot be had");
    fd_ = wanted.fd;
  }
  ~HeldLine() { ::close(fd_); }
  HeldLine(const HeldLine&) = delete;
  HeldLine& operator=(const HeldLine&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace standstill::hil
