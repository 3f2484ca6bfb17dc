// An engine's configuration variables over its telemetry line (docs/locomotive.md, "Telemetry"): read when
// somebody wants to see them, written one at a time, and each write read back.
//
// One line is under way at a time. The engine takes a line that noise has touched for a stop (S9), so that
// nothing is asked that nobody wants to know.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::engine {

class Variables {
 public:
  static constexpr Duration answer_within = 2s;
  static constexpr Duration wanted_for = 15s;  // after want(): whoever looks says so again
  static constexpr int most_tries = 3;         // of a read, until somebody wants it anew

  struct Value {
    std::uint32_t cv = 0;
    std::string text = {};  // as people write it, "13.25"; empty: not read yet
    bool known = false;     // read on this connection, and nothing was heard since that may have changed it
  };
  // The engine's sentence when it took the value and a second look found it there; else why not, or that it
  // is not known whether it did.
  using Done = std::function<void(std::expected<std::string, std::string> answer)>;

  explicit Variables(const std::vector<std::uint32_t>& numbers);

  void connected();  // what is on the other end now may be another engine: nothing is known any more
  void changed();    // it woke up, or somebody else may have written
  void want(Instant now) { wanted_ = now + wanted_for; }
  // False when one is under way. `text` must be one that the engine accepts as a line: the caller has checked
  // it.
  [[nodiscard]] bool write(std::uint32_t cv, std::string text, Instant now, Done done);

  // The line to be sent now, without its end; empty when there is none.
  [[nodiscard]] std::string next(Instant now);
  [[nodiscard]] Instant deadline() const { return asked_ ? asked_->until : never; }
  enum class Took : std::uint8_t { no, answer, news };  // news: an answer that belongs into the journal too
  [[nodiscard]] Took take(std::string_view line);

  [[nodiscard]] const std::vector<Value>& values() const { return values_; }
  [[nodiscard]] const std::string* text_of(std::uint32_t cv) const;  // nullptr where it is not known
  [[nodiscard]] bool all_known() const;

 private:
  enum class Ask : std::uint8_t { read, write, check };
  struct Asked {
    Ask what = Ask::read;
    std::uint32_t cv = 0;
    Instant until{};
  };
  struct Write {
    std::uint32_t cv = 0;
    std::string text, sentence;
    Done done;
  };

  [[nodiscard]] Value* value(std::uint32_t cv);
  void gave_up();
  void end_write(std::expected<std::string, std::string> answer);

  std::vector<Value> values_;
  std::vector<int> tries_;
  std::optional<Asked> asked_;
  std::optional<Write> write_;
  bool written_ = false;  // the engine said that it took it: now it is read back
  Instant wanted_{};
};

}  // namespace standstill::engine
