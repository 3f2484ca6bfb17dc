// What is known of one link, for status, metrics, snapshots and alerts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::link {

enum class State : std::uint8_t { dialing, probing, online, silent, lost, closed, suspended };

inline constexpr std::array<std::string_view, 7> state_names{"dialing", "probing", "online",   "silent",
                                                             "lost",    "closed",  "suspended"};
[[nodiscard]] constexpr std::string_view name(State state) {
  return state_names[static_cast<std::size_t>(state)];
}

// What went wrong on a link without ending it, counted since start: "crc", "time_out", "exception" …
struct Fault {
  std::string_view kind;  // static storage
  std::uint64_t count = 0;
};

struct Status {
  std::string id;
  std::string kind;  // "rocrail", "modbus-rtu", …
  bool critical = true;
  State state = State::dialing;
  Instant since{};  // when this state began
  std::int64_t since_wall_ns = 0;
  std::uint32_t attempts = 0;     // dials since it was last online
  std::string last_error;         // a sentence; empty when there was none
  Duration rtt{-1};               // of the last answered probe; negative when unknown
  std::uint64_t disconnects = 0;  // times it stopped being online since start, goodbyes included
  Duration outage{};              // total time not online since first online
  Instant last_heard{};           // last valid message; Instant{} when never
  bool was_online = false;        // at least once since start
  std::string peer;               // what the last dial was about: "127.0.0.1:8051"; empty before the first
  Instant next_dial = never;      // while waiting for it; `never` while none is planned
  std::uint64_t dials = 0;        // since start, as all below
  std::uint64_t probes = 0;       // sent because the peer was quiet
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::vector<Fault> faults;  // of kinds that a protocol counts; only in copies for people, see Job::status()
};

// What the state means for a watch. A link that dials again after it was lost is still lost, until it is
// online; one that said goodbye stays `closed` until then; one that has not finished its very first dial is
// not known yet.
enum class Standing : std::uint8_t { unknown, online, lost, closed };

[[nodiscard]] constexpr Standing standing(State state, bool was_online, std::uint32_t attempts) {
  switch (state) {
    case State::online:
      return Standing::online;
    case State::closed:
      return Standing::closed;
    case State::dialing:
    case State::probing:
      return was_online || attempts > 1 ? Standing::lost : Standing::unknown;
    case State::silent:
    case State::lost:
    case State::suspended:
      break;
  }
  return Standing::lost;
}
[[nodiscard]] inline Standing standing(const Status& status) {
  return standing(status.state, status.was_online, status.attempts);
}

}  // namespace standstill::link
