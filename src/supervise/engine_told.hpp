// An engine as its supervisor knows it, for whoever looks at it or sets it up: values against limits, how far
// its shutdown has come, its variables, its log. The engine's own rules are those of plant/loco, which is
// what runs on board.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "link/link.hpp"
#include "plant/engine/line.hpp"
#include "plant/engine/variables.hpp"

namespace standstill::supervise {

// The numbers of all variables that an engine has.
[[nodiscard]] std::vector<std::uint32_t> variable_numbers();

struct EngineTold {
  std::string link;
  link::State line = link::State::dialing;
  Instant heard{};  // Instant{}: never on this connection
  std::optional<engine::State> state;
  std::optional<engine::Frame> frame;
  Instant frame_at{};
  Instant tripped_at{};  // see engine::Session
  std::vector<engine::Variables::Value> variables;
  std::vector<std::string> log;

  // It says a frame a second while it is awake; asleep after a shutdown it says none, and may still answer.
  static constexpr Duration silent_after = 3s;
  static constexpr Duration rolls_within =
      1s;  // steam that is under way, and the time its speed is measured over

  struct Stage {
    Duration at{};  // since the trip
    std::string what;
    bool at_most = false;  // it may be there sooner: an engine that slows down first
  };
  // Of the shutdown that was heard to begin; empty where there was none, and after an emergency stop, which
  // has none.
  [[nodiscard]] std::vector<Stage> shutdown() const;

  // Why no variable may be written now; nothing when one may. An engine is set up while it is tripped: its
  // heaters are off then, and its regulator is closed.
  [[nodiscard]] std::optional<std::string> refusal(Instant now) const;

  [[nodiscard]] nlohmann::json json(Instant now) const;
};

// `typed` ("120", "13.25") as the line to the engine carries it, when variable `cv` is there, may be written
// and takes it; else a sentence that says what it takes. The engine looks again, and at how values go
// together.
[[nodiscard]] std::expected<std::string, std::string> variable_text(std::uint32_t cv,
                                                                    const std::string& typed);

}  // namespace standstill::supervise
