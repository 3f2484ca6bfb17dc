// What everybody but the loop sees of the plant: an immutable picture, replaced whole on every change.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernel/cause.hpp"
#include "link/status.hpp"
#include "tell/alert.hpp"
#include "tell/metrics.hpp"
#include "tell/publisher_status.hpp"
#include "wire/permit/message.hpp"

namespace standstill::supervise {

struct CauseView {
  SourceIndex source = 0;
  Cause cause;
};

struct OutputView {
  std::string id, kind;
  permit::OutputInfo info{};
  std::string readback_text;  // how its safe state is proved, in words; empty: by eye
  bool secures = true;        // it is cut by a trip
};

struct SourceView {
  std::string name;
  Standing standing = Standing::unknown;
  bool settled = true;
  std::string detail;  // the newest words about it
};

struct AbnormalView {  // a warning before the trip
  std::string watch, detail;
};

struct StationView {  // one registered station of the bus, as its controller knows it
  std::string instance, status, state;
  std::uint64_t confirmed_epoch = 0;  // 0: it has not confirmed anything since this supervisor started
  std::int64_t last_heard_ms = -1;    // -1: never
};

struct View {
  Instant made{};
  std::string site;
  bool guard_connected = false;
  std::string guard_trouble;  // why not, a sentence
  permit::StateBody guard{};  // last known
  Instant guard_heard{};
  std::vector<CauseView> causes;  // of this epoch, in the order of their appearance
  std::vector<SourceView> sources;
  std::vector<link::Status> links;
  std::vector<tell::PublisherStatus> publishers;
  std::vector<OutputView> outputs;
  std::vector<AbnormalView> warnings;
  std::vector<StationView> stations;  // on a controller of the bus
  std::uint64_t trips = 0, overruns = 0, snapshots = 0;
  Duration longest_turn{};
  std::vector<tell::StageTimes::Series> stage_times;
  std::string snapshot_id;  // of this epoch; empty: none yet
  bool supervisor_realtime = false;
};

using ViewPtr = std::shared_ptr<const View>;

// The shelf where the loop puts the newest picture.
class Shelf {
 public:
  void put(ViewPtr view) {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(view);
  }
  [[nodiscard]] ViewPtr get() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }

 private:
  mutable std::mutex mutex_;
  ViewPtr newest_ = std::make_shared<View>();
};

// "tripped", "ready", "running"; "unknown" where no guard answers.
[[nodiscard]] std::string state_word(const View& view);

// What `status --json` and GET /api/v1/state print.
[[nodiscard]] nlohmann::ordered_json state_json(const View& view, Instant now);

// One reason why the plant does not run: what, since when, what to do about it.
struct Blocker {
  std::string source, text, advice;
  std::int64_t age_ms = -1;
};
// Everything that stands between now and running, most urgent first. Empty while running.
[[nodiscard]] std::vector<Blocker> blockers(const View& view, Instant now);
// The same for one refused word, in sentences.
[[nodiscard]] std::vector<std::string> refusal_reasons(const View& view, permit::Word word, Refusal refusal,
                                                       Epoch named, Instant now);

}  // namespace standstill::supervise
