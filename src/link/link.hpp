// The link engine: keeps one connection to one peer alive, and says at once when it is not.
//
// The one engine for every protocol: it dials, has the session prove its peer, probes it when it is quiet,
// judges silence and ends, backs off and dials again (course.hpp), and moves the bytes. A protocol is a
// Session and never writes a retry loop.
//
// Everything runs in the loop's thread. A Link may not be destroyed inside its own callback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "link/course.hpp"
#include "link/session.hpp"
#include "link/status.hpp"
#include "link/transport.hpp"
#include "os/loop.hpp"

namespace standstill::link {

class Link {
 public:
  struct Settings {
    std::string id;
    std::string kind;
    bool critical = true;
    Timing timing{};
    std::uint32_t jitter_seed =
        1;  // something that differs from machine to machine, or a fixed number in tests
  };
  // The state changed. Called in the very turn in which it was noticed, before the old connection is closed
  // and before anything is formatted or stored: this is the way to a trip. `why` is a sentence, valid during
  // the call; status.last_error becomes it afterwards. A `silent` is followed by `lost` (or `closed`) in the
  // same turn.
  using OnChange = std::function<void(const Status& status, State previous, std::string_view why)>;

  // Session and loop must outlive the link.
  Link(os::Loop& loop, Session& session, std::unique_ptr<Transport> transport, Settings settings,
       OnChange on_change);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void begin();     // the first dial, in the next turn
  void poke();      // dial now if a dial is being waited for; starts a new series of max_tries
  void send_now();  // the session has output: write it in this call, without waiting for any read
  // For a caller that turns the loop by itself and wants nothing but this peer's answer: waits for bytes as
  // long as the transport is patient, and takes them in. False when none came: a turn of the loop is due.
  bool await_bytes();
  void device_returned();  // closes the breaker and dials now (the serial transport calls it by itself)
  void close_for_good();   // ends the connection and dials no more; state closed

  // For a drill: from now on nothing is read from this connection, as if the peer hung, until it is over.
  // Only makes the link less alive.
  void stop_listening();
  // For a drill: the connected descriptor, to be shut down beneath the engine; -1 when not connected.
  [[nodiscard]] int native_handle() const { return transport_->native_handle(); }

  // See Transport::remark().
  [[nodiscard]] std::string remark() const { return transport_->remark(); }

  [[nodiscard]] const Status& status() const { return status_; }
  // The same with the outage that is still going on counted up to now.
  [[nodiscard]] Status status_now() const;

 private:
  static constexpr int reads_a_turn = 4;
  static constexpr int turns_without_decoding = 32;
  enum class Reading { drained, more, ended };

  void arm();
  void on_deadline();
  void dial();
  void dialed(const std::expected<void, std::string>& result);
  void ready(std::uint32_t events);
  void read_on();
  Reading read_in(bool everything, std::string_view& why);
  Reading take_in(const Io& io, Instant now, std::string_view& why);
  [[nodiscard]] bool rest_says_nothing() const;
  [[nodiscard]] bool reading_comes_first();
  void advance();
  void advance_at(Instant now);
  void decode_later();
  void flush();
  void later(void (Link::*what)());
  void write_failed();
  void silence();
  void over(Ending ending, std::string_view why);
  void announce(State previous, std::string_view why);
  void drop_connection();
  [[nodiscard]] std::string with_outlook(std::string_view why) const;

  os::Loop& loop_;
  Session& session_;
  std::unique_ptr<Transport> transport_;
  OnChange on_change_;
  Course course_;
  Status status_;
  std::string silence_text_;  // built before it is needed
  std::string unproven_text_;
  os::Loop::Watch watch_;
  os::Loop::Timer timer_;
  Instant armed_ = never;
  Instant online_ended_{};  // when the outage began; Instant{}: none
  Instant last_heard_{};
  bool decoding_posted_ = false;
  bool pending_work_ = false;
  bool read_everything_ = true;  // in the last turn that read
  int undecoded_turns_ = 0;
  bool answered_ = false;  // something came on this connection
  bool want_write_ = false;
  bool deaf_ = false;
  bool write_broken_ = false;
  std::string_view write_why_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::size_t portion_;
  std::unique_ptr<std::byte[]> buffer_;  // so much
};

}  // namespace standstill::link
