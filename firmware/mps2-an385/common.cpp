// What every program needs of the board as QEMU models it (machine mps2-an385): flash, watchdog, stack,
// console.
#include "firmware/board.hpp"

#include "firmware/mps2-an385/plant_frame.hpp"
#include "firmware/mps2-an385/registers.hpp"

namespace standstill::board {

namespace {

// PSRAM backed by a file stands for flash, which this machine lacks.
class FileFlash final : public loco::Flash {
 public:
  static constexpr std::uintptr_t base = 0x21000000;
  static constexpr std::size_t size = 4096;
  [[nodiscard]] std::size_t sector_size() const override { return size; }
  [[nodiscard]] std::size_t sectors() const override { return loco::sectors_used; }
  void read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const override {
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = place(sector, offset + i);
  }
  bool program(std::size_t sector, std::size_t offset, std::span<const std::uint8_t> bytes) override {
    bool took = true;
    const std::size_t whole = powered(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i == whole) die();
      volatile std::uint8_t& at = place(sector, offset + i);
      if ((bytes[i] & ~at) != 0) took = false;  // flash turns ones to zeros only
      at = static_cast<std::uint8_t>(at & bytes[i]);
    }
    return took;
  }
  bool erase(std::size_t sector) override {
    const std::size_t whole = powered(size);
    for (std::size_t i = 0; i < size; ++i) {
      if (i == whole) die();
      place(sector, i) = 0xFF;
    }
    return true;
  }

 private:
  static volatile Mailbox& mailbox() { return *reinterpret_cast<volatile Mailbox*>(base + mailbox_offset); }
  // How many of so many bytes are written before power goes; all of them and more while it stays.
  static std::size_t powered(std::size_t bytes) {
    volatile Mailbox& box = mailbox();
    if (box.power_after == 0) return bytes + 1;
    box.power_after = box.power_after - 1;
    return box.power_after == 0 ? bytes / 2 : bytes + 1;
  }
  [[noreturn]] static void die() {
    mailbox().power_gone = 1;
    for (;;) {
    }
  }
  static volatile std::uint8_t& place(std::size_t sector, std::size_t offset) {
    return *reinterpret_cast<volatile std::uint8_t*>(base + sector * size + offset);
  }
};
FileFlash file_flash;

}  // namespace

loco::Flash& flash() { return file_flash; }

void start_watchdog(Duration timeout) {
  reg(watchdog + 0xC00) = 0x1ACCE551;
  reg(watchdog) = static_cast<std::uint32_t>(timeout.count() / 40 * watchdog_stretch);
  reg(watchdog + 8) = 3;  // an NMI at the first end, a reset at the second
  reg(watchdog + 0xC00) = 0;
}

void feed_watchdog() {
  reg(watchdog + 0xC00) = 0x1ACCE551;
  reg(watchdog + 0xC) = 1;  // any write to "clear" also reloads the counter
  reg(watchdog + 0xC00) = 0;
}

void write(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    while ((uart_console.state() & uart_tx_full) != 0) {
    }
    uart_console.data() = byte;
  }
}

void start_line() {
  uart_console.divider() = 217;  // 115200 baud
  uart_console.control() = 3;
}

void start_tick() {
  reg(systick + 4) = clock_hz / 1000 - 1;
  reg(systick + 8) = 0;
  reg(systick) = 7;
}

}  // namespace standstill::board
