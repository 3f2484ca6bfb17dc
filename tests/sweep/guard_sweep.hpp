// The sweep over guard and cutters: a real guard, two real cutters, a relay at the far end of a pty as the
// judge, and this program as supervisor and operator. It leads them round and round: start, trip,
// acknowledge, reset, start.
#pragma once

#include <set>

#include "support/traced_guard_rig.hpp"
#include "sweep/striker.hpp"

namespace standstill::sweep {

class GuardSweep {
 public:
  GuardSweep(Victim victim, Table& table);
  ~GuardSweep();

  // One way through every state with nothing broken. Empty when the rig never got through it.
  [[nodiscard]] Survey survey();
  void deal(const Strike& strike);

 private:
  enum class Round { up, running, tripped };  // how far the victim's present life has come
  void begin();
  void begin_life();  // (re)starts whatever does not run
  void lead();        // one step of supervisor and operator
  bool pump(const std::function<bool()>& condition, Duration limit, bool leading = true);
  void say(permit::Word word);
  void watch_relay();
  [[nodiscard]] bool guard_alive() const;
  void kill_victim();
  std::string check_kill(const Strike& strike, double& late_ms);
  std::string check_error(double& late_ms);
  void complain(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  Victim victim_;
  Table& table_;
  Striker striker_;
  std::unique_ptr<test::TracedGuardRig> rig_;
  std::atomic<pid_t> victim_pid_ = -1;
  std::atomic<int> lives_ = 0;  // of the victim
  int lives_at_order_ = 0;
  Epoch highest_ = 0;        // of all states that were told
  int starts_ = 0;           // words `start` that were sent: no more than so many times may the relay run
  std::uint64_t asked_ = 0;  // the word that waits for its answer
  Instant asked_until_{}, next_word_{};
  // Resets that were said in an epoch. A guard that took its time hears two in one turn,
  // obeys the first, refuses the second, and may die before it says that it is ready.
  std::set<std::uint64_t> resets_;
  Epoch resets_in_ = 0;
  LatchState last_ = LatchState::tripped;  // the newest that a guard has told
  bool link_told_ = false, hold_ = false;
  Standing link_ = Standing::unknown;
  Round round_ = Round::up;
  int rounds_ = 0;  // how often the plant was running in this life
  std::string violation_;
};

}  // namespace standstill::sweep
