// What a member of the bus needs from files before it can begin.
#include <sys/stat.h>

#include <sstream>

#include "config/secret.hpp"
#include "record/whole_file.hpp"
#include "supervise/bus_files.hpp"
#include "supervise/bus_member.hpp"

namespace standstill::supervise {

namespace {

constexpr std::size_t longest_key_file = 16UL * 1024;
constexpr std::size_t longest_list = 1024UL * 1024;
constexpr std::size_t longest_owed = 256UL * 1024;  // eight messages of 4 KiB, written as JSON

std::expected<estop::Keys, std::string> read_keys(const config::Bus& bus) {
  struct stat info{};
  if (::stat(bus.key_file.c_str(), &info) != 0)
    return std::unexpected(bus.key_file + " cannot be read; `standstill bus keygen` makes it");
  if ((info.st_mode & 077U) != 0)
    return std::unexpected(bus.key_file +
                           " can be read or changed by others than its owner, and whoever has it can release "
                           "the plant: chmod 600 " +
                           bus.key_file);
  const auto text = record::read_whole(bus.key_file, longest_key_file);
  if (!text) return std::unexpected(text.error().text);
  auto keys = estop::Keys::read(*text);
  if (!keys) return std::unexpected(bus.key_file + ": " + keys.error());
  if (bus.controller && !keys->master())
    return std::unexpected(bus.key_file + " is the key of one station; a controller needs the master key");
  if (!bus.controller && keys->master())
    return std::unexpected(bus.key_file +
                           " is the master key, which a station must not have: `standstill bus keygen " +
                           bus.key_file + " --station " + bus.instance + " OUT`, and bring OUT here");
  if (!bus.controller && keys->instance() != bus.instance)
    return std::unexpected(bus.key_file + " is the key of " + keys->instance() + ", and this station is " +
                           bus.instance);
  return keys;
}

}  // namespace

std::expected<BusStart, std::string> prepare_bus(const config::Config& config) {
  const config::Bus& bus = *config.bus;
  BusStart start;
  auto keys = read_keys(bus);
  if (!keys) return std::unexpected(keys.error());
  start.keys = std::move(*keys);
  if (!bus.password.empty()) {
    auto secret = config::resolve_secret(bus.password);
    if (!secret) return std::unexpected(secret.error());
    start.password = std::move(secret->value);
  }
  if (const auto epoch = record::read_whole(epoch_file(config), 64))
    start.largest_epoch = static_cast<Epoch>(std::strtoul(epoch->c_str(), nullptr, 10));
  start.owed = record::read_whole(owed_file(config), longest_owed).value_or("");
  if (const auto list = record::read_whole(stations_file(config), longest_list)) {
    std::istringstream lines(*list);
    for (std::string line; std::getline(lines, line);)
      if (estop::is_instance(line)) start.stations.push_back(line);
  }
  return start;
}

}  // namespace standstill::supervise
