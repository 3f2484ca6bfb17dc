// The way to the safe state in time: which output is due when, counted from the trip.
//
// Stop category 0 (IEC 60204-1, 9.2.2): every output at once. Category 1: first a controlled stop (`send`
// stages, or outputs that brake), then the power. Outputs that no stage names are due at once, always.
//
// A delay between a send and the next stage only gives the send time to work. When sends have become
// pointless (their link is lost, the supervisor is gone), what is left of such delays is skipped. A delay
// between two outputs has a reason in the hardware and stays; so does one between the trip and the first
// output.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "kernel/time.hpp"

namespace standstill {

struct Stage {
  enum class Act : std::uint8_t { send, output };
  Duration at{};  // since the trip, 0 to Stages::longest
  Act act = Act::output;
  std::uint8_t index = 0;  // of the output; not looked at for a send
};

class Stages {
 public:
  static constexpr std::size_t most_stages = 16;
  static constexpr std::size_t most_outputs = 32;
  static constexpr Duration longest = 10min;

  enum class Error : std::uint8_t {
    too_many,
    too_many_outputs,
    bad_time,
    out_of_order,
    no_such_output,
    output_twice
  };

  struct Due {
    std::uint32_t outputs = 0;  // bit i: output i must be safe by now
    std::uint16_t sends = 0;    // bit i: stage i is a send whose time has come, and it still makes sense
    Instant next = never;       // when more becomes due
    std::uint8_t stage = 0;     // how many stages have begun, 0 to of
    std::uint8_t of = 0;
  };

  // Category 0 with every output there can be, so that a plan that could not be read still cuts everything at
  // once.
  constexpr Stages() = default;

  // `stages` in order of time; at most one of them for an output.
  [[nodiscard]] static constexpr std::expected<Stages, Error> make(std::span<const Stage> stages,
                                                                   std::size_t outputs) {
    if (stages.size() > most_stages) return std::unexpected(Error::too_many);
    if (outputs > most_outputs) return std::unexpected(Error::too_many_outputs);
    Stages made;
    made.outputs_ = outputs;
    std::uint32_t named = 0;
    Duration last{};
    for (const Stage& stage : stages) {
      if (stage.at < Duration::zero() || stage.at > longest) return std::unexpected(Error::bad_time);
      if (stage.at < last) return std::unexpected(Error::out_of_order);
      last = stage.at;
      if (stage.act == Stage::Act::output) {
        if (stage.index >= outputs) return std::unexpected(Error::no_such_output);
        if ((named & bit(stage.index)) != 0) return std::unexpected(Error::output_twice);
        named |= bit(stage.index);
      }
      made.stages_[made.count_++] = stage;
    }
    return made;
  }

  // What is due at `now` for a trip at `tripped_at`. `no_sends_from`: since when sends are pointless; keep
  // handing in the first such instant, so that later delays are counted from it. Never takes back what it
  // once said was due, as long as `now` does not run backwards and `no_sends_from` only changes from `never`
  // to the present.
  [[nodiscard]] constexpr Due due(Instant tripped_at, Instant now, Instant no_sends_from = never) const {
    Due result;
    result.of = static_cast<std::uint8_t>(count_);
    result.outputs = unnamed_outputs();
    const Duration since = now - tripped_at;
    const Duration skip = skip_after(tripped_at, no_sends_from);
    Walk walk;
    for (std::size_t i = 0; i < count_; ++i) {
      const Stage& stage = stages_[i];
      const Duration begins = walk.step(stage, skip);
      if (begins > since) {
        result.next = tripped_at + begins;
        break;
      }
      ++result.stage;
      if (stage.act == Stage::Act::output) {
        result.outputs |= bit(stage.index);
      } else if (begins < skip) {
        result.sends = static_cast<std::uint16_t>(result.sends | (1U << i));
      }
    }
    return result;
  }

  // How long after the trip an output is due; for `check`, and for read-back deadlines.
  [[nodiscard]] constexpr Duration delay_of(std::size_t output, bool sends_make_sense) const {
    Walk walk;
    for (std::size_t i = 0; i < count_; ++i) {
      const Duration begins = walk.step(stages_[i], sends_make_sense ? Duration::max() : Duration::zero());
      if (stages_[i].act == Stage::Act::output && stages_[i].index == output) return begins;
    }
    return Duration::zero();
  }

  // 0 or 1, as IEC 60204-1 counts.
  [[nodiscard]] constexpr int category() const {
    for (std::size_t output = 0; output < outputs_; ++output)
      if (delay_of(output, true) > Duration::zero()) return 1;
    return 0;
  }

  [[nodiscard]] constexpr std::size_t size() const { return count_; }

 private:
  // Goes through the stages and moves them forward where the wait for a send can be skipped.
  struct Walk {
    Duration planned{};  // the stage before, as configured
    Duration begins{};   // the same, as it happens
    bool after_send = false;

    constexpr Duration step(const Stage& stage, Duration skip) {
      const Duration as_planned = begins + (stage.at - planned);
      begins = after_send && as_planned > skip ? std::max(begins, skip) : as_planned;
      planned = stage.at;
      after_send = stage.act == Stage::Act::send;
      return begins;
    }
  };

  [[nodiscard]] static constexpr std::uint32_t bit(std::size_t index) { return std::uint32_t{1} << index; }

  // Counted from the trip; negative when sends were pointless before it.
  [[nodiscard]] static constexpr Duration skip_after(Instant tripped_at, Instant no_sends_from) {
    return no_sends_from == never ? Duration::max() : no_sends_from - tripped_at;
  }

  [[nodiscard]] constexpr std::uint32_t unnamed_outputs() const {
    std::uint32_t named = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (stages_[i].act == Stage::Act::output) named |= bit(stages_[i].index);
    const std::uint32_t all = outputs_ == most_outputs ? ~std::uint32_t{0} : bit(outputs_) - 1;
    return all & ~named;
  }

  std::array<Stage, most_stages> stages_{};
  std::size_t count_ = 0;
  std::size_t outputs_ = most_outputs;
};

[[nodiscard]] constexpr std::string_view text(Stages::Error error) {
  switch (error) {
    case Stages::Error::too_many:
      return "there are more than 16 stages";
    case Stages::Error::too_many_outputs:
      return "there are more than 32 outputs";
    case Stages::Error::bad_time:
      return "a stage begins before the trip or more than 10 minutes after it";
    case Stages::Error::out_of_order:
      return "a stage begins before the one above it: sort them by at_ms";
    case Stages::Error::no_such_output:
      return "a stage names an output that does not exist";
    case Stages::Error::output_twice:
      return "two stages name the same output: the earlier one decides, remove the other";
  }
  return "the stages cannot be read";
}

}  // namespace standstill
