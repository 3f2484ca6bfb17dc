// A GPIO chip of the kernel's gpio-sim driver, and the world behind its pins.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace standstill::hil {

class SimChip {
 public:
  // Appears as /dev/gpiochipN with this label. All lines are pulled down at first.
  explicit SimChip(std::string label = "sim", int lines = 16);
  ~SimChip();
  SimChip(const SimChip&) = delete;
  SimChip& operator=(const SimChip&) = delete;

  [[nodiscard]] bool high(int line) const;  // what a volt meter at the pin would say
  void pull(int line, bool up) const;       // what the outside world does to an input; makes edges
  [[nodiscard]] int open_pull(
      int line) const;  // the file behind pull(), for many edges: the caller closes it
  void unplug();        // the chip vanishes: ENODEV on every held line
  void plug();
  [[nodiscard]] bool plugged() const { return !folder_.empty(); }
  [[nodiscard]] int base() const;  // the kernel's number of line 0, as its trace events write it
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] const std::string& device() const { return device_; }  // "/dev/gpiochip0"

 private:
  std::string label_, config_, folder_, device_, chip_;
};

// A relay's auxiliary contact: while it works, line `to` follows line `from` within a millisecond.
class Contact {
 public:
  Contact(const SimChip& chip, int from, int to);
  ~Contact();
  Contact(const Contact&) = delete;
  Contact& operator=(const Contact&) = delete;
  void weld() { welded_ = true; }  // it stays where it is
  void free() { welded_ = false; }

 private:
  const SimChip& chip_;
  int from_, to_;
  std::atomic<bool> welded_ = false, end_ = false;
  std::thread thread_;
};

// Small files of /sys and /proc. An unreadable one is empty; a refused write throws with the path and the
// reason.
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

}  // namespace standstill::hil
