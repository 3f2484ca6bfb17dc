// The latency timer of USB serial adapters: how long they hold back what arrived before they hand it over.
// FTDI chips start with 16 ms, which is most of the time that a short Modbus answer takes.
//
// Source: the sysfs attribute latency_timer of the Linux driver ftdi_sio (drivers/usb/serial/ftdi_sio.c),
// 1 to 255 ms; writable by root, or by whom a udev rule allows it.
#pragma once

#include <optional>
#include <string>

namespace standstill::link {

struct Latency {
  int ms = 0;            // as it is now
  bool refused = false;  // it should be 1 ms, and this program may not set it
};

// Sets it to 1 ms. Nothing when the device has no such timer. `sys` stands in for /sys in tests. May block.
[[nodiscard]] std::optional<Latency> shorten_latency(const std::string& device,
                                                     const std::string& sys = "/sys");

}  // namespace standstill::link
