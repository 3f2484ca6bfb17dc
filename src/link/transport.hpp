// The way bytes travel to one peer: a TCP connection or a serial device. It can be dialed again after it was
// closed.
//
// Everything happens in the loop's thread and nothing here blocks it. A transport may not be destroyed inside
// one of its own callbacks.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/time.hpp"

namespace standstill::link {

// What a read or a write did. `why` has static storage: building it costs nothing on the way to a trip.
struct Io {
  enum class Did { some, again, ended };
  Did did = Did::again;
  std::size_t bytes = 0;   // with `some`
  std::string_view why{};  // with `ended`; a sentence, empty for a plain end of file
};

class Transport {
 public:
  // Nothing when the connection stands; else why not, a sentence for the operator.
  using Dialed = std::function<void(std::expected<void, std::string>)>;

  virtual ~Transport() = default;

  // Connects, within `time_out` altogether; calls `done` once, later, never from inside dial(). An older dial
  // or connection is closed first.
  virtual void dial(Duration time_out, Dialed done) = 0;
  // Ends a dial or a connection; an outstanding `done` is not called any more.
  virtual void close() = 0;

  [[nodiscard]] virtual Io read(std::span<std::byte> into) = 0;
  // The same for a caller that has nothing else to do than to wait for this peer: blocks for bytes, as long
  // as the transport's settings allow. Where they do not, `again` at once.
  [[nodiscard]] virtual Io read_patiently(std::span<std::byte> /*into*/) { return {}; }
  [[nodiscard]] virtual Io write(std::span<const std::byte> bytes) = 0;

  // Whether read() has more to give that the descriptor does not show any more: the engine then reads on
  // without waiting for it.
  [[nodiscard]] virtual bool buffered() const { return false; }

  // Whether a read() that gave less than there was room for took everything, and whatever comes after it
  // shows at the descriptor again: then no second call is needed to hear `again`. Only where the system
  // promises it (a stream socket, a terminal); what decrypts reads until `again`.
  [[nodiscard]] virtual bool short_read_took_all() const { return false; }

  // Once the peer's end has been seen, so that no more can follow: how many bytes read() would still give.
  // Nothing where only reading them tells.
  [[nodiscard]] virtual std::optional<std::size_t> unread() const { return std::nullopt; }
  // What read() would say behind those bytes. Asked once, by who does not read them.
  [[nodiscard]] virtual std::string_view why_ended() { return {}; }

  // The connected descriptor, to be watched (and, in a drill, shut down beneath the engine); -1 when there is
  // none.
  [[nodiscard]] virtual int native_handle() const = 0;
  // "127.0.0.1:8051" or "/dev/serial/by-id/…": what the last dial was about.
  [[nodiscard]] virtual std::string peer() const = 0;

  // Something about this connection that somebody could improve, a sentence; empty when there is nothing.
  [[nodiscard]] virtual std::string remark() const { return {}; }

  // The peer served on this connection: where there are several addresses or devices, the next dial tries the
  // same one first. Without this call it starts with the one after it.
  virtual void served() {}
  // Called whenever there is reason to think that the peer came back (its device appeared).
  virtual void on_return(std::function<void()> /*returned*/) {}
};

}  // namespace standstill::link
