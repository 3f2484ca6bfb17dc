#include "guard/outputs.hpp"

#include <algorithm>
#include <string>

#include "kernel/format.hpp"
#include "output/line/indicator.hpp"

namespace standstill::guard {

using plan::OutputKind;
using plan::ReadbackKind;

namespace {

Stages make_stages(const plan::Plan& plan) {
  std::array<Stage, Stages::most_stages> stages{};
  for (std::size_t i = 0; i < plan.stage_count; ++i) {
    const plan::Stage& from = plan.stages[i];
    stages[i] = {std::chrono::milliseconds(from.at_ms),
                 from.send != 0 ? Stage::Act::send : Stage::Act::output,
                 from.send != 0 ? std::uint8_t{0} : from.output};
  }
  // A sequence that makes no sense cuts everything at once.
  return Stages::make(std::span(stages).first(plan.stage_count), plan.output_count).value_or(Stages{});
}

std::int32_t ms_between(Instant from, Instant to) { return static_cast<std::int32_t>(to_ms(to - from)); }

}  // namespace

Outputs::Outputs(const plan::Plan& plan, pages::CutPage& cuts, pages::InnerPage& inner, Tell tell)
    : plan_(plan), cuts_(cuts), inner_(inner), tell_(std::move(tell)), stages_(make_stages(plan)) {}

// A chip on a cable was pulled: its descriptors stay open and answer ENODEV for ever, also when it is back.
void Outputs::let_go_of_lost_lines(Instant now) {
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    Item& item = items_[i];
    if (item.readback && item.readback.gone()) item.readback.close();
    if (!item.line || !item.line.gone()) continue;
    item.line.close();
    item.commanded = false;
    if (plan::is_cut_line(plan_.outputs[i].kind)) fail(i, "its GPIO chip is gone", now);
  }
}

void Outputs::acquire_lines(Instant now) {
  let_go_of_lost_lines(now);
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    Item& item = items_[i];
    const plan::Output& output = plan_.outputs[i];
    if (output.kind == OutputKind::guard_board) acquire_board(i, now);
    if (plan::is_line(output.kind) && !item.line) {
      const bool high = plan::is_cut_line(output.kind) && output.safe_high != 0;
      auto line = output::GpioLine::request_output(output.gpio, high, "standstill");
      item.line_missing = !line;
      if (line) {
        item.line = std::move(*line);
        lines_changed_ = true;
        begin(item, false, now);
        item.commanded = true;
        item.commanded_at = now;
        if (plan::is_cut_line(output.kind) && !item.failed) stand(i, Standing::clear, {});
      } else if (plan::is_cut_line(output.kind)) {
        stand(i, Standing::present, CauseDetail(line.error()));
      }
    }
    if (output.readback.kind == ReadbackKind::gpio && !item.readback) {
      auto line = output::GpioLine::request_input(output.readback.gpio, "standstill read-back");
      item.readback_missing = !line;
      if (line)
        item.readback = std::move(*line);
      else
        stand(i, Standing::present, CauseDetail(line.error()));
    }
  }
}

// --- the cut
// --------------------------------------------------------------------------------------------------------

void Outputs::begin(Item& item, bool run, Instant now) {
  item.run = run;
  item.commanded = item.confirmed = item.failed = item.escalated = false;
  item.since = now;
}

void Outputs::cut_mask(std::uint32_t due, Instant now, bool again) {
  // Lines first: they act within microseconds, and one that fails must not delay another.
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    const plan::Output& output = plan_.outputs[i];
    if ((due >> i & 1U) == 0 || plan::is_slow(output.kind) || output.kind == OutputKind::indicator ||
        output.kind == OutputKind::guard_board)
      continue;
    items_[i].pulses.stop();
    const bool set = output.kind == OutputKind::watchdog || items_[i].line.set(output.safe_high != 0);
    if (items_[i].run || !items_[i].commanded) begin(items_[i], false, now);
    items_[i].commanded = set;
    items_[i].commanded_at = now;
  }
  // An output that somebody else has cut already needs no second word: its relay would hear it twice.
  std::uint32_t energised = 0;
  for (std::uint32_t i = 0; i < plan_.output_count; ++i)
    if (again || pages::wants_run(inner_, i, cuts_.words[i].load())) energised |= 1U << i;
  pages::cut(cuts_, due & energised, plan_.output_count);
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    if ((due >> i & 1U) == 0) continue;
    inner_.run[i].store(0);
    if (plan::is_slow(plan_.outputs[i].kind) && (again || items_[i].run)) begin(items_[i], false, now);
    if (plan_.outputs[i].kind == OutputKind::guard_board) cut_board(i, now);
  }
  cut_ |= due;
}

void Outputs::trip(Instant now, bool no_sends) {
  tripped_at_ = now;
  no_sends_from_ = no_sends ? now : never;
  const Stages::Due due = stages_.due(tripped_at_, now, no_sends_from_);
  cut_mask(due.outputs, now);
  cut_done_ = now;
  sequence_ = true;
  due_sends_ = due.sends;
  sent_ = due.sends;
  stage_ = due.stage;
}

void Outputs::skip_sends(Instant now) {
  if (no_sends_from_ == never) no_sends_from_ = now;
}

void Outputs::cut_all(Instant now) {
  sequence_ = false;
  tripped_at_ = now;
  cut_mask(pages::all_outputs, now, true);
  cut_done_ = now;
}

// --- energise
// -------------------------------------------------------------------------------------------------------

bool Outputs::command(std::size_t i, bool run, Instant now) {
  if (plan_.outputs[i].kind == OutputKind::indicator) return true;
  if (run) return arm(i, cuts_.words[i].load(), now);
  cut_mask(1U << i, now);
  return true;
}

void Outputs::note_words() {
  for (std::size_t i = 0; i < plan_.output_count; ++i) items_[i].noted_word = cuts_.words[i].load();
}

bool Outputs::arm(std::size_t i, std::uint32_t word, Instant now) {
  Item& item = items_[i];
  const plan::Output& output = plan_.outputs[i];
  inner_.armed[i].store(word + 1);
  inner_.run[i].store(1);
  if (!cuts_.words[i].compare_exchange_strong(word, word + 1)) {
    inner_.run[i].store(0);
    return false;
  }
  begin(item, true, now);
  cut_ &= ~(1U << i);
  if (output.kind == OutputKind::watchdog) {
    item.commanded = true;
    item.commanded_at = now;
  }
  if (output.kind == OutputKind::guard_board) {
    item.commanded = item.board && item.board->start(now);
    item.commanded_at = now;
    if (!item.commanded) return false;
  }
  if (plan::is_cut_line(output.kind)) {
    item.commanded = item.line.set(output.safe_high == 0);
    item.commanded_at = now;
    // Somebody cut between arming and setting: their wish wins.
    if (!item.commanded || cuts_.words[i].load() != inner_.armed[i].load()) {
      item.line.set(output.safe_high != 0);
      return false;
    }
  }
  os::futex_wake_all(cuts_.words[i]);
  return true;
}

bool Outputs::energise(Instant now) {
  sequence_ = false;
  stage_ = 0;
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    if (plan_.outputs[i].kind == OutputKind::indicator || arm(i, items_[i].noted_word, now)) continue;
    cut_all(now);
    return false;
  }
  return true;
}

// --- watching
// -------------------------------------------------------------------------------------------------------

std::uint32_t Outputs::cut_by_others() const {
  std::uint32_t cut = 0;
  for (std::uint32_t i = 0; i < plan_.output_count; ++i)
    if (items_[i].run && cuts_.words[i].load() != inner_.armed[i].load()) cut |= 1U << i;
  return cut;
}

void Outputs::follow_cuts(Instant now) {
  if (const std::uint32_t cut = cut_by_others(); cut != 0) cut_mask(cut, now);
}

bool Outputs::is_confirmable(const plan::Output& output) const {
  return is_read_back(output) || !output.reply.empty();
}

Duration Outputs::confirmed_within(const plan::Output& output) {
  if (output.kind != OutputKind::guard_board) return std::chrono::milliseconds(output.readback.within_ms);
  return std::chrono::milliseconds(output.timeout_ms) + output::BoardLine::relays_settle;
}

std::optional<bool> Outputs::shows_safe(const Item& item, const plan::Output& output) const {
  if (output.kind == OutputKind::guard_board) {
    if (!item.board) return std::nullopt;
    // Running is more than not safe: the relays of the start that was said.
    const auto open = item.board->open_since(item.commanded_at);
    if (!open || (item.run && *open == item.board->runs())) return std::nullopt;
    if (*open != !item.run || output.readback.kind == ReadbackKind::none) return open;
  }
  switch (output.readback.kind) {
    case ReadbackKind::gpio: {
      const auto level = item.readback.level();
      if (!level) return std::nullopt;
      return *level == (output.readback.expect_high != 0);
    }
    case ReadbackKind::tag:
      // A value that was read before the command proves nothing about it.
      if (!item.tag_good || item.tag_at < item.commanded_at) return std::nullopt;
      return item.tag_safe;
    case ReadbackKind::none:
      break;
  }
  return std::nullopt;
}

void Outputs::tag_readback(std::size_t output, bool good, bool safe, Instant at) {
  if (output >= plan_.output_count) return;
  items_[output].tag_good = good;
  items_[output].tag_safe = safe;
  items_[output].tag_at = at;
}

void Outputs::stand(std::size_t index, Standing standing, const CauseDetail& why) {
  Item& item = items_[index];
  if (item.told == standing && item.trouble == why) return;
  item.told = standing;
  item.trouble = why;
  tell_({OutputChange::What::standing, static_cast<std::uint8_t>(index), standing, -1, why});
}

void Outputs::confirm(std::size_t index, Instant now) {
  Item& item = items_[index];
  item.confirmed = true;
  item.confirmed_at = now;
  item.failed = false;
  tell_({OutputChange::What::confirmed,
         static_cast<std::uint8_t>(index),
         Standing::clear,
         ms_between(item.since, now),
         {}});
  stand(index, Standing::clear, {});
}

void Outputs::fail(std::size_t index, const CauseDetail& reason, Instant now) {
  Item& item = items_[index];
  Sentence words;  // S12: in every channel, whatever it is that does not obey
  const CauseDetail why((item.run ? words : words.text("trip not effective: ")).text(reason.view()).view());
  stand(index, Standing::present, why);
  if (item.failed) return;
  item.failed = true;
  tell_({OutputChange::What::failed, static_cast<std::uint8_t>(index), Standing::present,
         ms_between(item.since, now), why});
  const std::uint8_t next = plan_.outputs[index].escalate;
  if (item.run || item.escalated || next == plan::no_index) return;
  item.escalated = true;
  cut_mask(1U << next, now);
  tell_({OutputChange::What::escalated, next, Standing::unknown, ms_between(item.since, now),
         plan_.outputs[index].name.view()});
}

void Outputs::update_slow(std::size_t index, Instant now) {
  Item& item = items_[index];
  const plan::Output& output = plan_.outputs[index];
  const std::uint32_t word = cuts_.words[index].load();
  const auto wanted = item.run ? pages::Deed::run : pages::Deed::safe;
  for (const auto& cutter : inner_.cutters) {
    const auto& report = cutter.outputs[index];
    const std::uint32_t before = report.sequence.load();
    const bool answers = report.word.load() == word && report.deed.load() == wanted;
    const bool good = report.good.load();
    const Instant at = instant_from_ns(report.at_ns.load());
    const FixedText<96> trouble = report.trouble;
    if (before % 2 != 0 || report.sequence.load() != before || !answers) continue;
    if (good && !item.commanded) {
      item.commanded = true;
      item.commanded_at = at;
      tell_({OutputChange::What::commanded,
             static_cast<std::uint8_t>(index),
             Standing::clear,
             ms_between(item.since, at),
             {}});
      if (output.readback.kind == ReadbackKind::none) confirm(index, now);
    } else if (!good && !item.commanded) {
      fail(index, CauseDetail(trouble.view()), now);
    }
  }
  if (item.commanded) return;
  const Duration patience = std::chrono::milliseconds(output.timeout_ms + 2 * plan_.heartbeat_timeout_ms);
  if (now - item.since >= patience)
    fail(index, "no cutter brought it about in time", now);
  else
    deadline_ = std::min(deadline_, item.since + patience);
}

// Only while the word is the one that was armed: whoever cut has ended the pulses, before the guard knows
// why.
void Outputs::pulse(std::size_t index, Instant now) {
  Item& item = items_[index];
  const plan::Output& output = plan_.outputs[index];
  if (!item.run || !item.commanded || !pages::wants_run(inner_, index, cuts_.words[index].load())) return;
  if (const auto high = item.pulses.due(now, std::chrono::milliseconds(output.pulse_ms)))
    item.commanded = item.line.set(*high);
  deadline_ = std::min(deadline_, item.pulses.next());
}

void Outputs::update_item(std::size_t index, Instant now) {
  Item& item = items_[index];
  const plan::Output& output = plan_.outputs[index];
  if (!plan::secures(output.kind)) return;
  const bool slow = plan::is_slow(output.kind);
  if (output.kind == OutputKind::pulse) pulse(index, now);
  if (slow) {
    update_slow(index, now);
    const auto& active = inner_.cutters[inner_.active.load() & 1U].outputs[index];
    const bool unreachable = active.reach.load() == pages::Reach::unreachable;
    if (unreachable)
      stand(index, Standing::present, CauseDetail(FixedText<96>(active.trouble).view()));
    else if (item.told == Standing::present && !item.failed && item.commanded)
      stand(index, Standing::clear, {});
  } else if (output.kind == OutputKind::guard_board) {
    update_board(index, now);
  } else if (!item.commanded && !item.line_missing) {
    // The chip is gone (ENODEV): the line must be requested again.
    item.line.close();
    fail(index, "its GPIO line takes no value: is the chip still there?", now);
  }
  if (!is_read_back(output)) return;
  if (item.run && output.readback.expect_run == 0 && output.kind != OutputKind::guard_board) return;
  if (!item.commanded) return;
  const auto safe = shows_safe(item, output);
  const bool as_wanted = safe && *safe != item.run;
  if (as_wanted) {
    if (!item.confirmed) confirm(index, now);
    return;
  }
  const Instant due = item.commanded_at + confirmed_within(output);
  if (now < due) {
    deadline_ = std::min(deadline_, due);
    return;
  }
  item.confirmed = false;
  Sentence why;
  why.text(item.run ? "the read-back does not show run" : "the read-back does not show safe");
  why.text(safe ? "" : " (it cannot be read)").text(" after ").ms(confirmed_within(output));
  fail(index, CauseDetail(why.view()), now);
}

void Outputs::update(Instant now) {
  deadline_ = never;
  if (sequence_) {
    const Stages::Due due = stages_.due(tripped_at_, now, no_sends_from_);
    if (const std::uint32_t fresh = due.outputs & ~cut_; fresh != 0) cut_mask(fresh, now);
    due_sends_ = static_cast<std::uint16_t>(due_sends_ | (due.sends & ~sent_));
    sent_ = static_cast<std::uint16_t>(sent_ | due.sends);
    stage_ = due.stage;
    if (due.next == never)
      sequence_ = false;
    else
      deadline_ = due.next;
  }
  for (std::size_t i = 0; i < plan_.output_count; ++i) update_item(i, now);
}

void Outputs::show(LatchState state, bool acknowledged, Instant now) {
  released_ = state != LatchState::tripped;
  const std::size_t look = state == LatchState::running ? 0U
                           : state == LatchState::ready ? 1U
                           : acknowledged               ? 3U
                                                        : 2U;
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    const plan::Output& output = plan_.outputs[i];
    if (output.kind != OutputKind::indicator || !items_[i].line) continue;
    const output::Light light = output::indicator_light(output.patterns[look], now);
    deadline_ = std::min(deadline_, light.changes);
    if (light.lit == items_[i].lit && items_[i].commanded) continue;
    items_[i].commanded = items_[i].line.set(light.lit == (output.safe_high == 0));
    items_[i].lit = light.lit;
  }
}

bool Outputs::readbacks_show_safe() const {
  for (std::size_t i = 0; i < plan_.output_count; ++i)
    if (is_read_back(plan_.outputs[i]) && !shows_safe(items_[i], plan_.outputs[i]).value_or(false))
      return false;
  return true;
}

bool Outputs::all_safe() const {
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    const Item& item = items_[i];
    if (!plan::secures(plan_.outputs[i].kind)) continue;
    if (item.run || !item.commanded || (is_confirmable(plan_.outputs[i]) && !item.confirmed)) return false;
  }
  return true;
}

permit::OutputInfo Outputs::info(std::size_t index) const {
  const Item& item = items_[index];
  const plan::Output& output = plan_.outputs[index];
  permit::OutputInfo info{};
  info.commanded = item.run ? permit::OutputState::run : permit::OutputState::safe;
  const bool watched = is_confirmable(output) && (!item.run || output.readback.expect_run != 0 ||
                                                  output.readback.kind == ReadbackKind::none);
  info.readback = item.failed                 ? permit::ReadbackState::failed
                  : !is_confirmable(output)   ? permit::ReadbackState::none
                  : item.confirmed && watched ? permit::ReadbackState::confirmed
                                              : permit::ReadbackState::unconfirmed;
  info.reachable = item.told == Standing::present ? 0 : 1;
  info.commanded_ms = item.commanded && !item.run ? ms_between(tripped_at_, item.commanded_at) : -1;
  info.confirmed_ms = item.confirmed && !item.run ? ms_between(tripped_at_, item.confirmed_at) : -1;
  return info;
}

}  // namespace standstill::guard
