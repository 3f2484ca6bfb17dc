// What a protocol must offer so that the link engine can keep its connection alive.
//
// A session owns no socket, reads no clock and starts no thread. The engine calls it from one thread, in this
// order: connected(), then any of feed, work, output and probe, then ended(). All times are boot time.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kernel/time.hpp"

namespace standstill::link {

enum class Ending {
  crash,    // the connection ended without a goodbye
  goodbye,  // the peer had announced its proper shutdown and it stood when the connection ended
};

class Session {
 public:
  virtual ~Session() = default;

  // A fresh connection: forget half-received frames and unsent output of the old one; queue the opening
  // requests.
  virtual void connected(Instant now) = 0;

  // Bytes that arrived. Must be cheap (buffer and frame); expensive decoding belongs in work(). Returns false
  // when the stream is beyond repair (say why in error()); the engine then closes and re-dials.
  [[nodiscard]] virtual bool feed(std::span<const std::byte> bytes, Instant now) = 0;

  // One bounded slice (about 0.2 ms) of pending decoding. True: more is pending, call again.
  [[nodiscard]] virtual bool work(Instant now) = 0;

  // Bytes to send now; the engine calls sent() with how many left.
  [[nodiscard]] virtual std::span<const std::byte> output() const = 0;
  virtual void sent(std::size_t bytes) = 0;

  // How many bytes are read at a time, asked once: as many as usually arrive together. A connection keeps so
  // much memory, and 2 000 meters need no 64 KiB each.
  [[nodiscard]] virtual std::size_t portion() const { return std::size_t{64} * 1024; }

  // Queue a real request that a living peer answers.
  virtual void probe(Instant now) = 0;

  // When the last complete, valid message arrived on this connection; Instant{} when none did.
  [[nodiscard]] virtual Instant last_heard() const = 0;

  // True once the peer has proven on this connection that it serves (a real answer, never "the socket
  // opened").
  [[nodiscard]] virtual bool proven() const = 0;

  // Bytes that the message under way still lacks, where the protocol announces its length; 0 between
  // messages. Less than that arriving before the end completes nothing, and therefore says nothing.
  [[nodiscard]] virtual std::size_t missing() const { return 0; }

  // The connection is over and every byte of it that can say something has been fed. Was it a goodbye? (A
  // goodbye after which other traffic went on for long has been withdrawn by then.)
  [[nodiscard]] virtual Ending ended(Instant now) = 0;

  // When the session wants tick() although nothing arrived: a request to repeat, a value to ask for again;
  // `never` when it does not. Asked again after every other call. Only while connected.
  [[nodiscard]] virtual Instant deadline() const { return never; }
  // Its deadline has come; may queue output, or give the connection up by having an error().
  virtual void tick(Instant /*now*/) {}

  // Why feed() refused or tick() gave up, in a sentence for the operator; empty when neither did.
  [[nodiscard]] virtual std::string error() const = 0;
};

}  // namespace standstill::link
