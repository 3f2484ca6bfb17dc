// Someone else's stop, heard on the emergency-stop bus.
//
// A stop stands until a release for its epoch or a later one; late or repeated messages change nothing (S10).
// Copies are told by their id, never by their epoch: a controller that lost its memory may stop with an old
// epoch and must be obeyed, whereas its release of an epoch that was already released is a late one.
// Unknown until the whole state of the bus was learned; a bus that cannot be heard any more is as good as a
// stop, until its whole state was learned again (S11).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "kernel/latch.hpp"
#include "kernel/watch_finding.hpp"

namespace standstill {

struct RemoteMessage {
  enum class Kind : std::uint8_t {
    none,     // nothing was heard in this cycle
    stop,     // also for a message on the stop channel that could not be read (S9): id 0, epoch 0, code none
    release,  // authenticated by the bus before it comes here
    stopped,  // the whole state, learned on joining: a stop of `epoch` stands
    free,     // the whole state, learned on joining: everything up to `epoch` is released
    deaf,     // the bus was not heard for its lease
  };
  Kind kind = Kind::none;
  std::uint64_t id = 0;  // of a stop; equal for all copies of it; 0: it has none, so it is obeyed every time
  Epoch epoch = 0;       // of the sender; 0: not known
  CauseCode code = CauseCode::none;
  SourceName initiator{};  // who stopped, for the sentence; may be empty
};

// remembered: how many ids of stops are known; older copies stop again, which is safe. 8 bytes each.
template <std::size_t remembered = 4096>
class RemoteWatch {
  static_assert(remembered > 0);

 public:
  constexpr Verdict update(Instant now, const RemoteMessage& message) {
    return spoken(judge(now, message), *this);
  }

  constexpr Finding judge(Instant, const RemoteMessage& message) {
    using Kind = RemoteMessage::Kind;
    switch (message.kind) {
      case Kind::none:
        break;
      case Kind::stop:
        if (!known(message.id)) stop(message);
        break;
      case Kind::stopped:
        hears_ = ever_heard_ = true;
        static_cast<void>(known(message.id));  // what is repeated of it is a copy
        stop(message);
        break;
      case Kind::release:
        release(message.epoch);
        break;
      case Kind::free:
        hears_ = ever_heard_ = true;
        release(message.epoch);
        break;
      case Kind::deaf:
        hears_ = false;
        break;
      default:  // a message this version does not know is unreadable, and that is a stop (S9)
        stop({});
        break;
    }
    if (stopped_) return finding_ = {Standing::present, code_, false};
    if (!hears_)
      return finding_ = {ever_heard_ ? Standing::present : Standing::unknown, CauseCode::link_lost, false};
    return finding_ = {Standing::clear, CauseCode::none, false};
  }

  // Whether a stop with this id is only a copy of one that was heard.
  [[nodiscard]] constexpr bool knows(std::uint64_t id) const {
    const auto* const end = ids_.data() + filled_;
    return id != 0 && std::find(ids_.data(), end, id) != end;
  }
  [[nodiscard]] constexpr Finding finding() const { return finding_; }
  [[nodiscard]] constexpr Instant deadline() const { return never; }
  // The epoch whose release ends the stop; only meaningful while present.
  [[nodiscard]] constexpr Epoch epoch() const { return epoch_; }

  [[nodiscard]] constexpr CauseDetail detail() const {
    Sentence words;
    if (stopped_) {
      words.text("stopped by ").text(initiator_.empty() ? "an unnamed sender" : initiator_.view());
      words.text(" on the bus, until epoch ").integer(epoch_).text(" is released");
      return words.view();
    }
    if (hears_) return words.text("nobody on the bus stops").view();
    if (ever_heard_) return words.text("the bus cannot be heard any more: somebody may have stopped").view();
    return words.text("the state of the bus has not been learned yet").view();
  }

 private:
  // Remembers an id, and says whether it was known before.
  constexpr bool known(std::uint64_t id) {
    if (id == 0) return false;
    if (knows(id)) return true;
    ids_[next_id_] = id;
    next_id_ = (next_id_ + 1) % remembered;
    filled_ = std::min(filled_ + 1, remembered);
    return false;
  }

  constexpr void stop(const RemoteMessage& message) {
    // A new stop can only be ended by a release that is newer than every release heard so far.
    const Epoch newer = released_ == std::numeric_limits<Epoch>::max() ? released_ : released_ + 1;
    epoch_ = std::max({epoch_, message.epoch, newer});
    if (stopped_) return;  // the first one keeps its name (S6)
    stopped_ = true;
    code_ = message.code == CauseCode::none ? CauseCode::safety_interlock : message.code;
    initiator_ = message.initiator;
  }

  constexpr void release(Epoch epoch) {
    if (epoch < epoch_) return;
    released_ = std::max(released_, epoch);
    stopped_ = false;
  }

  std::array<std::uint64_t, remembered> ids_{};
  std::size_t next_id_ = 0, filled_ = 0;
  Epoch epoch_ = 0;
  Epoch released_ = 0;
  CauseCode code_ = CauseCode::none;
  SourceName initiator_;
  bool stopped_ = false;
  bool hears_ = false;
  bool ever_heard_ = false;
  Finding finding_{Standing::unknown, CauseCode::link_lost, false};
};

}  // namespace standstill
