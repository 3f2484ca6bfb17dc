#include "wire/modbus/rtu_client.hpp"

#include <algorithm>
#include <utility>

namespace standstill::modbus {

namespace {
constexpr std::size_t most_missing = 256;  // beyond that nothing is sent until some have expired
}

void RtuClient::connected(Instant now) {
  if (waiting_) missing_.push_back({current_, sent_at_});  // its answer may still be on the way
  waiting_ = spoilt_ = spoilt_answer_ = false;
  time_out_at_ = never;
  output_.clear();
  outcomes_.clear();
  reader_.reset();
  // Whatever the line still holds comes now, and is nobody's.
  quiet_from_ = now + (settings_.baud == 0 ? Duration::zero() : settings_.lump);
  last_byte_ = Instant{};
}

std::size_t RtuClient::room(Instant now) const {
  return busy() || now < quiet_from_ || missing_.size() >= most_missing ? 0 : 1;
}

bool RtuClient::may_send(const Request& request, Instant now) const {
  return std::ranges::none_of(missing_, [&](const Missing& one) {
    return !expired(one, now) && alike(one.request, request) && one.request != request;
  });
}

bool RtuClient::still_expected(const Request& request, Instant now) const {
  return std::ranges::any_of(
      missing_, [&](const Missing& one) { return !expired(one, now) && one.request == request; });
}

void RtuClient::forget_old(Instant now) {
  std::erase_if(missing_, [&](const Missing& one) { return expired(one, now); });
}

void RtuClient::send(const Request& request, std::uint64_t key, Instant now) {
  forget_old(now);
  const std::size_t before = output_.size();
  append_rtu(output_, request.unit, request.pdu);
  reader_.reset();
  current_ = request;
  key_ = key;
  sent_at_ = now;
  ++counters_.requests;
  const Duration on_the_line =
      settings_.baud == 0 ? Duration::zero()
                          : character_time(settings_.baud) * static_cast<int>(output_.size() - before);
  if (request.unit == 0) {  // nobody answers a broadcast; devices want time to carry it out
    finish({key, Outcome::What::answered, Exception::none, {}, now, {}}, now, on_the_line + 100ms);
    return;
  }
  waiting_ = true;
  time_out_at_ = now + on_the_line + settings_.time_out;
}

void RtuClient::finish(Outcome outcome, Instant now, Duration rest) {
  outcome.key = key_;
  waiting_ = false;
  time_out_at_ = never;
  outcomes_.push_back(outcome);
  const Duration least = settings_.baud == 0 ? Duration::zero() : frame_silence(settings_.baud);
  quiet_from_ = now + std::max({rest, settings_.gap, least});
}

bool RtuClient::feed(std::span<const std::byte> bytes, Instant now) {
  // Bytes after a silence begin a new frame, whatever came before.
  if (last_byte_ != Instant{} && now - last_byte_ > settings_.lump && !reader_.between_frames()) {
    reader_.reset();
    spoilt_ = spoilt_answer_ = false;
  }
  last_byte_ = now;
  while (!bytes.empty()) {
    const auto result = reader_.read(bytes);
    if (result == RtuReader::Result::need_more) return true;
    if (result == RtuReader::Result::frame) {
      frame(now);
    } else if (!spoilt_) {
      spoilt_ = true;
      spoilt_answer_ = reader_.only_crc() && waiting_ && reader_.unit() == current_.unit &&
                       answers(current_.pdu, reader_.pdu());
      ++counters_.crc_errors;
    }
  }
  if (spoilt_) quiet_from_ = std::max(quiet_from_, now + settings_.lump);
  return true;
}

void RtuClient::frame(Instant now) {
  const auto reply = reader_.pdu();
  const std::uint8_t unit = reader_.unit();
  const bool exception = exception_of(reply) != Exception::none;
  const bool fits = waiting_ && unit == current_.unit && answers(current_.pdu, reply);
  // An exception names its function and nothing else: with another request of that function still missing,
  // nobody knows which of them was refused. It is dropped, and nothing is concluded from it.
  const auto owns = [&](const Missing& one) {
    return !expired(one, now) && one.request.unit == unit && answers(one.request.pdu, reply) &&
           !(fits && one.request == current_);
  };
  const auto owners = std::ranges::count_if(missing_, owns);
  if (fits && (!exception || owners == 0)) return accept(now, reply);
  ++counters_.stale;
  if (owners > 0 && (!exception || (owners == 1 && !fits)))
    missing_.erase(std::ranges::find_if(missing_, owns));
}

// The same request may be on the line more than once: an answer belongs to any of them, and as many others
// stay missing. When the first was sent; nothing when there was only this one.
std::optional<Instant> RtuClient::settle_one(Instant now) {
  const auto first = std::ranges::find_if(
      missing_, [&](const Missing& one) { return !expired(one, now) && one.request == current_; });
  if (first == missing_.end()) return std::nullopt;
  const Instant sent = first->sent;
  missing_.erase(first);
  missing_.push_back({current_, sent_at_});
  return sent;
}

void RtuClient::accept(Instant now, std::span<const std::uint8_t> reply) {
  Outcome outcome;
  outcome.what = Outcome::What::answered;
  outcome.rtt = now - sent_at_;
  outcome.read_at = settle_one(now).value_or(sent_at_);  // the value may be as old as the first sending
  if (const Exception exception = exception_of(reply); exception != Exception::none) {
    outcome.what = Outcome::What::refused;
    outcome.exception = exception;
    ++counters_.exceptions;
  } else {
    outcome.reply = Pdu::from(reply).value_or(Pdu{});
    ++counters_.answers;
  }
  finish(outcome, now, Duration::zero());
}

void RtuClient::tick(Instant now) {
  forget_old(now);
  const bool silent = last_byte_ == Instant{} || now - last_byte_ >= settings_.lump;
  if (silent && (spoilt_ || !reader_.between_frames())) {
    // What was coming in has ended, and was no frame. In the place of an answer it is the answer, spoilt: no
    // other will come.
    if (!spoilt_) ++counters_.crc_errors;
    const bool answer = std::exchange(spoilt_answer_, false);
    spoilt_ = false;
    reader_.reset();
    if (waiting_) {
      if (answer)
        settle_one(now);
      else
        missing_.push_back({current_, sent_at_});  // it may have been noise, and the answer is yet to come
      finish({key_, Outcome::What::corrupt, Exception::none, {}, now, now - sent_at_}, now, Duration::zero());
    }
  }
  if (waiting_ && now >= time_out_at_ && reader_.between_frames() && !spoilt_) {
    ++counters_.time_outs;
    missing_.push_back({current_, sent_at_});
    finish({key_, Outcome::What::timed_out, Exception::none, {}, now, now - sent_at_}, now, settings_.lump);
  }
}

Instant RtuClient::deadline() const {
  if (spoilt_ || !reader_.between_frames()) return last_byte_ + settings_.lump;
  return waiting_ ? time_out_at_ : never;
}

Instant RtuClient::ready_at() const {
  return missing_.size() < most_missing
             ? quiet_from_
             : std::max(quiet_from_, missing_.front().sent + settings_.latest + 1ns);
}

std::optional<Outcome> RtuClient::next() {
  if (outcomes_.empty()) return std::nullopt;
  Outcome outcome = outcomes_.front();
  outcomes_.erase(outcomes_.begin());
  return outcome;
}

void RtuClient::sent(std::size_t bytes) {
  output_.erase(output_.begin(),
                output_.begin() + static_cast<std::ptrdiff_t>(std::min(bytes, output_.size())));
}

}  // namespace standstill::modbus
