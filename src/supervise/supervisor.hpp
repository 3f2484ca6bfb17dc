// The supervisor: links → plant → watches → causes on one loop; record and tell beside it.
//
// What happens on the loop never waits for a disk, a mail server or a browser. Backend calls come from the
// terminal's threads: they read the shelf, or post to the loop and wait for the answer.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "kernel/permit.hpp"
#include "os/loop.hpp"
#include "record/journal.hpp"
#include "record/operators.hpp"
#include "supervise/bus_member.hpp"
#include "supervise/guard_port.hpp"
#include "supervise/guard_process.hpp"
#include "supervise/job.hpp"
#include "supervise/plan_compiler.hpp"
#include "supervise/scribe.hpp"
#include "supervise/shelved_alarms.hpp"
#include "supervise/trends.hpp"
#include "supervise/view.hpp"
#include "supervise/watch_board.hpp"
#include "tell/alert.hpp"
#include "tell/reminders.hpp"

namespace standstill::supervise {

struct RunOptions {
  std::string guard_program;                          // empty: standstill-guard beside this program
  std::string cutter_program;                         // empty: standstill-cutter beside the guard
  std::function<void(std::uint16_t port)> listening;  // called once the terminal's port is known
};

// Runs until a clean end is asked for (INT, TERM, HUP). Returns the exit code; messages go to standard error.
int run_supervisor(const config::Config& config, const RunOptions& options);

class Supervisor {
 public:
  Supervisor(os::Loop& loop, const config::Config& config, CompiledPlan plan, RunOptions options);
  ~Supervisor();

  void begin();
  // Clean end: outputs safe, the guard too when it is ours; `done` when the loop may stop.
  void end(std::function<void()> done);

  // --- for the backend, from any thread
  // -----------------------------------------------------------------------------
  [[nodiscard]] ViewPtr view() const { return shelf_.get(); }
  // The same for those who judge by it: where the loop stands still, what it last knew is not known any more.
  [[nodiscard]] ViewPtr view_now() const;
  [[nodiscard]] const config::Config& config() const { return config_; }
  [[nodiscard]] const CompiledPlan& plan() const { return plan_; }
  [[nodiscard]] record::Recorder& recorder() { return *recorder_; }
  [[nodiscard]] tell::Teller& teller() { return *teller_; }
  [[nodiscard]] const Trends& trends() const { return trends_; }
  [[nodiscard]] ShelvedAlarms& shelved() { return shelved_; }
  [[nodiscard]] bool turning() const;             // the loop's last turn is recent
  void stop(CauseCode code, std::string detail);  // at once; never waits
  // What the guard answered; nothing when it did not within three seconds.
  [[nodiscard]] std::optional<permit::AnswerBody> word(permit::Word word, Epoch epoch,
                                                       const std::string& who);
  void journal(std::string kind, std::string code, std::string source, std::string detail,
               std::string data = {});
  // Runs `task` on the loop and waits for its result, at most five seconds.
  template <class Result>
  [[nodiscard]] std::optional<Result> on_loop(std::function<Result()> task) {
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    loop_.post([promise, task = std::move(task)] { promise->set_value(task()); });
    if (ended_ || future.wait_for(std::chrono::seconds(5)) != std::future_status::ready) return std::nullopt;
    return future.get();
  }
  [[nodiscard]] SnapshotInput picture(record::SnapshotKind kind);  // on the loop
  [[nodiscard]] Scribe& scribe() { return *scribe_; }
  [[nodiscard]] Job* job(const std::string& id);  // on the loop; "": the first
  [[nodiscard]] const std::vector<std::unique_ptr<Job>>& jobs() const { return jobs_; }  // on the loop
  [[nodiscard]] BusMember* bus() { return bus_.get(); }  // on the loop; none without [bus]
  [[nodiscard]] const link::TagTable& tags() const { return tags_; }
  [[nodiscard]] bool running() const {
    return view_.guard_connected && view_.guard.state == LatchState::running;
  }

 private:
  // supervisor.cpp: the loop's own work
  void tick();
  void publish();
  void publish_soon();
  void connect_guard();
  void unwelcome();
  void end_poll(Instant give_up);
  // supervisor_guard.cpp: what the guard says
  void on_welcome(const permit::StateBody& body);
  void on_state(const permit::StateBody& body);
  void on_cause(const permit::CauseBody& body);
  void on_event(const permit::EventBody& body);
  void on_answer(const permit::AnswerBody& body);
  void on_stage(const permit::StageBody& body);
  void on_guard_lost();
  void tripped(const permit::StateBody& body);
  void remember();  // what an earlier supervisor wrote
  void journal_old_trip(const permit::StateBody& body);
  void measure_stages(const permit::StateBody& body);
  [[nodiscard]] record::Event entry(std::string kind, std::string code, std::string source,
                                    std::string detail) const;  // of now, for the journal
  void remind();
  [[nodiscard]] tell::AlertEvent alert_event(std::string event) const;
  void tell(std::string event, std::string code, std::string source, std::string detail, std::int64_t wall_ns,
            std::optional<Epoch> epoch = {});  // none: the guard's present one
  // supervisor_plant.cpp: what the plant says
  void add_links();
  void add_bus();  // supervisor_bus.cpp
  void bus_word(estop::Action action, Epoch epoch, const std::string& who,
                std::function<void(bool accepted, const std::string& reason)> answered);
  void stop_now(CauseCode code, const std::string& detail);
  void on_link(const link::Status& status, link::State previous, std::string_view why);
  void journal_link(const link::Status& status, std::string_view why);
  void on_behind(const std::string& link, const Verdict& verdict);
  void decided(SourceIndex source, const Finding& finding);
  void report(SourceIndex source, const Verdict& verdict);
  void tell_readbacks(bool all);
  void check_proof_tests();  // in the scribe's thread; posts what it found

  os::Loop& loop_;
  config::Config config_;
  CompiledPlan plan_;
  RunOptions options_;
  std::unique_ptr<record::Recorder> recorder_;
  std::unique_ptr<tell::Teller> teller_;
  tell::Reminders reminders_;
  ShelvedAlarms shelved_;
  Trends trends_;
  std::unique_ptr<Scribe> scribe_;
  GuardProcess guard_process_;
  GuardPort port_;
  link::TagTable tags_;
  std::vector<std::unique_ptr<Job>> jobs_;  // one a link that this version runs
  std::unique_ptr<WatchBoard> board_;
  std::unique_ptr<BusMember> bus_;                // where there is a [bus]
  Epoch bus_epoch_ = 0;                           // a trip of the bus that the guard has to go beyond
  std::map<std::string, SilenceWatch> silences_;  // by critical link

  View view_;
  Shelf shelf_;
  tell::StageTimes stage_times_;
  std::vector<Verdict> verdicts_;  // by source: the newest, to tell a new guard
  std::map<std::uint64_t, std::shared_ptr<std::promise<permit::AnswerBody>>> answers_;
  std::map<std::uint64_t, std::function<void(const permit::AnswerBody&)>> bus_answers_;
  struct LinkWritten {
    link::State state = link::State::dialing;
    std::string why;
    std::uint32_t repeated = 0;
  };
  std::map<std::string, LinkWritten> links_written_;  // by link: its newest line in the journal
  struct ReadbackTold {
    bool good = false, safe = false;
    Instant at{};
  };
  std::map<std::uint8_t, ReadbackTold> readbacks_told_;
  Epoch journal_epoch_ = 0;  // the highest that the journal remembered at start
  struct Pictured {
    Epoch epoch = 0;
    std::string id;  // of the snapshot; empty: it could not be written
  };
  Pictured pictured_;  // the newest trip that an earlier supervisor recorded to its end
  struct Heard {
    std::string boot_id;  // of the guard: the machine's boot and the guard's nonce
    std::uint64_t sequence = 0;
  };
  Heard heard_;  // of the guard's ring: what was told, by this supervisor or an earlier one
  const std::int64_t session_start_wall_ns_;
  Epoch told_epoch_ = 0;  // the newest trip that was recorded and told
  bool measured_ = true;
  LoopGap gap_;
  os::Loop::Timer tick_timer_, publish_timer_, connect_timer_, end_timer_, proof_timer_, tell_timer_;
  std::atomic<std::int64_t> last_turn_ns_ = 0;
  std::atomic<bool> ended_ = false;
  bool ending_ = false, publish_pending_ = false, asked_replan_ = false, welcomed_ = false;
  std::function<void()> ended_callback_;
};

}  // namespace standstill::supervise
