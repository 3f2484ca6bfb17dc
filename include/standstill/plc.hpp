// One connection to a Siemens S7 PLC (ISO-on-TCP), kept alive: the right value, or one clear error.
//
//   standstill::Plc plc("192.168.0.10", {.slot = 1});
//   auto counter = plc.read("DB1.DBD0:DINT");
//   if (counter) std::cout << counter->text() << '\n';
//   else std::cerr << counter.error().text << '\n';
//
// Addresses: DB1.DBX4.0, DB1.DBD0:DINT, DB2.DBB0:STRING[20], DB3.DBW10:INT[8], M10.2, IW0, QB4, T5, C7; see
// docs/plc.md for all types.
//
// A question that finds no connection waits for it as long as its time-out lasts; a read that is under way
// when the connection ends is asked again. A write that may or may not have happened is `uncertain` and never
// repeated by itself, unless the options call it idempotent.
//
// Threads: every function may be called from any thread, handlers included. A blocking call does the
// connection's work itself while it waits, the first milliseconds for the PLC's answer alone: what another
// thread asks meanwhile leaves behind that answer, or up to about 20 ms later. Between calls a thread of the
// Plc does the work. Handlers and the functions of *_async run one at a time on another thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace standstill {

namespace client {
class PlcEngine;
class PlcGroup;
}  // namespace client

struct PlcError {
  enum class Kind : std::uint8_t {
    refused,      // the PLC answered, and the answer is no
    unreachable,  // it was not done: no connection, or none in time
    uncertain,    // a write that may or may not have happened
    read_only,    // Options::allow_write or allow_control is missing
    unusable,     // the question itself is wrong: its address, its value, or the Plc's options
  };
  Kind kind = Kind::unreachable;
  std::string text = {};  // a sentence that names host, address and cause
};

// What was asked for, or why not.
template <class T>
class [[nodiscard]] PlcResult {
 public:
  PlcResult(const T& value) : content_(value) {}        // NOLINT(google-explicit-constructor)
  PlcResult(T&& value) : content_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  template <class... Arguments>
  explicit PlcResult(std::in_place_t, Arguments&&... value)
      : content_(std::in_place_index<0>, std::forward<Arguments>(value)...) {}
  PlcResult(PlcError error) : content_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] explicit operator bool() const { return content_.index() == 0; }
  [[nodiscard]] const T& operator*() const { return std::get<0>(content_); }
  [[nodiscard]] T& operator*() { return std::get<0>(content_); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(content_); }
  [[nodiscard]] const PlcError& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, PlcError> content_;
};

struct PlcDone {};  // of a question that has no other answer

// One value; of an array, one for each element. Times are milliseconds, dates are text (docs/plc.md).
class PlcValue {
 public:
  using Scalar = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;
  PlcValue() = default;
  explicit PlcValue(const Scalar& one) : content_(one) {}
  explicit PlcValue(Scalar&& one) : content_(std::move(one)) {}
  explicit PlcValue(std::vector<Scalar> elements);
  template <class T>
  PlcValue(std::in_place_type_t<T> type, T one) : content_(std::in_place_type<Scalar>, type, one) {}
  // Becomes one number.
  template <class T>
  void become(T number) {
    if (auto* one = std::get_if<Scalar>(&content_))
      *one = number;
    else
      content_.template emplace<Scalar>(number);
  }
  // Valid as long as this value is.
  [[nodiscard]] std::span<const Scalar> elements() const {
    if (const auto* one = std::get_if<Scalar>(&content_)) return {one, 1};
    return std::get<std::vector<Scalar>>(content_);
  }
  // The first element as a number (BOOL: 0 and 1); nothing for texts and dates.
  [[nodiscard]] std::optional<double> number() const;
  [[nodiscard]] std::string text() const;  // as people type it; elements between commas
  bool operator==(const PlcValue&) const = default;

 private:
  std::variant<std::vector<Scalar>, Scalar> content_;  // one element is never in a vector
};

struct PlcLoss {
  std::string detail;       // why, a sentence
  bool was_online = false;  // at least once before
};
struct PlcReturn {
  std::chrono::milliseconds outage{};
  bool first = false;  // the first time since the start
};
struct PlcAttempt {
  std::uint32_t number = 0;   // this attempt failed: number of maximum
  std::uint32_t maximum = 0;  // 0: for ever
  std::string error;
  std::chrono::milliseconds next{};        // until the next one; negative: there is none
  [[nodiscard]] std::string text() const;  // "attempt 2 of 5 failed: …; the next in 1.0 s"
};
struct PlcHeartbeat {
  std::string address;  // one number that a living program keeps changing, read four times as often as this:
  std::chrono::milliseconds changes_within{1000};
};

enum class PlcConnection : std::uint8_t { pg = 1, op = 2, basic = 3 };

// What cannot work (a slot above 31, a heartbeat that is no number …) is the error of every call.
struct PlcOptions {
  std::uint16_t port = 102;
  unsigned rack = 0;  // 0 to 7
  unsigned slot = 1;  // 0 to 31; 1: S7-1200 and S7-1500, 2: S7-300
  PlcConnection connection = PlcConnection::pg;
  std::uint16_t remote_tsap = 0;  // not 0: instead of connection, rack and slot
  std::uint16_t local_tsap = 0x0100;
  bool allow_write = false;        // else every write is refused here
  bool allow_control = false;      // stop, start, set clock
  bool idempotent_writes = false;  // uncertain writes may be repeated; stop, start and set clock never are
  std::string password = {};       // of the session; empty: none

  std::function<void(const PlcLoss&)> on_loss = {};
  std::function<void(const PlcReturn&)> on_return = {};    // the first connection too
  std::function<void(const PlcAttempt&)> on_attempt = {};  // each that failed
  std::optional<PlcHeartbeat> heartbeat = {};
  std::function<void(bool alive, const std::string& why)> on_heartbeat = {};  // when that changes

  std::chrono::milliseconds answer_within{3000};  // a request without an answer: the connection is lost
  std::chrono::milliseconds probe{1000};          // ask when nothing was heard for so long
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds retry_first{500};        // wait before the next attempt, doubled …
  std::chrono::milliseconds retry_longest{8000};     // … up to this
  std::uint32_t max_tries = 0;                       // attempts until a call fails at once; 0: for ever
  std::chrono::milliseconds time_out{30000};         // of a call, attempts to connect included
  std::chrono::milliseconds handler_patience{5000};  // a handler that runs longer has hung
};

struct PlcStatus {
  std::string state;  // dialing, probing, online, silent, lost, closed, suspended
  bool online = false;
  std::string detail;  // the last reason, a sentence; empty when there was none
  std::string peer;    // "192.168.0.10:102"
  std::uint64_t disconnects = 0;
  std::uint32_t attempts = 0;  // that failed since it was last online, or since this series of them began
  bool exhausted = false;      // all attempts are used up; the next call begins a new series
  std::uint16_t pdu = 0;       // granted by the PLC; 0 while not online
  std::size_t outstanding = 0;
  std::uint64_t requests = 0;
  std::uint64_t stale_answers = 0;  // answers nobody waited for, dropped
};

struct PlcBitWritten {
  bool by_whole_byte = false;       // the PLC refuses bit writes: its byte was read, changed, written back
  bool neighbours_changed = false;  // meanwhile somebody else wrote that byte (only seen with by_whole_byte)
};

struct PlcStatusList {
  std::uint16_t id = 0;
  std::uint16_t index = 0;
  std::vector<std::vector<std::byte>> records;
};

struct PlcBlock {
  std::string type;  // "DB", "OB" …
  std::uint16_t number = 0;
  std::uint32_t bytes = 0;
  std::string author, family, header;
  std::string version;
};

// Addresses that are read together again and again: looked at once, here, instead of in each call. Belongs to
// no connection; copies are cheap and share what they know. One that cannot be understood is an error in each
// answer, in its place.
class PlcTags {
 public:
  explicit PlcTags(const std::vector<std::string>& addresses);
  [[nodiscard]] const std::vector<std::string>& addresses() const;

 private:
  friend class Plc;
  std::shared_ptr<const client::PlcGroup> group_;
};

class Plc {
 public:
  template <class T>
  using Then = std::function<void(const PlcResult<T>&)>;
  using Bytes = std::vector<std::byte>;

  // Starts at once and returns at once. Throws std::system_error when the system gives no thread or
  // descriptor.
  explicit Plc(std::string host, PlcOptions options = {});
  ~Plc();  // tells the PLC goodbye; no handler begins after this
  Plc(Plc&&) noexcept;
  Plc& operator=(Plc&&) noexcept;

  PlcResult<PlcDone> wait_online(std::chrono::milliseconds time_out) const;
  [[nodiscard]] PlcStatus status() const;
  void retry_now() const;  // do not wait for the next attempt

  PlcResult<PlcValue> read(std::string_view address) const;
  // Several at once, packed into as few requests as possible; one result each, in their order.
  [[nodiscard]] std::vector<PlcResult<PlcValue>> read(const std::vector<std::string>& addresses) const;
  [[nodiscard]] std::vector<PlcResult<PlcValue>> read(const PlcTags& tags) const;
  // The same in place of what `into` holds, whose memory is used again.
  void read(const PlcTags& tags, std::vector<PlcResult<PlcValue>>& into) const;
  PlcResult<Bytes> read_db(std::uint16_t db, std::uint32_t byte, std::size_t size) const;
  void read_async(std::string address, Then<PlcValue> then) const;
  void read_async(const std::vector<std::string>& addresses,
                  std::function<void(const std::vector<PlcResult<PlcValue>>&)> then) const;
  void read_async(const PlcTags& tags,
                  std::function<void(const std::vector<PlcResult<PlcValue>>&)> then) const;
  void read_db_async(std::uint16_t db, std::uint32_t byte, std::size_t size, Then<Bytes> then) const;

  // As people type it: "42", "true", "3.5", "text", "2026-01-31". A BOOL like write_bit(), which tells more.
  PlcResult<PlcDone> write(std::string_view address, std::string_view value) const;
  PlcResult<PlcDone> write(std::string_view address, const PlcValue& value) const;
  PlcResult<PlcDone> write_db(std::uint16_t db, std::uint32_t byte, const Bytes& data) const;
  // Changes that bit and no other; "DB1.DBX4.0", "M10.2".
  PlcResult<PlcBitWritten> write_bit(std::string_view address, bool value) const;
  PlcResult<PlcBitWritten> write_bit(std::uint16_t db, std::uint32_t byte, unsigned bit, bool value) const;
  void write_async(std::string address, std::string value, Then<PlcDone> then) const;
  void write_db_async(std::uint16_t db, std::uint32_t byte, const Bytes& data, Then<PlcDone> then) const;
  void write_bit_async(std::string address, bool value, Then<PlcBitWritten> then) const;

  PlcResult<std::string> cpu_state() const;  // "running", "stopped", "unknown"
  PlcResult<PlcStatusList> status_list(std::uint16_t id, std::uint16_t index) const;
  PlcResult<std::string> clock() const;  // "2026-01-31 23:59:59.999"
  PlcResult<PlcDone> set_clock(std::string_view time) const;
  PlcResult<std::vector<std::uint16_t>> blocks(std::string_view type) const;  // "DB" …
  PlcResult<PlcBlock> block(std::string_view type, std::uint16_t number) const;
  PlcResult<PlcDone> stop_cpu() const;
  PlcResult<PlcDone> start_cpu(bool cold = false) const;

 private:
  std::shared_ptr<client::PlcEngine> engine_;
};

}  // namespace standstill
