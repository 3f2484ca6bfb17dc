// A whole Standstill in a folder of its own: supervisor, guard and cutters as processes, relays on pseudo
// terminals.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/relay.hpp"
#include "os/fd.hpp"
#include "os/shared_memory.hpp"
#include "wire/pages/pages.hpp"

namespace standstill::bench {

struct PlantSettings {
  std::uint16_t port = 0;  // of the simulated server
  std::size_t relays = 1;
  std::size_t megabytes = 0;  // extra memory of the supervisor
  bool realtime = false;
  bool terminal = false;  // it serves the operator's page
};

class Plant {
 public:
  explicit Plant(const PlantSettings& settings);
  ~Plant();
  Plant(const Plant&) = delete;
  Plant& operator=(const Plant&) = delete;

  void start_supervisor();  // also after it was killed
  void ask_release();
  [[nodiscard]] bool released();  // waits for the answer; false when the plant does not run

  void arm();
  // Boot time when the last relay's first safe command since `began` was written (as the cutters noted it),
  // and when the last relay had read it. Nothing when that has not happened.
  [[nodiscard]] std::optional<std::int64_t> written_ns(std::int64_t began);
  [[nodiscard]] std::optional<std::int64_t> heard_ns() const;

  [[nodiscard]] pid_t supervisor() const { return supervisor_; }
  [[nodiscard]] pid_t guard();
  [[nodiscard]] pid_t active_cutter();
  [[nodiscard]] std::uint16_t terminal_port();  // waits until it is there
  void collect();                               // the supervisor, after it was killed

 private:
  void look_through_door();

  PlantSettings settings_;
  std::string folder_;
  std::vector<std::unique_ptr<Relay>> relays_;
  os::Fd door_, words_, answers_;
  os::SharedMemory inner_;
  pid_t supervisor_ = -1;
};

// The folder of this program, with a slash.
[[nodiscard]] std::string program_folder();

}  // namespace standstill::bench
