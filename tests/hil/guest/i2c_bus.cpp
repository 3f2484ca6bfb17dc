#include "hil/guest/i2c_bus.hpp"

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "hil/guest/chain.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {

namespace {

const std::string adapter = "/sys/bus/i2c/devices/i2c-0";

std::string hex(std::uint8_t address) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", address);
  return text;
}

// Every address that a scenario may want: the module takes them only when it is loaded.
void load() {
  if (::access("/dev/i2c-0", F_OK) == 0) return;
  if (std::system("modprobe i2c-stub chip_addr=0x40,0x48,0x49,0x4a,0x4b,0x4c && modprobe -a i2c-dev lm75 "
                  "ti-ads1015 pwm-pca9685") != 0)
    throw std::runtime_error("no simulated I2C bus, or a driver is missing");
  if (!until([] { return ::access("/dev/i2c-0", R_OK | W_OK) == 0; }))
    throw std::runtime_error("/dev/i2c-0 does not appear");
}

// One transfer past the chip's driver, which owns the address.
void transfer(std::uint8_t address, bool read, std::uint8_t at, std::uint32_t size, i2c_smbus_data& data) {
  const int bus = ::open("/dev/i2c-0", O_RDWR | O_CLOEXEC);
  i2c_smbus_ioctl_data request{
      .read_write = read ? std::uint8_t{I2C_SMBUS_READ} : std::uint8_t{I2C_SMBUS_WRITE},
      .command = at,
      .size = size,
      .data = &data};
  const bool done = ::ioctl(bus, I2C_SLAVE_FORCE, address) >= 0 && ::ioctl(bus, I2C_SMBUS, &request) >= 0;
  ::close(bus);
  if (!done) throw std::runtime_error("/dev/i2c-0: no transfer with the chip at " + hex(address));
}

}  // namespace

I2cChip::I2cChip(std::string driver, std::uint8_t address) : driver_(std::move(driver)), address_(address) {
  load();
}

I2cChip::~I2cChip() {
  if (plugged_) unplug();
}

void I2cChip::plug() {
  write_file(adapter + "/new_device", driver_ + " " + hex(address_));
  plugged_ = true;
}

void I2cChip::unplug() {
  write_file(adapter + "/delete_device", hex(address_));
  plugged_ = false;
}

void I2cChip::set_byte(std::uint8_t at, std::uint8_t value) const {
  i2c_smbus_data data{};
  data.byte = value;
  transfer(address_, false, at, I2C_SMBUS_BYTE_DATA, data);
}

std::uint8_t I2cChip::byte(std::uint8_t at) const {
  i2c_smbus_data data{};
  transfer(address_, true, at, I2C_SMBUS_BYTE_DATA, data);
  return data.byte;
}

void I2cChip::set_word(std::uint8_t at, std::uint16_t value) const {
  i2c_smbus_data data{};
  data.word = static_cast<__u16>(value << 8U | value >> 8U);  // a word of this bus has its low byte first
  transfer(address_, false, at, I2C_SMBUS_WORD_DATA, data);
}

std::string I2cChip::folder() const { return "/sys/bus/i2c/devices/0-00" + hex(address_).substr(2); }

Lm75::Lm75(std::uint8_t address) : I2cChip("lm75b", address) {
  set(20);
  plug();
}

void Lm75::set(double celsius) const {
  set_word(0, static_cast<std::uint16_t>(std::lround(celsius * 8) * 32));
}

Ads1015::Ads1015(std::uint8_t address, int counts) : I2cChip("ads1015", address) {
  set(counts);
  plug();
}

void Ads1015::set(int counts) const { set_word(0, static_cast<std::uint16_t>(counts << 4)); }

Pca9685::Pca9685() : I2cChip("pca9685", 0x40) {
  // As it wakes up: asleep, at 200 Hz, every output full off. The simulated bus knows no "all outputs".
  set_byte(0x00, 0x11);
  set_byte(0xFE, 0x1E);
  for (int output = 0; output < 16; ++output) set_byte(static_cast<std::uint8_t>(0x09 + 4 * output), 0x10);
  plug();
}

int Pca9685::duty(int output) const {
  const auto on_high = static_cast<std::uint8_t>(0x07 + 4 * output);
  const std::uint8_t off_high = byte(static_cast<std::uint8_t>(on_high + 2));
  if ((off_high & 0x10U) != 0) return 0;
  if ((byte(on_high) & 0x10U) != 0) return 4096;
  return (off_high & 0x0F) << 8 | byte(static_cast<std::uint8_t>(on_high + 1));
}

void Pca9685::forget(int output, int duty) const {
  const auto off_low = static_cast<std::uint8_t>(0x08 + 4 * output);
  set_byte(off_low, static_cast<std::uint8_t>(duty & 0xFF));
  set_byte(static_cast<std::uint8_t>(off_low + 1), static_cast<std::uint8_t>(duty >> 8));
}

}  // namespace standstill::hil
