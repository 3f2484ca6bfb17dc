// The connection: opening, sequence numbers, answers, time-outs.
#include "plant/plc/session.hpp"

#include <algorithm>

namespace standstill::plc {

using s7::FrameReader;

void Session::connected(Instant) {
  reader_.reset();
  output_.clear();
  output_at_ = 0;
  queued_bytes_ = sent_bytes_ = 0;
  pending_.clear();
  error_.clear();
  last_heard_ = Instant{};
  pdu_ = 0;
  allowed_ = 1;
  phase_ = Phase::connecting;
  output_ = s7::connect_frame({0, 1, settings_.tsaps, 0x0A});
  queued_bytes_ = output_.size();
}

bool Session::fail(std::string why) {
  error_ = std::move(why);
  return false;
}

bool Session::feed(std::span<const std::byte> bytes, Instant now) {
  if (!error_.empty()) return false;
  reader_.add(bytes);
  for (;;) {
    const auto what = reader_.next();
    switch (what) {
      case FrameReader::Result::need_more:
        pump(now);
        return true;
      case FrameReader::Result::failed:
        return fail(reader_.error());
      case FrameReader::Result::data:
        if (!message(reader_.message(), now)) return false;
        break;
      default:
        if (!open_up(what, now)) return false;
        break;
    }
  }
}

bool Session::open_up(FrameReader::Result what, Instant now) {
  if (what == FrameReader::Result::disconnect)
    return fail(phase_ == Phase::connecting
                    ? "the PLC refuses the connection: check rack and slot, and that a connection is free"
                    : "the PLC ended the connection");
  if (what != FrameReader::Result::confirm || phase_ != Phase::connecting)
    return fail("the peer opens the connection out of turn");
  phase_ = Phase::setting_up;
  last_heard_ = now;
  const auto sequence = next_sequence();
  track(sequence, nullptr, nullptr, now);
  s7::put(output_,
          s7::setup_request(sequence, {settings_.outstanding, settings_.outstanding, settings_.pdu}));
  return true;
}

std::uint16_t Session::next_sequence() {
  do ++sequence_;
  while (std::ranges::any_of(pending_, [this](const Pending& one) { return one.sequence == sequence_; }));
  return sequence_;
}

void Session::track(std::uint16_t sequence, JobPtr job, const s7::Parcel* parcel, Instant now) {
  ++requests_;
  pending_.push_back({sequence, std::move(job), parcel, now, sent_bytes_ + (output_.size() - output_at_)});
}

bool Session::message(s7::View payload, Instant now) {
  const auto message = s7::read_message(payload);
  if (!message) return fail(message.error());
  const auto found =
      std::ranges::find_if(pending_, [&](const Pending& one) { return one.sequence == message->sequence; });
  if (found == pending_.end()) {
    ++stale_;
    return true;
  }
  Pending pending = std::move(*found);
  pending_.erase(found);
  last_heard_ = now;
  if (!pending.job) return opening_answer(*message, now);
  const bool fine = answer(pending, *message, now);
  put_by(std::move(pending.job));
  return fine;
}

bool Session::opening_answer(const s7::Message& message, Instant now) {
  if (phase_ == Phase::unlocking) {
    if (message.kind != s7::Kind::user_data) return fail(s7::header_error_text(message.error));
    const auto reply = s7::read_user_reply(message);
    if (!reply) return fail(reply.error());
    if (reply->error != 0) return fail(s7::header_error_text(reply->error));
    phase_ = Phase::ready;
    return true;
  }
  if (phase_ == Phase::ready) return true;  // a probe: that it answers is the answer
  if (message.error != 0) return fail(s7::header_error_text(message.error));
  const auto setup = s7::read_setup(message);
  if (!setup) return fail(setup.error());
  if (setup->pdu < s7::smallest_pdu)
    return fail("the PLC grants messages of " + std::to_string(setup->pdu) +
                " bytes only, too few to be used");
  pdu_ = std::min(setup->pdu, settings_.pdu);
  allowed_ = std::clamp<std::size_t>(std::min(setup->calling, setup->called), 1, settings_.outstanding);
  phase_ = settings_.password.empty() ? Phase::ready : Phase::unlocking;
  if (phase_ == Phase::unlocking) {
    const auto sequence = next_sequence();
    track(sequence, nullptr, nullptr, now);
    const auto data = s7::password_data(settings_.password);
    s7::put(output_, s7::user_request(sequence, {s7::UserFunction::enter_password, data}));
  }
  return true;
}

void Session::probe(Instant now) {
  if (phase_ != Phase::ready) return;
  const auto sequence = next_sequence();
  track(sequence, nullptr, nullptr, now);
  const auto question = s7::status_list_question(0x0424, 0);
  s7::put(output_, s7::user_request(sequence, {s7::UserFunction::status_list, question}));
}

void Session::say_goodbye() {
  if (phase_ != Phase::closed && phase_ != Phase::connecting)
    s7::put(output_, s7::disconnect_frame(1, 1, 0x80));
}

std::span<const std::byte> Session::output() const { return std::span(output_).subspan(output_at_); }

void Session::sent(std::size_t bytes) {
  output_at_ += bytes;
  sent_bytes_ += bytes;
  if (output_at_ >= output_.size()) {
    output_.clear();
    output_at_ = 0;
  }
}

Instant Session::deadline() const {
  Instant first = pending_.empty() ? never : pending_.front().asked + settings_.answer_within;
  for (const auto& job : jobs_) first = std::min(first, job->terms.give_up);
  for (const auto& one : pending_)
    if (one.job && !one.job->over) first = std::min(first, one.job->terms.give_up);
  return first;
}

Trouble Session::missed(const Job& job, bool may_have_happened, const std::string& why) const {
  if (!may_have_happened) return {Failure::unreachable, settings_.peer + ": " + why};
  const std::string unknown =
      job.kind == Job::Kind::write ? "the write happened: " : "the PLC did what it was told: ";
  return {Failure::uncertain, settings_.peer + ": it is not known whether " + unknown + why};
}

void Session::tick(Instant now) {
  const auto overdue = [&](const JobPtr& job) { return job && !job->over && job->terms.give_up <= now; };
  std::vector<JobPtr> late;
  for (const auto& job : jobs_)
    if (overdue(job)) late.push_back(job);
  for (const auto& one : pending_)
    if (overdue(one.job)) late.push_back(one.job);
  for (const auto& job : late)
    if (!job->over)
      conclude(job, missed(*job, job->changes() && (job->left || job->in_flight > 0),
                           "no answer in the time that was given for it"));
  std::erase_if(jobs_, [](const JobPtr& job) { return job->over; });
  if (!pending_.empty() && pending_.front().asked + settings_.answer_within <= now && error_.empty())
    error_ = "a request was not answered within " + std::to_string(to_ms(settings_.answer_within)) + " ms";
}

}  // namespace standstill::plc
