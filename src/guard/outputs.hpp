// Every output of the plan, as the guard sees it: what was commanded, what confirmed it, what escalates.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "kernel/stages.hpp"
#include "output/line/board_line.hpp"
#include "output/line/gpio_line.hpp"
#include "output/line/pulse_train.hpp"
#include "wire/pages/pages.hpp"
#include "wire/permit/message.hpp"

namespace standstill::guard {

// What happened to an output; the guard turns it into causes and events.
struct OutputChange {
  enum class What : std::uint8_t { commanded, confirmed, failed, escalated, standing } what;
  std::uint8_t output;
  Standing standing = Standing::unknown;  // for `standing`
  std::int32_t ms = -1;                   // after the cut
  CauseDetail detail;
};

class Outputs {
 public:
  using Tell = std::function<void(const OutputChange&)>;

  Outputs(const plan::Plan& plan, pages::CutPage& cuts, pages::InnerPage& inner, Tell tell);

  // Requests the GPIO lines with their safe level in the request itself. Called again for lines that are
  // missing.
  void acquire_lines(Instant now);
  [[nodiscard]] int line_fd(std::size_t output) const { return items_[output].line.fd(); }
  // A line was (re)acquired since the last call: the cutters need duplicates.
  [[nodiscard]] bool take_lines_changed() { return std::exchange(lines_changed_, false); }

  // --- the cut (S1: from here to the end of the call nothing allocates, locks, logs or waits)
  // ---------------------- `no_sends`: category 1 stages that only waited for a send are skipped.
  void trip(Instant now, bool no_sends);
  // Sends became pointless while a sequence is under way.
  void skip_sends(Instant now);
  // Everything at once, without a sequence: goodbye, clean end.
  void cut_all(Instant now);

  // --- energise
  // -----------------------------------------------------------------------------------------------------
  // A start was accepted: whoever cuts from here on is obeyed, also before energise() comes to arm.
  void note_words();
  // False when somebody has cut since note_words(); then everything was cut again.
  bool energise(Instant now);
  bool command(std::size_t output, bool run, Instant now);  // commandable ones, while running

  // --- watching
  // -----------------------------------------------------------------------------------------------------
  void update(Instant now);  // cutter reports, read-backs, deadlines, stages, indicators
  void show(LatchState state, bool acknowledged, Instant now);
  void tag_readback(std::size_t output, bool good, bool safe, Instant at);
  // The newest permit, for the external guards.
  void vouch(const output::Vouched& vouched);
  // -1: not an external guard, or its line is not open.
  [[nodiscard]] int board_fd(std::size_t output) const {
    return items_[output].board ? items_[output].board->fd() : -1;
  }
  [[nodiscard]] Instant deadline() const { return deadline_; }

  [[nodiscard]] bool readbacks_show_safe() const;
  // Outputs that somebody other than the guard has cut, a bit each.
  [[nodiscard]] std::uint32_t cut_by_others() const;
  // Once tripped: an output that somebody else cut before its stage came counts as cut from now on, and its
  // safe state is awaited like any other's.
  void follow_cuts(Instant now);
  [[nodiscard]] permit::OutputInfo info(std::size_t output) const;
  [[nodiscard]] std::uint16_t take_due_sends() { return std::exchange(due_sends_, std::uint16_t{0}); }
  // Bit i: output i goes safe in the moment of a trip after which nobody can send a command.
  [[nodiscard]] std::uint32_t cut_without_sends() const {
    return stages_.due(Instant{}, Instant{}, Instant{}).outputs;
  }
  [[nodiscard]] std::uint8_t stage() const { return stage_; }
  [[nodiscard]] std::uint8_t stage_count() const { return static_cast<std::uint8_t>(stages_.size()); }
  [[nodiscard]] bool all_safe() const;  // commanded, and confirmed where something confirms
  [[nodiscard]] Instant cut_done() const { return cut_done_; }

 private:
  struct Item {
    output::GpioLine line, readback;
    std::optional<output::BoardLine> board;
    bool line_missing = false, readback_missing = false;
    bool run = false;        // what it should be
    bool commanded = false;  // and has been commanded to be
    bool confirmed = false, failed = false, escalated = false;
    Instant since{};  // when the present wish began
    Instant commanded_at{}, confirmed_at{};
    bool tag_good = false, tag_safe = false;
    Instant tag_at{};
    Standing told = Standing::unknown;
    CauseDetail trouble;
    std::uint32_t seen_report = 0;
    std::uint32_t noted_word = 0;  // the cut word when the start was accepted
    bool lit = false;
    output::PulseTrain pulses;
  };

  bool arm(std::size_t output, std::uint32_t word, Instant now);  // from `word`, and from no other
  // `again`: also what is safe already, because the cutter that brought it about is gone.
  void cut_mask(std::uint32_t due, Instant now, bool again = false);
  void let_go_of_lost_lines(Instant now);
  void begin(Item& item, bool run, Instant now);
  void update_item(std::size_t index, Instant now);
  void update_slow(std::size_t index, Instant now);
  void pulse(std::size_t index, Instant now);
  void acquire_board(std::size_t index, Instant now);
  void cut_board(std::size_t index, Instant now);
  void update_board(std::size_t index, Instant now);
  void confirm(std::size_t index, Instant now);
  void fail(std::size_t index, const CauseDetail& why, Instant now);
  void stand(std::size_t index, Standing standing, const CauseDetail& why);
  [[nodiscard]] std::optional<bool> shows_safe(const Item& item, const plan::Output& output) const;
  [[nodiscard]] bool is_confirmable(const plan::Output& output) const;
  // Something looks at what the output really does, and so long it may take.
  [[nodiscard]] static bool is_read_back(const plan::Output& output) {
    return output.readback.kind != plan::ReadbackKind::none || output.kind == plan::OutputKind::guard_board;
  }
  [[nodiscard]] static Duration confirmed_within(const plan::Output& output);

  const plan::Plan& plan_;
  pages::CutPage& cuts_;
  pages::InnerPage& inner_;
  Tell tell_;
  Stages stages_;
  std::array<Item, plan::max_outputs> items_;
  bool lines_changed_ = false;
  bool sequence_ = false;  // a trip's stages are under way
  Instant tripped_at_{}, no_sends_from_ = never, cut_done_{};
  std::uint32_t cut_ = pages::all_outputs;  // bit i: output i has been commanded safe since the last energise
  std::uint16_t sent_ = 0, due_sends_ = 0;
  std::uint8_t stage_ = 0;
  bool released_ = false;  // the latch is not tripped
  Instant deadline_ = never;
};

}  // namespace standstill::guard
