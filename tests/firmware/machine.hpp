// A firmware image in QEMU and the simulated plant at its serial lines, in step: the board's time is the
// plant's, so that a slow machine makes the test slow and not wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/mps2-an385/plant_frame.hpp"
#include "os/fd.hpp"
#include "plant/loco/engine.hpp"

namespace standstill::firmware {

// A Unix stream socket at which QEMU calls.
class Line {
 public:
  explicit Line(std::filesystem::path path);
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // False: nobody came within the time.
  [[nodiscard]] bool accept(std::chrono::milliseconds patience);
  [[nodiscard]] bool send(std::span<const std::uint8_t> bytes);
  // What has arrived, waiting for at most so long for the first byte. Empty: nothing, or the end.
  [[nodiscard]] std::vector<std::uint8_t> receive(std::chrono::milliseconds patience);

 private:
  std::filesystem::path path_;
  os::Fd listener_, fd_;
};

class Machine {
 public:
  // `image` is in build/firmware. The flash file outlives the machine, as flash does a power cycle. With
  // `realtime` other programs of the host do not hold it up, where that is permitted.
  Machine(const std::filesystem::path& folder, const std::string& image, bool realtime = false);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Line console;
  Line sensors;  // the board's second serial line; only the image `loco-live` listens to it
  [[nodiscard]] bool started() const { return started_; }
  // Until the console has said this, or the time is over.
  [[nodiscard]] bool says(const std::string& text,
                          std::chrono::milliseconds patience = std::chrono::seconds(60));
  // Takes what the console has said: unread, a few hundred bytes make the image wait.
  void drain();
  [[nodiscard]] const std::string& said() const { return said_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] volatile board::Mailbox& mailbox() { return *mailbox_; }
  // What QEMU shares: flash, mailbox, contacts.
  [[nodiscard]] volatile std::uint8_t* memory() { return static_cast<std::uint8_t*>(memory_); }

 private:
  pid_t pid_ = -1;
  void* memory_ = nullptr;
  volatile board::Mailbox* mailbox_ = nullptr;
  bool started_ = false;
  std::string said_;
};

// The flash of a board that never had a program.
void blank_flash(const std::filesystem::path& folder);

// The plant's side of the engine's board.
class Plant {
 public:
  explicit Plant(Machine& machine) : machine_(machine) {}

  std::uint8_t boot_reason = 0;
  board::Strain strain = board::Strain::none;

  // One cycle of 20 ms: what the sensors say at its end, the halves on the rails during it; then what the
  // board does. Nothing: the board did not answer within a minute.
  [[nodiscard]] std::optional<board::DriveFrame> cycle(Instant end, const loco::Measured& measured,
                                                       std::span<const Duration> halves, Duration tail);
  // The first half of it: the board's answer is taken with drive(), up to a dozen cycles later.
  [[nodiscard]] bool send_cycle(Instant end, const loco::Measured& measured, std::span<const Duration> halves,
                                Duration tail);
  // Waits for the next frame of the board; the first is what it sends when it starts.
  [[nodiscard]] std::optional<board::DriveFrame> drive(std::chrono::milliseconds patience);
  [[nodiscard]] bool send(Instant at, const loco::Measured& measured, std::span<const Duration> halves,
                          Duration tail);

 private:
  Machine& machine_;
};

}  // namespace standstill::firmware
