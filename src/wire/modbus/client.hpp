// The asking side of Modbus: sends requests and says what became of each, so that no answer is ever taken for
// another's.
//
// Time is an argument and there is no socket in here. Two envelopes, one interface:
//   TcpClient  several requests at once, each with its own number; answers with a number that is not waited
//   for
//              are dropped.
//   RtuClient  one request at a time. Answers carry no number, and a device may answer seconds late: what was
//              given up is remembered until its answer has come or cannot come any more, and no request is
//              sent meanwhile whose answer could be taken for it (see may_send()).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "kernel/time.hpp"
#include "wire/modbus/pdu.hpp"

namespace standstill::modbus {

struct Outcome {
  enum class What : std::uint8_t {
    answered,
    refused,    // `exception` says why; the device lives
    timed_out,  // nothing came
    corrupt,    // something came that was not an answer: a bad CRC, or the answer to something else
  };
  std::uint64_t key = 0;  // of send()
  What what = What::timed_out;
  Exception exception = Exception::none;
  Pdu reply;  // with `answered`; answers() holds
  // When the value was read, at the earliest: when it was asked for, and for an answer that may belong to an
  // earlier sending of the same request, when that was sent.
  Instant read_at{};
  Duration rtt{};  // from its sending to the answer
};

struct ClientCounters {
  std::uint64_t requests = 0, answers = 0, exceptions = 0, time_outs = 0;
  std::uint64_t crc_errors = 0;  // and whatever else made no sense
  std::uint64_t stale = 0;       // answers to what had been given up, dropped
};

class Client {
 public:
  virtual ~Client() = default;

  // A fresh connection. What was outstanding is forgotten without an outcome.
  virtual void connected(Instant now) = 0;
  // No room until an outcome has come.
  [[nodiscard]] virtual bool busy() const = 0;
  // How many more requests may be sent now; 0: wait for an outcome or for deadline().
  [[nodiscard]] virtual std::size_t room(Instant now) const = 0;
  // Whether an answer to this could be taken for one that is still missing (and is not to the same request).
  // A serial line only.
  [[nodiscard]] virtual bool may_send(const Request& request, Instant now) const = 0;
  // Whether the same request was given up and may still be answered: the answer's time is then uncertain.
  [[nodiscard]] virtual bool still_expected(const Request& request, Instant now) const = 0;
  // Only with room. Its outcome carries `key`.
  virtual void send(const Request& request, std::uint64_t key, Instant now) = 0;

  // False when the stream is beyond repair; error() says why.
  [[nodiscard]] virtual bool feed(std::span<const std::byte> bytes, Instant now) = 0;
  virtual void tick(Instant now) = 0;
  // When something that is under way wants tick(); `never` when nothing is.
  [[nodiscard]] virtual Instant deadline() const = 0;
  // With nothing under way, and no room: when there will be.
  [[nodiscard]] virtual Instant ready_at() const = 0;
  [[nodiscard]] virtual std::optional<Outcome> next() = 0;

  [[nodiscard]] virtual std::span<const std::byte> output() const = 0;
  virtual void sent(std::size_t bytes) = 0;

  [[nodiscard]] virtual const ClientCounters& counters() const = 0;
  [[nodiscard]] virtual std::string error() const = 0;
};

}  // namespace standstill::modbus
