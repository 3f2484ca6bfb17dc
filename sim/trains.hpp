// The trains on the rails, and the automatic mode that sends them on their way.
//
// Rails are not the server: when it crashes or hangs, decoders keep the speed they last heard and the trains
// keep running over whatever the switches are set to, until somebody takes the track power away. That is why
// the product exists, so the simulation does it too, and counts what would have hit what.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace standstill::sim {

class RocrailLayout;

struct Train {
  std::string loco;
  std::string block;        // where it really is
  std::string destination;  // the block its front is entering; empty: wholly in `block`
  std::string route;        // the one the automatic mode locked for it
  int speed = 0;            // what its decoder last heard, 0 to 100
  int progress = 0;         // speed units since it entered `block`
};

class Trains {
 public:
  Trains(const RocrailLayout& layout, std::uint32_t seed);

  // What the command station does to the rails.
  void drive(const std::string& loco, int speed);
  void throw_switch(const std::string& point, const std::string& position) { points_[point] = position; }
  void station_power(bool on) { station_power_ = on; }
  // What the relay in the track's supply does.
  void supply(bool on) { supply_ = on; }
  [[nodiscard]] bool supplied() const { return supply_; }

  // One step. `server` is null while it is crashed or hung: trains move, nobody is told, nobody gives new
  // orders.
  void step(RocrailLayout* server);
  // The server that came back starts from what it believes; locked routes are forgotten.
  void server_restarted();
  // Tells a server that overslept where the trains really are.
  void report_all(RocrailLayout& server);

  [[nodiscard]] const std::vector<Train>& all() const { return trains_; }
  [[nodiscard]] std::uint64_t moves() const { return moves_; }  // blocks entered
  [[nodiscard]] std::uint64_t collisions() const {
    return collisions_;
  }  // trains that ran into an occupied block

 private:
  struct Way {
    std::string id;
    std::string to;
    std::vector<std::pair<std::string, std::string>> points;
  };
  [[nodiscard]] const Way* way_of(const Train& train) const;
  [[nodiscard]] bool occupied(std::string_view block, const Train& by_other_than) const;
  void move(Train& train, RocrailLayout* server);
  void enter(Train& train, RocrailLayout* server);
  void arrive(Train& train, RocrailLayout* server);
  void dispatch(Train& train, RocrailLayout& server);
  void halt(Train& train, RocrailLayout* server);
  void sensor(std::string_view block, bool on, RocrailLayout* server) const;

  std::vector<Train> trains_;
  std::unordered_map<std::string, std::vector<Way>> ways_;  // by the block they leave
  std::unordered_map<std::string, std::string> points_;     // where the blades really lie
  std::unordered_map<std::string, std::string> sensors_;    // block → feedback
  std::unordered_map<std::string, int> lengths_;            // block → progress to cross it
  std::mt19937 random_;
  bool supply_ = true;
  bool station_power_ = false;
  std::uint64_t moves_ = 0;
  std::uint64_t collisions_ = 0;
};

}  // namespace standstill::sim
