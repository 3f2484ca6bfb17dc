// One connection to an S7 PLC: connect, negotiate, then requests; several at once, each matched to its
// answer.
//
// An answer belongs to a request by its sequence number, and must have its function, items and lengths too.
// An answer that nobody waits for is dropped and counted. A request without an answer in time is the end of
// the connection, never just of that request: what would come late must find nobody.
//
// Requests outlive connections: they wait for the next one, are repeated or fail as their Terms say. A write
// of which a byte has left is `uncertain` when the connection ends, and is not sent again by itself.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "link/session.hpp"
#include "plant/plc/outcome.hpp"
#include "wire/s7/frame.hpp"
#include "wire/s7/packing.hpp"
#include "wire/s7/user_data.hpp"

namespace standstill::plc {

struct SessionSettings {
  std::string peer;  // "192.168.0.10:102", for sentences
  s7::Tsaps tsaps = s7::tsaps(s7::ConnectionType::pg, 0, 1);
  std::uint16_t pdu = s7::largest_pdu;  // wished; smallest_pdu to largest_pdu
  std::uint16_t outstanding = 8;        // wished; 1 to 32
  Duration answer_within = 3s;
  bool allow_write = false;
  bool allow_control = false;  // stop, start, clock
  std::string password = {};   // sent after connecting; empty: none
};

// What is read again and again, kept by who asks: a session that sees the same again compares nothing.
using KeptRanges = std::shared_ptr<const std::vector<s7::Range>>;

class Session final : public link::Session {
 public:
  explicit Session(SessionSettings settings) : settings_(std::move(settings)) {}

  // ---- questions. `done` is called once, from inside feed(), ended(), tick() or this call; it may ask the
  // next one, and must not destroy the session.
  void read(std::span<const s7::Range> ranges, const Terms& terms, Instant now, Done<Items> done);
  void read(std::initializer_list<s7::Range> ranges, const Terms& terms, Instant now, Done<Items> done) {
    read(std::span(ranges), terms, now, std::move(done));
  }
  void read(const KeptRanges& ranges, const Terms& terms, Instant now, Done<Items> done);
  // `data` beside `ranges`; one result each, in which only the code counts.
  void write(std::span<const s7::Range> ranges, const std::vector<s7::Bytes>& data, const Terms& terms,
             Instant now, Done<Items> done);
  void write(std::initializer_list<s7::Range> ranges, const std::vector<s7::Bytes>& data, const Terms& terms,
             Instant now, Done<Items> done) {
    write(std::span(ranges), data, terms, now, std::move(done));
  }
  // All parts of the answer, put together. Set-clock is control; the others change nothing.
  void ask(s7::UserFunction function, s7::Bytes data, const Terms& terms, Instant now, Done<s7::Bytes> done);
  void start_cpu(s7::Start start, const Terms& terms, Instant now, Done<s7::Bytes> done);
  void stop_cpu(const Terms& terms, Instant now, Done<s7::Bytes> done);

  // Queues the transport's disconnect; the connection should be closed once it has left.
  void say_goodbye();
  // Everything that waits for a connection fails with this reason.
  void give_up_waiting(const std::string& why);

  [[nodiscard]] const SessionSettings& settings() const { return settings_; }
  [[nodiscard]] std::uint16_t pdu() const { return pdu_; }  // granted; 0 before
  [[nodiscard]] std::size_t outstanding_allowed() const { return allowed_; }
  [[nodiscard]] std::uint64_t stale_answers() const { return stale_; }  // dropped: nobody waited for them
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  // Whether so many bytes of one value are written in several messages.
  [[nodiscard]] bool writes_in_parts(std::size_t bytes) const {
    return bytes + s7::read_request_head + s7::item_address_bytes + s7::item_head > pdu_;
  }
  [[nodiscard]] std::size_t waiting() const { return jobs_.size() + pending_.size(); }

  // ---- link::Session
  void connected(Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  [[nodiscard]] bool work(Instant) override { return false; }
  [[nodiscard]] std::span<const std::byte> output() const override;
  void sent(std::size_t bytes) override;
  void probe(Instant now) override;
  [[nodiscard]] Instant last_heard() const override { return last_heard_; }
  [[nodiscard]] bool proven() const override { return phase_ == Phase::ready; }
  [[nodiscard]] link::Ending ended(Instant now) override;
  [[nodiscard]] Instant deadline() const override;
  void tick(Instant now) override;
  [[nodiscard]] std::string error() const override { return error_; }

 private:
  enum class Phase : std::uint8_t { closed, connecting, setting_up, unlocking, ready };
  enum class Control : std::uint8_t { stop, warm_start, cold_start };
  struct UserQuestion {
    s7::UserFunction function;
    s7::Bytes data;
  };
  struct Job {
    enum class Kind : std::uint8_t { read, write, user, control } kind = Kind::read;
    Terms terms{};
    std::span<const s7::Range> ranges{};  // `own`, or what is kept
    std::vector<s7::Range> own{};
    KeptRanges kept{};
    // A read in one request: as it was sent, for the next one that asks for the same.
    s7::Bytes request{};
    std::uint16_t request_pdu = 0;      // the messages it fits into, with its answer; 0: there is none
    std::vector<ItemResult> results{};  // of a write, and of a read in several requests; they show `bytes`
    s7::Bytes bytes{};
    Items shown{};                      // what `done` gets
    std::vector<s7::Parcel> parcels{};  // none where one request asks for all ranges
    std::size_t requests = 0;           // that it takes
    std::size_t asked = 0;              // of those
    std::size_t in_flight = 0;
    bool packed = false;
    bool left = false;  // a byte of it has gone to the network on this connection
    bool over = false;  // its `done` was called
    UserQuestion user{};
    Control control = Control::stop;
    s7::Bytes answer{};
    Done<Items> items_done{};
    Done<s7::Bytes> bytes_done{};
    [[nodiscard]] bool all_asked() const { return packed && asked == requests; }
    [[nodiscard]] std::span<std::byte> data(std::size_t range);
    [[nodiscard]] bool changes() const {
      return kind == Kind::write || kind == Kind::control ||
             (kind == Kind::user && user.function == s7::UserFunction::set_clock);
    }
    // Only of a write can its owner say that. A CPU that is started twice was perhaps stopped by somebody
    // between the two, and a clock that is set later is set wrong.
    [[nodiscard]] bool may_happen_twice() const { return kind == Kind::write && terms.idempotent; }
    void ask_for(std::span<const s7::Range> wanted);
    void ask_for(const KeptRanges& wanted);
    void pack(std::uint16_t pdu);
    void make_room();    // for the data of all ranges, zero
    void begin_again();  // nothing of it was asked for
  };
  using JobPtr = std::shared_ptr<Job>;
  struct Pending {
    std::uint16_t sequence = 0;
    JobPtr job;                          // none: the opening
    const s7::Parcel* parcel = nullptr;  // of the job's; none: all of its ranges
    Instant asked{};
    std::uint64_t first_byte = 0;  // of the stream that goes out
  };

  JobPtr fresh_job();
  void put_by(JobPtr job);
  void add(JobPtr job, Instant now);
  void pump(Instant now);
  void ask_part(const JobPtr& job, Instant now);
  void append_whole_read(Job& job, std::uint16_t sequence);
  void append_read(const s7::Parcel& parcel, std::uint16_t sequence);
  void append_write(Job& job, const s7::Parcel& parcel, std::uint16_t sequence);
  void track(std::uint16_t sequence, JobPtr job, const s7::Parcel* parcel, Instant now);
  std::uint16_t next_sequence();
  bool fail(std::string why);
  bool open_up(s7::FrameReader::Result what, Instant now);
  bool message(s7::View payload, Instant now);
  bool opening_answer(const s7::Message& message, Instant now);
  bool answer(Pending& pending, const s7::Message& message, Instant now);
  bool read_answer(Pending& pending, const s7::Message& message);
  bool whole_answer(Job& job, const s7::Message& message);
  bool write_answer(Pending& pending, const s7::Message& message);
  bool user_answer(Pending& pending, const s7::Message& message, Instant now);
  void finish(const JobPtr& job);
  void conclude(const JobPtr& job, Trouble trouble);
  void lost(const JobPtr& job, const std::string& why);
  [[nodiscard]] Trouble missed(const Job& job, bool may_have_happened, const std::string& why) const;

  SessionSettings settings_;
  s7::FrameReader reader_;
  Phase phase_ = Phase::closed;
  std::deque<JobPtr> jobs_;       // waiting, or with parts still to ask; first come, first served
  std::vector<Pending> pending_;  // oldest first
  JobPtr spare_;                  // a read that is over: the next one takes its memory
  std::array<ItemResult, s7::max_items> replies_{};  // of the answer being read
  s7::Bytes output_;
  std::size_t output_at_ = 0;
  std::uint64_t queued_bytes_ = 0;  // ever put into output_ on this connection
  std::uint64_t sent_bytes_ = 0;
  std::uint16_t sequence_ = 0;
  std::uint16_t pdu_ = 0;
  std::size_t allowed_ = 1;
  Instant last_heard_{};
  std::string error_;
  std::uint64_t stale_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace standstill::plc
