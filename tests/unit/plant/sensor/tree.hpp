// A folder that looks like /sys/class/hwmon (Documentation/hwmon/sysfs-interface): one folder a chip,
// numbered in the order of their drivers, one file a value.
#pragma once

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::test {

struct SensorTree {
  void put(const std::string& number, const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(folder / number);
    // As in sysfs a value is replaced whole: who reads never sees half of one.
    std::ofstream(folder / number + "/.new") << text << '\n';
    std::filesystem::rename(folder / number + "/.new", folder / number + '/' + file);
  }
  // The device behind it, as on an I²C bus: 1-0048 is bus 1, address 0x48.
  void on_bus(const std::string& number, const std::string& address) const {
    std::filesystem::create_directories(folder / number);
    std::filesystem::create_symlink("../../devices/i2c-1/" + address, folder / number + "/device");
  }
  void remove(const std::string& number) const { std::filesystem::remove_all(folder / number); }

  TemporaryFolder folder;
};

}  // namespace standstill::test
