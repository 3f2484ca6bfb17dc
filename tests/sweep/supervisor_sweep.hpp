// The sweep over the supervisor: a whole plant, whose guard and cutters live on while the supervisor is
// killed, and an operator who leads it round through HTTP. After each kill: S2, S3, S4, and S13 for journal
// and snapshots. After errors: S2, S4, S13.
#pragma once

#include <chrono>
#include <map>
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
  void read_journal();
  [[nodiscard]] bool trip_is_recorded();
  void check_record();
  void check_journal(const std::map<std::int64_t, std::string>& now);
  void check_snapshots(const std::set<std::string>& promised);
  void complain(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  Table& table_;
  Striker striker_;
  test::SimPeer peer_;
  std::unique_ptr<test::Tracer> tracer_;
  std::unique_ptr<test::PlantRig> plant_;
  std::atomic<pid_t> victim_pid_ = -1;
  std::string state_ = "?";  // in this life
  std::string told_ = "?";   // the newest that any life has told
  std::uint64_t epoch_ = 0, highest_ = 0;
  bool acknowledged_ = false, hold_ = false;
  int starts_ = 0, rounds_ = 0, looks_ = 0;
  bool was_running_ = false;
  std::chrono::steady_clock::time_point running_since_;
  bool dealing_errors_ = false, spoiled_ = false;  // spoiled: errors were dealt to this life
  std::uint64_t tripped_here_ = 0;    // the epoch of the newest trip that this life has seen begin
  std::set<std::uint64_t> pictured_;  // epochs whose snapshot the journal has shown
  std::set<pid_t> guards_;
  std::map<std::int64_t, std::string> written_;  // events that the journal has shown, by id
  std::string violation_;
};

}  // namespace standstill::sweep
