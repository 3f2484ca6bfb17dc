// A temperature sensor as the kernel's own driver shows it: lm75 on a simulated I2C bus.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "hil/guest/chain.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

class Lm75 {
 public:
  Lm75() {
    if (read_file("/sys/class/i2c-adapter/i2c-0/name").empty() &&
        std::system("modprobe i2c-stub chip_addr=0x48 && modprobe i2c-dev && modprobe lm75") != 0)
      throw std::runtime_error("no simulated I2C bus");
    (void)until([] { return ::access("/dev/i2c-0", R_OK | W_OK) == 0; });
    set(20);
    plug();
  }
  ~Lm75() {
    if (plugged_) unplug();
  }
  Lm75(const Lm75&) = delete;
  Lm75& operator=(const Lm75&) = delete;

  // Register 0, the high byte first (data sheet of the LM75, "Temperature register"); the bus sends a word's
  // low byte first.
  static void set(int celsius) {
    const int bus = ::open("/dev/i2c-0", O_RDWR | O_CLOEXEC);
    i2c_smbus_data data{};
    data.word = static_cast<__u16>(celsius & 0xFF);
    i2c_smbus_ioctl_data request{
        .read_write = I2C_SMBUS_WRITE, .command = 0, .size = I2C_SMBUS_WORD_DATA, .data = &data};
    const bool done = ::ioctl(bus, I2C_SLAVE_FORCE, 0x48) >= 0 && ::ioctl(bus, I2C_SMBUS, &request) >= 0;
    ::close(bus);
    if (!done) throw std::runtime_error("/dev/i2c-0: the register cannot be written");
  }
  void plug() {
    write_file("/sys/bus/i2c/devices/i2c-0/new_device", "lm75 0x48");
    plugged_ = true;
  }
  void unplug() {
    write_file("/sys/bus/i2c/devices/i2c-0/delete_device", "0x48");
    plugged_ = false;
  }

 private:
  bool plugged_ = false;
};

const std::string plant =
    "[[output]]\nid = \"burner\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
    "[[link]]\nid = \"boiler\"\nkind = \"hwmon\"\nchip = \"lm75\"\npoll_ms = 100\n"
    "[[watch]]\nid = \"hot\"\nkind = \"limit\"\nsource = \"boiler.temp1\"\nhigh = 85.0\nvalid = [-40.0, "
    "120.0]\n";

TEST(Sensor, S7_TheLimitItselfTrips) {
  SimChip chip;
  Lm75 sensor;
  Chain chain(plant);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  sensor.set(84);
  EXPECT_TRUE(stays([&] { return chip.high(0); }, 1s)) << chain.about();
  sensor.set(85);
  EXPECT_TRUE(until([&] { return !chip.high(0) && chain.is("tripped"); }, 5s)) << chain.about();
  EXPECT_EQ(chain.first_out(), "limit");
  chain.word("ack");
  EXPECT_NE(chain.word("reset").status, 200) << "S5: still hot";
  sensor.set(30);
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

TEST(Sensor, S7_ASensorThatDisappearsIsAFault) {
  SimChip chip;
  Lm75 sensor;
  Chain chain(plant);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  sensor.unplug();
  EXPECT_TRUE(until([&] { return !chip.high(0) && chain.is("tripped"); })) << chain.about();
  // The link's end may be told first; the watch on it must say so too.
  EXPECT_TRUE(until([&] { return chain.has_cause("sensor_fault"); }, 5s)) << chain.about();
  sensor.plug();
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

TEST(Sensor, S7_AtARailItIsBrokenNotCold) {
  SimChip chip;
  Lm75 sensor;
  Chain chain(plant);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  sensor.set(-55);
  EXPECT_TRUE(until([&] { return !chip.high(0) && chain.is("tripped"); }, 5s)) << chain.about();
  EXPECT_EQ(chain.first_out(), "sensor_fault");
}

}  // namespace
}  // namespace standstill::hil
