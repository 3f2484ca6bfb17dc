// A link that must stay online. How silence is found out (probes, deadlines) is the link's business; this
// says what its state means: lost without a goodbye is a cause, a goodbye is not, and neither ends before it
// is online again.
#pragma once

#include "kernel/watch_finding.hpp"

namespace standstill {

// The states of a link as far as the decision needs them. link::State maps: dialing, probing → dialing;
// silent, lost, suspended → lost.
enum class LinkStanding : std::uint8_t { dialing, online, closed, lost };

struct SilenceSettings {
  SourceName link{};  // for the sentences
  bool critical = true;
};

// Update on every change of the link's state, so that a short loss is not overlooked between two cycles.
class SilenceWatch {
 public:
  constexpr explicit SilenceWatch(const SilenceSettings& settings) : set_(settings) { settle(); }

  constexpr Verdict update(Instant now, LinkStanding link) { return spoken(judge(now, link), *this); }

  constexpr Finding judge(Instant, LinkStanding link) {
    switch (link) {
      case LinkStanding::online:
        known_ = Known::online;
        break;
      case LinkStanding::closed:
        // A goodbye excuses the end of this connection, not a loss that stood before it.
        if (known_ != Known::lost) known_ = Known::closed;
        break;
      case LinkStanding::dialing:
        // Dialing again after having been online: the loss itself fell between two updates.
        if (known_ == Known::online) known_ = Known::lost;
        break;
      case LinkStanding::lost:
      default:  // a state this version does not know is no proof of life
        if (known_ != Known::closed) known_ = Known::lost;
        break;
    }
    settle();
    return finding_;
  }

  [[nodiscard]] constexpr Finding finding() const { return finding_; }
  [[nodiscard]] constexpr Instant deadline() const { return never; }

  [[nodiscard]] constexpr CauseDetail detail() const {
    Sentence words;
    words.text("link ").text(set_.link.view()).text(" ");
    switch (known_) {
      case Known::nothing:
        return words.text("has not been online yet").view();
      case Known::online:
        return words.text("is online").view();
      case Known::closed:
        return words.text("was closed by its peer's goodbye; start waits until it is online again").view();
      case Known::lost:
        break;
    }
    return words.text("is lost: its connection ended or fell silent without a goodbye").view();
  }

 private:
  enum class Known : std::uint8_t { nothing, online, closed, lost };

  constexpr void settle() {
    const bool online = known_ == Known::online;
    if (online || !set_.critical) {
      finding_ = {Standing::clear, CauseCode::none, !online};
    } else if (known_ == Known::closed) {
      finding_ = {Standing::closed, CauseCode::none, false};
    } else {
      finding_ = {known_ == Known::lost ? Standing::present : Standing::unknown, CauseCode::link_lost, false};
    }
  }

  SilenceSettings set_;
  Known known_ = Known::nothing;
  Finding finding_;
};

}  // namespace standstill
