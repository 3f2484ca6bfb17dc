// Chips on the kernel's simulated I2C bus (i2c-stub): it keeps their registers, and real drivers work on
// them. The scenarios are the physics: they write what a sensor measures and read what an output was told.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace standstill::hil {

class I2cChip {
 public:
  // `driver` is bound to the chip at `address`, as a device tree would do it. Throws with what is missing.
  I2cChip(std::string driver, std::uint8_t address);
  ~I2cChip();
  I2cChip(const I2cChip&) = delete;
  I2cChip& operator=(const I2cChip&) = delete;

  void plug();    // as at the start; the registers are what they were
  void unplug();  // the driver loses its chip: its files of /sys are gone
  [[nodiscard]] bool plugged() const { return plugged_; }

  void set_byte(std::uint8_t at, std::uint8_t value) const;
  [[nodiscard]] std::uint8_t byte(std::uint8_t at) const;
  // The high byte travels first, as these chips have it.
  void set_word(std::uint8_t at, std::uint16_t value) const;
  [[nodiscard]] std::string folder() const;  // "/sys/bus/i2c/devices/0-0048"

 private:
  std::string driver_;
  std::uint8_t address_;
  std::atomic<bool> plugged_ = false;
};

// An LM75 or one of its family (data sheet of the LM75B, "Temp register"): °C in eighths, the sign first.
class Lm75 : public I2cChip {
 public:
  explicit Lm75(std::uint8_t address = 0x48);
  void set(double celsius) const;
};

// One input of an ADS1015 (data sheet, "Conversion Register"): 12 bits, left-justified.
class Ads1015 : public I2cChip {
 public:
  Ads1015(std::uint8_t address, int counts);
  void set(int counts) const;
};

// A PCA9685 with its outputs at 50 Hz (data sheet, tables 6 to 8). Its pins keep their duty whoever dies.
class Pca9685 : public I2cChip {
 public:
  Pca9685();
  [[nodiscard]] int duty(int output) const;  // of 4096
  // Behind its driver's back, as after a write that the chip did not hear.
  void forget(int output, int duty) const;
};

}  // namespace standstill::hil
