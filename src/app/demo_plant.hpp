// The simulated plant of the demo: a Rocrail server with trains, a relay on a serial line that feeds the
// track, and a second relay on the network that feeds the whole installation. Lives on a thread of its own.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/time.hpp"
#include "wire/estop/keys.hpp"

namespace standstill::app {

struct DemoTrain {
  std::string id, block, entering;  // where it really is; entering: empty when wholly in `block`
  int speed = 0;                    // what its decoder last heard, 0 to 100
};

// What somebody sees who stands beside the layout, whatever any program believes.
struct DemoPlantNow {
  std::string server;  // serving, leaving, gone, hung
  bool station = true;
  bool relay_on = false, relay_mute = false, relay_plugged = true;
  bool mains_on = false;
  Instant relay_changed{}, mains_changed{};  // when the contact last moved; Instant{}: never
  std::uint64_t moves = 0, collisions = 0;   // blocks entered; trains that ran into another
  std::vector<DemoTrain> trains;
  bool other_on = false;  // the relay of the station in the other room
  Instant other_changed{};

  [[nodiscard]] bool supplied() const { return relay_on && mains_on; }
};

// Those of its parts that the page may break: each listens at a control socket of this name.
inline constexpr std::array<const char*, 4> demo_peers{"layout", "track-power", "mains", "stations"};

class DemoPlant {
 public:
  // `relay_link`: the name under which the relay's serial line is found. `control`: the path of a peer's
  // control socket. `tick`: how often trains move. `bus`: the socket of the emergency-stop bus that the
  // station in the other room is on, with the master key that its key is derived from.
  [[nodiscard]] static std::expected<std::unique_ptr<DemoPlant>, std::string> start(
      const std::string& relay_link, const std::function<std::string(const std::string& peer)>& control,
      Duration tick, const std::string& bus, const estop::Keys& master);
  ~DemoPlant();
  DemoPlant(const DemoPlant&) = delete;
  DemoPlant& operator=(const DemoPlant&) = delete;

  [[nodiscard]] std::uint16_t rocrail_port() const;
  [[nodiscard]] std::uint16_t relay_port() const;  // of the HTTP relay

  // From any thread; each returns when it is done.
  [[nodiscard]] DemoPlantNow now() const;
  // A command of the peer's own control ("crash", "restart stale 500", "mute on"). Returns when it took
  // effect.
  Instant server(const std::string& command);
  Instant toggle_hang();
  Instant toggle_station();
  Instant toggle_mute();
  Instant toggle_plug();
  Instant press();  // the button of the station in the other room
  // What an operator does at the server's own console after a restart: power on, automatic mode.
  void let_trains_run();

 private:
  struct Parts;
  explicit DemoPlant(std::unique_ptr<Parts> parts);
  Instant in_loop(const std::function<void()>& deed) const;
  std::unique_ptr<Parts> parts_;
};

}  // namespace standstill::app
