// The guard's part that keeps watchdog devices from resetting the machine, as long as it may.
#include "guard/guard.hpp"
#include "kernel/format.hpp"
#include "os/clock.hpp"

namespace standstill::guard {

void Guard::begin_watchdogs(bool was_running, Instant now) {
  if (!watchdogs_.any()) return;
  // A guard that is lost in its turn before the reset has come has written a trip by then: the note still
  // knows.
  const bool lost = boot_note_.reset_owed() || (was_running && boot_note_.ended_uncleanly());
  watchdog_rule_ = WatchdogRule(lost);
  watchdogs_.acquire(now);
  // A device remembers until the next boot that it was the one: only the first guard of a boot may believe
  // it.
  if (boot_note_.first_of_boot() && watchdogs_.reset_machine())
    stop(plan::guard_source, CauseCode::unclean_end,
         "the watchdog device reset the machine: this program or the whole machine had stood still", now);
  lost ? boot_note_.lost() : boot_note_.armed();
}

void Guard::feed_watchdogs(Instant now) {
  if (!watchdogs_.any()) return;
  const Withheld withheld =
      watchdog_rule_.judge(now, {.supervisor_connected = base_.port->connected(),
                                 .permit_heard = permits_.heard(),
                                 .permit_fresh = permits_.fresh(now),
                                 .cutter_alive = cutters_.alive(0) || cutters_.alive(1)});
  watchdogs_.update(now, withheld);
  // While something is energised, nothing that may block is tried.
  if (latch_.state() != LatchState::running) watchdogs_.acquire(now);
}

void Guard::on_watchdog(std::size_t index, Standing standing, const CauseDetail& why) {
  const plan::Output& output = plan_.outputs[index];
  raise(output.source, standing, standing == Standing::present ? CauseCode::output_failed : CauseCode::none,
        why, os::now(), os::wall_ns());
}

void Guard::on_withheld(std::size_t index, Withheld withheld, std::int64_t ms) {
  Sentence why;
  if (withheld == Withheld::no)
    why.text("it gets signs of life again");
  else
    why.text(reason(withheld))
        .text(": it gets no more signs of life and resets the machine in ")
        .integer(ms)
        .text(" ms");
  event(permit::EventKind::watchdog, plan_.outputs[index].name.view(), why.view(), ms);
}

}  // namespace standstill::guard
