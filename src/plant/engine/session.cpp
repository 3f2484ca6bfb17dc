#include "plant/engine/session.hpp"

#include <algorithm>

namespace standstill::engine {

namespace {

bool printable(std::string_view line) {
  return std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

}  // namespace

Session::Session(Settings settings) : set_(std::move(settings)), variables_(set_.variables) {
  for (const TagName& one : tag_names) ids_.push_back(set_.tags->declare(set_.link, one.name, one.unit));
}

void Session::connected(Instant now) {
  in_.clear();
  out_.clear();
  over_ = false;
  first_ = true;
  state_.reset();
  frame_.reset();
  frame_at_ = {};
  tripped_at_ = {};
  variables_.connected();
  heard_ = {};
  log_.clear();
  log_missing_ = 0;
  log_wanted_ = true;
  log_asked_ = {};
  ask(now);
}

void Session::ask(Instant now) {
  next_ = now + set_.ask_every;
  if (out_.empty()) out_ += "STATE\n";
}

void Session::tick(Instant now) {
  if (now >= next_) ask(now);
  ask_variables(now);
}

// One line at a time goes out for them; an engine that has said nothing yet is asked for its state only.
void Session::ask_variables(Instant now) {
  if (!state_) return;
  if (const std::string line = variables_.next(now); !line.empty()) out_ += line + "\n";
}

void Session::want_variables(Instant now) {
  variables_.want(now);
  ask_variables(now);
}

bool Session::write_variable(std::uint32_t cv, std::string text, Instant now, Variables::Done done) {
  if (!state_ || !variables_.write(cv, std::move(text), now, std::move(done))) return false;
  ask_variables(now);
  return true;
}

std::span<const std::byte> Session::output() const { return std::as_bytes(std::span(out_)); }

bool Session::feed(std::span<const std::byte> bytes, Instant now) {
  for (const std::byte byte : bytes) {
    const auto c = static_cast<char>(byte);
    if (c == '\r') continue;
    if (c != '\n') {
      if (in_.size() < longest_line)
        in_ += c;
      else
        over_ = true;
      continue;
    }
    if (over_)
      ++spoilt_;
    else if (!in_.empty())
      take(in_, now);
    in_.clear();
    over_ = false;
    first_ = false;
  }
  return true;
}

void Session::take(std::string_view line, Instant now) {
  if (line.starts_with("SPD:")) {
    if (const auto frame = read_frame(line)) return take_frame(*frame, now);
    ++spoilt_;
  } else if (line.starts_with("STATE ")) {
    if (auto state = read_state(line)) return take_state(std::move(*state), now);
    ++spoilt_;
  } else if (line.starts_with("LOG ") || line.starts_with("EVENT ")) {
    take_log(line);
  } else if (!first_) {
    const auto took = variables_.take(line);
    if (took != Variables::Took::answer) other(line, now);
    if (took != Variables::Took::no) ask_variables(now);
  }
}

void Session::set(std::size_t index, double value, Instant now) {
  set_.tags->set(ids_[index], value, link::Quality::good, now, set_.wall_ns());
}

void Session::take_frame(const Frame& frame, Instant now) {
  heard_ = now;
  frame_ = frame;
  frame_at_ = now;
  std::size_t index = 0;
  for (const double value :
       {frame.speed, frame.pressure, frame.boiler, frame.superheater, frame.logic, frame.servo})
    set(index++, value, now);
  remember_state(now);
  if (set_.on_values) set_.on_values();
}

void Session::remember_state(Instant now) {
  if (!state_) return;
  set(6, state_->latch == LatchState::tripped ? 1 : 0, now);
  set(7, state_->latch == LatchState::running ? 1 : 0, now);
  set(8, static_cast<double>(state_->epoch), now);
}

void Session::take_state(State state, Instant now) {
  heard_ = now;
  const bool tripped_before =
      !state_ || (state_->latch == LatchState::tripped && state_->epoch == state.epoch);
  state_ = std::move(state);
  remember_state(now);
  if (state_->latch != LatchState::tripped)
    tripped_at_ = {};
  else if (!tripped_before)
    tripped_at_ = now;
  if (told_ != state_) {
    if (told_ && state_->latch == LatchState::tripped) log_wanted_ = true;
    variables_.changed();  // a power cycle lies behind some of these changes
    say("engine", std::string(name(state_->latch)) + ", epoch " + std::to_string(state_->epoch) + ": " +
                      state_->reason);
    told_ = state_;
  }
  if (log_wanted_ && (log_asked_ == Instant{} || now - log_asked_ >= log_within)) {
    log_asked_ = now;
    out_ += "LOG\n";
  }
  if (set_.on_values) set_.on_values();
}

// A log is passed on when it is whole, and once.
void Session::take_log(std::string_view line) {
  if (line.starts_with("LOG ")) {
    const auto count = read_log_head(line);
    log_.clear();
    log_missing_ = count.value_or(0);
    if (!count) {
      ++spoilt_;
      return;
    }
    log_.emplace_back(line);
  } else if (log_missing_ > 0 && printable(line)) {
    log_.emplace_back(line);
    --log_missing_;
  }
  if (log_.empty() || log_missing_ > 0) return;
  log_wanted_ = false;
  log_asked_ = {};
  if (log_.front() != log_kept_ && !log_.front().starts_with("LOG none"))
    for (const std::string& one : log_) say("engine_log", one);
  log_kept_ = log_.front();
  last_log_ = log_;
  log_.clear();
}

// Answers to variables, warnings about its flash. A line that babbles does not fill the journal.
void Session::other(std::string_view line, Instant now) {
  if (!printable(line)) {
    ++spoilt_;
    return;
  }
  if (minute_ == Instant{} || now - minute_ >= 60s) {
    minute_ = now;
    words_ = 0;
  }
  if (++words_ <= most_words) say("engine_says", std::string(line));
}

void Session::say(std::string_view code, const std::string& detail) const {
  if (set_.on_said) set_.on_said(code, detail);
}

}  // namespace standstill::engine
