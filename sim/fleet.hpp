// The simulated stations of one process, and what a control socket can do to them.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/control.hpp"
#include "sim/station/bus_station.hpp"

namespace standstill::sim {

class Fleet {
 public:
  struct Settings {
    std::uint32_t count = 1;
    std::string prefix = "sim";
    estop::Keys keys{};  // the master key, or that of the only station
    std::string user{}, password{};
    Duration lease = 3s;
    bool second_path = true;
    Duration settle = 2s;
    BusStation::Dial dial{};
  };
  // The error is a sentence. `said`: what a station journals.
  [[nodiscard]] static std::expected<std::unique_ptr<Fleet>, std::string> start(os::Loop& loop,
                                                                                Settings settings,
                                                                                BusStation::Moved moved,
                                                                                BusStation::Said said);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  [[nodiscard]] std::string command(std::string_view line) const { return commands_.answer(line); }
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }
  [[nodiscard]] const std::vector<std::unique_ptr<BusStation>>& stations() const { return stations_; }
  [[nodiscard]] std::size_t energised() const;
  // "12 running, 988 tripped (3 off line)".
  [[nodiscard]] std::string summary() const;

 private:
  Fleet() = default;
  void add_commands();
  void add_fault(const char* name, const char* does, std::function<void(BusStation&, bool)> set);
  [[nodiscard]] std::expected<std::vector<BusStation*>, std::string> named(const std::string& word) const;

  std::vector<std::unique_ptr<BusStation>> stations_;
  Commands commands_;
  std::function<void()> quit_;
};

}  // namespace standstill::sim
