// The guard: owns the latch, energises outputs, and makes them safe when anybody or anything says so or goes
// silent.
//
// One loop, one thread; helpers of it only wait (for deaths) or write (the latch). Memory is taken at start.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "guard/boot_note.hpp"
#include "guard/cutters.hpp"
#include "guard/demands.hpp"
#include "guard/event_ring.hpp"
#include "guard/latch_store.hpp"
#include "guard/outputs.hpp"
#include "guard/supervisor_port.hpp"
#include "guard/watchdogs.hpp"
#include "kernel/latch.hpp"
#include "kernel/permit.hpp"

namespace standstill::guard {

struct GuardOptions {
  std::string state_dir;
  std::string cutter_program;
  bool ends_with_supervisor = false;  // it was started by `standstill run`, not by a unit of its own
};

// Everything that can fail before the first output is driven, with the text for the user.
struct Foundations {
  os::SharedMemory inner, cuts;
  os::Fd notify, stop_socket;
  std::optional<SupervisorPort> port;
  std::uint64_t plan_hash = 0;
};
[[nodiscard]] std::expected<Foundations, std::string> lay_foundations(const GuardOptions& options);

class Guard {
 public:
  using GuardLatch = Latch<plan::max_sources>;

  Guard(const GuardOptions& options, Foundations foundations, bool realtime, bool memory_locked);

  enum class End { finished, replan };
  // Until the clean end (SIGTERM, the supervisor's quit) or a new plan; outputs are safe when it returns.
  End run();

 private:
  // guard.cpp: the loop
  void turn(Instant now);
  void check_own_gap(Instant now);
  void wait_for_something(Instant now);
  End finish(Instant now);

  // guard_causes.cpp: what may trip
  void raise(SourceIndex source, Standing standing, CauseCode code, const CauseDetail& detail, Instant at,
             std::int64_t wall);
  void stop(SourceIndex source, CauseCode code, const CauseDetail& detail, Instant now);
  void cut_first(Instant now);
  [[nodiscard]] Instant cut_at(Instant now) const;
  void after_trip(Instant now, const Cause& cause);
  void tell_output(permit::EventKind kind, const OutputChange& change);
  void tell_held();
  void on_output(const OutputChange& change);
  void on_demand(SourceIndex source, const Finding& finding, const DemandWatch& watch);
  void watch_supervisor(Instant now);
  void watch_cutters(Instant now);
  void watch_cuts(Instant now);
  [[nodiscard]] std::string_view advice_on_standstill() const;
  void read_stops(Instant now);
  [[nodiscard]] bool sends_are_pointless(Instant now) const;

  // guard_watchdogs.cpp: who resets the machine, and when
  void begin_watchdogs(bool was_running, Instant now);
  void feed_watchdogs(Instant now);
  void on_watchdog(std::size_t output, Standing standing, const CauseDetail& why);
  void on_withheld(std::size_t output, Withheld withheld, std::int64_t ms);

  // guard_words.cpp: what the supervisor says, and what it is told
  void read_supervisor(Instant now);
  void obey(const permit::Message& message, Instant now);
  void greet(const permit::Hello& hello);
  void on_word(const permit::WordBody& word, Instant now);
  void try_start(const permit::WordBody& word, Instant now);
  void finish_start(Instant now);
  void supervisor_left(bool in_good_order, Instant now);
  void ease(Instant now, const char* why);
  void push_state(Instant now);
  void push_cause(SourceIndex source);
  void event(permit::EventKind kind, const Cause& about, std::int64_t value = 0);
  void event_at(permit::EventKind kind, const Cause& about, std::int64_t value, Instant at,
                std::int64_t wall_ns);
  void event(permit::EventKind kind, std::string_view source, std::string_view detail,
             std::int64_t value = 0);
  void persist();
  void answer_stoppers(Instant now);
  void answer_stoppers_from(std::size_t first, const char* word);

  GuardOptions options_;
  Foundations base_;
  pages::InnerPage& inner_;
  pages::CutPage& cuts_;
  const plan::Plan& plan_;
  bool realtime_, memory_locked_;
  GuardLatch latch_;
  LatchStore store_;
  EventRing ring_;
  Outputs outputs_;
  Demands demands_;
  Cutters cutters_;
  Watchdogs watchdogs_;
  BootNote boot_note_;
  WatchdogRule watchdog_rule_;
  SupervisorWatch supervisor_watch_;
  PermitJudge permits_;
  LoopGap gap_;
  Duration suspended_{};
  std::uint64_t boot_nonce_ = 0;
  std::uint32_t host_ = 0, connections_ = 0;  // for external guards: whose sequence of permits it is
  bool trip_of_boot_ = false;                 // until a supervisor has said which epochs it knows
  std::uint64_t persisted_ = 0;               // ticket of the newest submitted record

  struct PendingStart {
    permit::WordBody word;
    std::uint64_t ticket;
    Epoch epoch;
  };
  std::optional<PendingStart> pending_start_;
  Instant tripped_at_{};
  bool dirty_ = true, quit_ = false, replan_ = false;
  Instant pushed_at_{}, retry_lines_at_{};
  std::array<Instant, 2> restart_cutter_at_{};
  Instant unexplained_since_ = never;  // somebody cut, and the report that says why has not come yet

  struct HeldEvent {
    permit::EventKind kind;
    std::uint8_t output;
    std::int32_t ms;
    Instant at;
    std::int64_t wall_ns;
  };
  std::array<HeldEvent, 2 * plan::max_outputs> held_{};  // of the time until then
  std::size_t held_count_ = 0;

  struct Stopper {
    sockaddr_un address{};
    socklen_t length = 0;
    Instant read_at{};
  };
  std::array<Stopper, 8> stoppers_{};
  std::size_t stopper_count_ = 0, stoppers_told_ = 0;
};

// Set by SIGTERM; the loop ends in good order when it sees it.
extern volatile int end_requested;

}  // namespace standstill::guard
