// The host's end of the line to an external guard (wire/permit/board.hpp): passes every permit on, with what
// is wanted of the relays, and judges what the board says.
//
// The guard's own loop holds it, like a GPIO line. Only open() may block.
#pragma once

#include <optional>
#include <string>

#include "kernel/cause.hpp"
#include "kernel/permit.hpp"
#include "os/fd.hpp"
#include "wire/permit/board.hpp"
#include "wire/permit/serial_frame.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::output {

// What every order carries.
struct Vouched {
  Permit permit;           // the supervisor's newest
  std::uint32_t host = 0;  // whose sequence it belongs to
};

class BoardLine {
 public:
  // Longer than relays take to move and the board to say so, after its time-out.
  static constexpr Duration relays_settle = 200ms;

  explicit BoardLine(const plan::Output& output) : output_(output) {}

  // False: not there, or no serial device; errno says why.
  [[nodiscard]] bool open(Instant now);
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(fd_); }

  // Relays open, now: one write that waits for nothing. False: the line took it not or not wholly.
  bool cut(Instant now);
  // A person's start: from now on every permit that is passed on says `run`, for the epoch that the board has
  // now. False unless the board has just told that it can be started.
  [[nodiscard]] bool start(Instant now);

  // A new permit: it goes out with the next update(), and belongs to what the board has said until now.
  void vouch(const Vouched& vouched);
  // Takes what has come, and says what is to be said. `released`: people have acknowledged and reset.
  void update(Instant now, bool released);

  // When the last order went out.
  [[nodiscard]] Instant said_at() const { return said_at_; }
  // It has told something within its time-out (or a second, whichever is longer).
  [[nodiscard]] bool answers(Instant now) const { return status_ && now - heard_at_ < patience_; }
  // What the relays do, as far as the board has told since `since`; nothing where it has not.
  [[nodiscard]] std::optional<bool> open_since(Instant since) const;
  [[nodiscard]] bool runs() const;
  // Safe, and nothing of the board itself is in the way of a start.
  [[nodiscard]] bool startable(Instant now) const;
  // A sentence when the board stands for a cause by itself: silent, its button, a relay, or a trip of its
  // own while it should run. Empty otherwise.
  [[nodiscard]] CauseDetail trouble(Instant now) const;

 private:
  void take(Instant now);
  [[nodiscard]] bool send(permit::Want want, Instant now);
  [[nodiscard]] bool ended_by_itself() const;

  const plan::Output& output_;
  os::Fd fd_;
  permit::SerialReader<permit::BoardStatus::size> reader_;
  std::optional<permit::BoardStatus> status_;
  Vouched vouched_;
  std::uint32_t bound_session_ = 0;  // the board's newest status when that came
  std::uint64_t bound_us_ = 0;
  bool passed_on_ = true;  // there is no permit that the board has not been given
  Instant heard_at_{}, said_at_{};
  Duration patience_ = 1s;
  bool unfinished_ = false;  // the end of the last order was not taken
  bool running_ = false;     // a start was said and no cut since
  bool ran_ = false;         // and the board has confirmed it
  Epoch epoch_ = 0;          // that it names
  std::uint32_t session_ = 0;
};

}  // namespace standstill::output
