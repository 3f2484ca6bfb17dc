// An input whose every edge counts (a signal, an encoder), as opposed to one whose level does (GpioLine).
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "os/fd.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::output {

// A descriptor that gives `gpio_v2_line_event`s (linux/gpio.h) and does not block. The kernel keeps `kept` of
// them until they are read; its own default is 16 a line.
[[nodiscard]] std::expected<os::Fd, std::string> request_edges(const plan::GpioLine& where,
                                                               const char* consumer, std::uint32_t kept);

}  // namespace standstill::output
