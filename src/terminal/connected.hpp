// One who is connected, as the server counts them: a request and its answer, or a follower of the feed.
#pragma once

#include <cstdint>

#include "kernel/time.hpp"

namespace standstill::terminal {

class Connected {
 public:
  // In the order in which a connection makes room for a new one; a call under way never does.
  enum class Phase : std::uint8_t { idle, reading, writing, following, calling };

  virtual ~Connected() = default;
  Connected() = default;
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

  virtual void close() = 0;
  [[nodiscard]] virtual Phase phase() const = 0;
  [[nodiscard]] virtual Instant since() const = 0;  // in this phase
  [[nodiscard]] virtual bool local() const = 0;     // over the unix socket
};

}  // namespace standstill::terminal
