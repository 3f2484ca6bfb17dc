// The sweep over the supervisor: a whole plant, whose guard and cutters live on while the supervisor is
// killed, and an operator who leads it round through HTTP. After each kill: S2, S3, S4, and S13 for journal
// and snapshots.
#pragma once

#include <set>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"
#include "sweep/striker.hpp"

namespace standstill::sweep {

class SupervisorSweep {
 public:
  SupervisorSweep(Victim victim, Table& table);
  ~SupervisorSweep();

  [[nodiscard]] Survey survey();
  void deal(const Strike& strike);

 private:
  void begin_life();
  void lead();
  void look();  // state, epoch and journal, as far as anybody answers
  bool pump(const std::function<bool()>& condition, std::chrono::milliseconds limit, bool leading = true);
  [[nodiscard]] bool alive() const;
  void check_kill(double& late_ms);
  void check_error(double& late_ms);
  void check_record();
  void complain(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  Table& table_;
  Striker striker_;
  test::SimPeer peer_;
  std::unique_ptr<test::Tracer> tracer_;
  std::unique_ptr<test::PlantRig> plant_;
  std::atomic<pid_t> victim_pid_ = -1;
  std::string state_ = "?";
  std::uint64_t epoch_ = 0, highest_ = 0;
  bool acknowledged_ = false, hold_ = false;
  int starts_ = 0, rounds_ = 0, looks_ = 0;
  bool was_running_ = false;
  std::set<pid_t> guards_;
  std::set<std::string> written_;  // events that the journal has shown
  std::string violation_;
};

}  // namespace standstill::sweep
