// An engine's telemetry line as a link: its frames become tags, its log goes to whoever keeps it.
//
// The engine says a frame a second and its state whenever that changes, in order, so that a frame also
// vouches for the state said before it. It takes an unreadable line for a stop (S9): nothing is written to it
// but whole words, and few of them; its variables are asked for when somebody looks at them.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "link/session.hpp"
#include "link/tags.hpp"
#include "plant/engine/line.hpp"
#include "plant/engine/variables.hpp"

namespace standstill::engine {

class Session final : public link::Session {
 public:
  struct Settings {
    std::string link;
    link::TagTable* tags = nullptr;
    std::function<std::int64_t()> wall_ns;
    Duration ask_every = 5s;                    // for its state
    std::vector<std::uint32_t> variables = {};  // the numbers of those that may be asked for
    std::function<void()> on_values;            // after each line that changed a tag
    // For the journal: "engine" when its state changed, "engine_log" a line of its log, "engine_says" others.
    std::function<void(std::string_view code, const std::string& detail)> on_said;
  };
  explicit Session(Settings settings);

  void connected(Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  [[nodiscard]] bool work(Instant) override { return false; }
  [[nodiscard]] std::span<const std::byte> output() const override;
  void sent(std::size_t bytes) override { out_.erase(0, bytes); }
  void probe(Instant now) override { ask(now); }
  [[nodiscard]] Instant last_heard() const override { return heard_; }
  [[nodiscard]] bool proven() const override { return state_.has_value(); }
  [[nodiscard]] link::Ending ended(Instant) override { return link::Ending::crash; }
  [[nodiscard]] Instant deadline() const override { return std::min(next_, variables_.deadline()); }
  void tick(Instant now) override;
  [[nodiscard]] std::string error() const override { return {}; }

  // The engine's emergency stop.
  void stop() { out_ += "STOP\n"; }
  // Somebody looks at its variables, for a while. Output may be there after it.
  void want_variables(Instant now);
  // See Variables::write.
  [[nodiscard]] bool write_variable(std::uint32_t cv, std::string text, Instant now, Variables::Done done);

  [[nodiscard]] const std::optional<State>& state() const { return state_; }  // on this connection
  [[nodiscard]] const Variables& variables() const { return variables_; }
  // The newest on this connection, and when it came. One that is asleep says none, and answers all the same.
  [[nodiscard]] const std::optional<Frame>& frame() const { return frame_; }
  [[nodiscard]] Instant frame_at() const { return frame_at_; }
  // When it was heard to trip, by whoever listens now; Instant{} where it was tripped already, or is not
  // tripped.
  [[nodiscard]] Instant tripped_at() const { return tripped_at_; }
  // The log of its last shutdown, its head first; empty until one was heard whole.
  [[nodiscard]] const std::vector<std::string>& last_log() const { return last_log_; }
  [[nodiscard]] std::uint64_t spoilt() const { return spoilt_; }  // lines that looked like one and were none

 private:
  static constexpr std::size_t longest_line = 256;
  static constexpr Duration log_within = 5s;  // it says a line a cycle, two dozen altogether
  static constexpr int most_words = 20;       // of its own, a minute

  void ask(Instant now);
  void ask_variables(Instant now);
  void take(std::string_view line, Instant now);
  void take_frame(const Frame& frame, Instant now);
  void take_state(State state, Instant now);
  void take_log(std::string_view line);
  void remember_state(Instant now);
  void other(std::string_view line, Instant now);
  void say(std::string_view code, const std::string& detail) const;
  void set(std::size_t index, double value, Instant now);

  Settings set_;
  std::vector<link::TagTable::Id> ids_;
  std::string in_, out_;
  bool over_ = false;   // the line under way is too long to be one
  bool first_ = false;  // no line has ended yet: this one may have begun before the connection
  std::optional<State> state_, told_;
  std::optional<Frame> frame_;
  Instant frame_at_{};
  Variables variables_;
  Instant tripped_at_{};
  std::vector<std::string> last_log_;
  Instant heard_{}, next_ = never;
  std::uint64_t spoilt_ = 0;

  bool log_wanted_ = false;
  Instant log_asked_{};
  std::string log_kept_;  // the head of the one that was passed on
  std::vector<std::string> log_;
  std::size_t log_missing_ = 0;

  Instant minute_{};
  int words_ = 0;
};

}  // namespace standstill::engine
