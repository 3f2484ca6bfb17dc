// A serial device, or several paths to the same peer tried in order.
//
// Raw mode, exclusive (TIOCEXCL and an advisory lock, because the former does not stop root). When the device
// goes it is closed at once, since a descriptor left open makes it come back under another name; give paths
// under /dev/serial/by-id. Devices are opened on another thread: a confused USB adapter can block open() for
// seconds. An adapter's latency timer is set to 1 ms where that is allowed (latency.hpp).
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "link/device_watch.hpp"
#include "link/off_loop.hpp"
#include "link/transport.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::link {

struct SerialFormat {
  unsigned baud = 9600;  // one of the rates that termios knows, 1200 to 4000000
  char parity = 'N';     // N, E or O
  int stop_bits = 1;     // 1 or 2; always 8 data bits
  bool rs485 = false;    // the driver switches the line's direction (Linux, serial-rs485.rst)
};

// "8N1", "8E1", "8O1", "8N2", "8E2", "8O2".
[[nodiscard]] std::expected<SerialFormat, std::string> serial_format(unsigned baud, std::string_view text);

// Opens and sets up a device; the error is a sentence that names it. May block.
[[nodiscard]] std::expected<os::Fd, std::string> open_serial(const std::string& device,
                                                             const SerialFormat& format);

class SerialTransport : public Transport {
 public:
  struct Settings {
    std::vector<std::string> devices;  // at least one
    SerialFormat format{};
  };

  SerialTransport(os::Loop& loop, Settings settings);
  ~SerialTransport() override;

  void dial(Duration time_out, Dialed done) override;
  void close() override;
  [[nodiscard]] Io read(std::span<std::byte> into) override;
  [[nodiscard]] Io write(std::span<const std::byte> bytes) override;
  // Asking an empty terminal once more would wait for the kernel's worker that has just filled it.
  [[nodiscard]] bool short_read_took_all() const override { return true; }
  [[nodiscard]] int native_handle() const override { return device_.get(); }
  [[nodiscard]] std::string peer() const override { return peer_; }
  void served() override { served_ = true; }
  [[nodiscard]] std::string remark() const override { return remark_; }
  void on_return(std::function<void()> returned) override;

 private:
  struct Opened {
    os::Fd device;
    std::size_t index = 0;
    std::string failures;  // what the devices tried before it said
    std::string remark;
  };
  static Opened open_first(const Settings& settings, std::size_t first);
  void opened(Opened result);

  os::Loop& loop_;
  Settings settings_;
  OffLoop<Opened> opening_;
  DeviceWatch devices_;
  std::function<void()> returned_;
  std::size_t first_ = 0;  // the device that the next dial tries first
  bool served_ = true;
  std::string peer_;
  std::string remark_;
  os::Fd device_;
  Dialed done_;
  os::Loop::Timer time_out_;
};

}  // namespace standstill::link
