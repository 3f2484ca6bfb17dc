// One configured link as the supervisor holds it, whatever it talks to. A new kind of link implements this
// and is named in make_job.cpp; the supervisor itself knows no protocol.
//
// Everything runs in the loop's thread and nothing here may block. A job keeps its own connection
// (link::Link, or whatever stands for one) and feeds its own tags.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "kernel/cause.hpp"
#include "kernel/standing.hpp"
#include "link/link.hpp"
#include "link/tags.hpp"
#include "supervise/scribe.hpp"
#include "tell/publisher_status.hpp"

namespace standstill::supervise {

class LocoJob;

class Job {
 public:
  struct Listener {
    // Of the link, in the turn in which it was noticed and before anything is formatted (see link::Link).
    link::Link::OnChange changed;
    // How that stands which the link's own state does not show: the command station behind a living server, a
    // heartbeat, a sensor. Only for kinds that plan_compiler.cpp gives such a source (`source_behind`); the
    // source is unknown, and counts as present, until this has been called.
    std::function<void(const Verdict& verdict)> behind;
    std::function<void()> tags;  // some tag may have changed: read-backs are looked at again
    // Something for the journal: `code` is a word ("problem", "identified"), `detail` a sentence.
    std::function<void(std::string_view code, const std::string& detail)> said;
  };

  explicit Job(const config::Link& config) : config_(config) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  [[nodiscard]] const config::Link& config() const { return config_; }

  virtual void begin() = 0;  // after every job was made
  virtual void close() = 0;  // for good; the outputs are safe by then
  // Outages counted up to now.
  [[nodiscard]] virtual link::Status status() const = 0;
  [[nodiscard]] virtual link::State state() const = 0;
  // How its readings come to those who want them; nothing where it publishes none.
  [[nodiscard]] virtual std::optional<tell::PublisherStatus> publishing() const { return std::nullopt; }
  // For a drill: the connected descriptor, to be shut down beneath the job; -1 when there is none.
  [[nodiscard]] virtual int native_handle() const { return -1; }

  // As typed, by hand or by a stage. Refused when it may energise and the plant does not run (S4).
  [[nodiscard]] virtual std::expected<void, std::string> send(const std::string& command, bool running) = 0;
  virtual void running_changed(bool /*running*/, Instant /*now*/) {}
  // Whether the peer's goodbye makes the outputs safe quietly.
  [[nodiscard]] virtual bool eases_on_goodbye() const { return false; }
  // A peer that reports only what changes vouches for its last word each time it is heard: every good tag of
  // this link is at least as young as this. A peer that is polled vouches for nothing.
  [[nodiscard]] virtual Instant vouched_at() const { return Instant{}; }

  // Before a picture: takes in what has arrived and waits, for at most a few milliseconds.
  virtual void catch_up() {}
  // The layout as it is told, where it looks after one: a copy that costs microseconds.
  [[nodiscard]] virtual std::optional<layout::Model> layout() const { return std::nullopt; }
  // The engine, where it is one.
  [[nodiscard]] virtual LocoJob* engine() { return nullptr; }
  // What it adds to a snapshot beside its tags; nothing when it adds nothing. Called on the loop, must be
  // cheap; the part itself writes into the document in the scribe's thread, and owns what it needs for that.
  [[nodiscard]] virtual SnapshotPart picture() const { return {}; }

 private:
  config::Link config_;
};

// The engine's timing as the configuration has it.
[[nodiscard]] link::Timing timing_of(const config::Link& config);

// Makes jobs; those of one supervisor by one of these, because some share a line. They may outlive it.
class JobMaker {
 public:
  // `state_dir`: where jobs keep what must outlive the program.
  JobMaker(os::Loop& loop, link::TagTable& tags, std::filesystem::path state_dir);
  ~JobMaker();
  // Of the kind that the configuration names; nothing for a kind that this version does not run.
  [[nodiscard]] std::unique_ptr<Job> make(const config::Link& config, std::uint32_t jitter_seed,
                                          Job::Listener listener);

 private:
  struct Shared;
  os::Loop& loop_;
  link::TagTable& tags_;
  std::filesystem::path state_dir_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace standstill::supervise
