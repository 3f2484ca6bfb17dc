// Requests: asked piece by piece, put together from their answers, and what becomes of them when the
// connection ends.
#include <algorithm>
#include <array>
#include <utility>

#include "plant/plc/session.hpp"

namespace standstill::plc {

void Session::read(std::vector<s7::Range> ranges, const Terms& terms, Instant now, Done<Items> done) {
  auto job = std::make_shared<Job>();
  job->terms = terms;
  job->items.resize(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) job->items[i].data.resize(s7::bytes_of(ranges[i]));
  job->ranges = std::move(ranges);
  job->items_done = std::move(done);
  add(std::move(job), now);
}

void Session::write(std::vector<s7::Range> ranges, std::vector<s7::Bytes> data, const Terms& terms,
                    Instant now, Done<Items> done) {
  if (!settings_.allow_write)
    return done(std::unexpected(Trouble{
        Failure::read_only, settings_.peer + ": not written, this link is read only: set allow_write"}));
  auto job = std::make_shared<Job>();
  job->kind = Job::Kind::write;
  job->terms = terms;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i >= data.size() || data[i].size() != s7::bytes_of(ranges[i]))
      return done(std::unexpected(
          Trouble{Failure::unusable,
                  settings_.peer + ": the data of a write are of another length than its address says"}));
    job->items.push_back({s7::ItemCode::good, std::move(data[i])});
  }
  job->ranges = std::move(ranges);
  job->items_done = std::move(done);
  add(std::move(job), now);
}

void Session::ask(s7::UserFunction function, s7::Bytes data, const Terms& terms, Instant now,
                  Done<s7::Bytes> done) {
  const bool control = function == s7::UserFunction::set_clock;
  if (control && !settings_.allow_control)
    return done(std::unexpected(
        Trouble{Failure::read_only, settings_.peer + ": the clock was not set: that needs allow_control"}));
  auto job = std::make_shared<Job>();
  job->kind = Job::Kind::user;
  job->terms = terms;
  job->user = {function, std::move(data)};
  job->bytes_done = std::move(done);
  add(std::move(job), now);
}

void Session::start_cpu(s7::Start start, const Terms& terms, Instant now, Done<s7::Bytes> done) {
  if (!settings_.allow_control)
    return done(std::unexpected(
        Trouble{Failure::read_only, settings_.peer + ": the CPU was not started: that needs allow_control"}));
  auto job = std::make_shared<Job>();
  job->kind = Job::Kind::control;
  job->terms = terms;
  job->control = start == s7::Start::warm ? Control::warm_start : Control::cold_start;
  job->bytes_done = std::move(done);
  add(std::move(job), now);
}

void Session::stop_cpu(const Terms& terms, Instant now, Done<s7::Bytes> done) {
  if (!settings_.allow_control)
    return done(std::unexpected(
        Trouble{Failure::read_only, settings_.peer + ": the CPU was not stopped: that needs allow_control"}));
  auto job = std::make_shared<Job>();
  job->kind = Job::Kind::control;
  job->terms = terms;
  job->control = Control::stop;
  job->bytes_done = std::move(done);
  add(std::move(job), now);
}

void Session::add(JobPtr job, Instant now) {
  if (phase_ != Phase::ready && job->terms.on_loss == OnLoss::fail)
    return conclude(job, {Failure::unreachable, settings_.peer + ": there is no connection to the PLC"});
  jobs_.push_back(std::move(job));
  if (phase_ == Phase::ready) pump(now);
}

void Session::pump(Instant now) {
  while (phase_ == Phase::ready && error_.empty() && pending_.size() < allowed_ && !jobs_.empty()) {
    const JobPtr job = jobs_.front();
    if (!job->packed) {
      job->packed = true;
      if (job->kind == Job::Kind::read) job->parcels = s7::pack_reads(job->ranges, pdu_);
      if (job->kind == Job::Kind::write) job->parcels = s7::pack_writes(job->ranges, pdu_);
    }
    ask_part(job, now);
    if (job->parcels.empty()) jobs_.pop_front();
    if (job->in_flight == 0 && job->parcels.empty()) finish(job);  // nothing was asked for
  }
}

void Session::ask_part(const JobPtr& job, Instant now) {
  const auto sequence = next_sequence();
  switch (job->kind) {
    case Job::Kind::user:
      track(sequence, job, {}, now);
      s7::put(output_, s7::user_request(sequence, {job->user.function, job->user.data}));
      break;
    case Job::Kind::control:
      track(sequence, job, {}, now);
      s7::put(output_,
              job->control == Control::stop
                  ? s7::stop_request(sequence)
                  : s7::start_request(
                        sequence, job->control == Control::warm_start ? s7::Start::warm : s7::Start::cold));
      break;
    case Job::Kind::read:
    case Job::Kind::write: {
      if (job->parcels.empty()) return;
      s7::Parcel parcel = std::move(job->parcels.front());
      job->parcels.pop_front();
      std::array<s7::Range, s7::max_items> ranges;
      std::array<s7::WriteItem, s7::max_items> writes;
      for (std::size_t i = 0; i < parcel.size(); ++i) {
        const auto& piece = parcel[i];
        ranges[i] = piece.range;
        if (job->kind == Job::Kind::write)
          writes[i] = {
              piece.range,
              s7::View(job->items[piece.transfer].data).subspan(piece.offset, s7::bytes_of(piece.range))};
      }
      const std::size_t count = parcel.size();
      track(sequence, job, std::move(parcel), now);
      if (job->kind == Job::Kind::read)
        s7::append_read_request(output_, sequence, std::span(ranges).first(count));
      else
        s7::append_write_request(output_, sequence, std::span(writes).first(count));
      break;
    }
  }
  ++job->in_flight;
}

bool Session::answer(Pending& pending, const s7::Message& message, Instant now) {
  const JobPtr job = pending.job;
  --job->in_flight;
  if (job->over) return true;
  if (message.error != 0) {
    conclude(job, {Failure::refused, settings_.peer + ": " + s7::header_error_text(message.error)});
    std::erase(jobs_, job);
    return true;
  }
  bool fine = true;
  if (job->kind == Job::Kind::read) fine = read_answer(pending, message);
  if (job->kind == Job::Kind::write) fine = write_answer(pending, message);
  if (job->kind == Job::Kind::user) fine = user_answer(pending, message, now);
  if (!fine) {
    // Which request that answer belongs to nobody can say: ended() judges this one with the others.
    ++job->in_flight;
    pending_.insert(pending_.begin(), std::move(pending));
    return false;
  }
  if (!job->over && job->in_flight == 0 && job->parcels.empty()) finish(job);
  return true;
}

bool Session::read_answer(Pending& pending, const s7::Message& message) {
  std::array<s7::Range, s7::max_items> ranges;
  std::array<s7::ItemReply, s7::max_items> replies;
  const std::size_t count = pending.parcel.size();
  for (std::size_t i = 0; i < count; ++i) ranges[i] = pending.parcel[i].range;
  const auto read =
      s7::read_read_reply(message, std::span(ranges).first(count), std::span(replies).first(count));
  if (!read) return fail(read.error());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& piece = pending.parcel[i];
    auto& item = pending.job->items[piece.transfer];
    if (replies[i].code != s7::ItemCode::good)
      item.code = replies[i].code;
    else
      std::ranges::copy(replies[i].data, item.data.begin() + piece.offset);
  }
  return true;
}

bool Session::write_answer(Pending& pending, const s7::Message& message) {
  std::array<s7::ItemCode, s7::max_items> codes{};
  const std::size_t count = pending.parcel.size();
  const auto read = s7::read_write_reply(message, count, std::span(codes).first(count));
  if (!read) return fail(read.error());
  pending.job->left = true;
  for (std::size_t i = 0; i < count; ++i)
    if (codes[i] != s7::ItemCode::good) pending.job->items[pending.parcel[i].transfer].code = codes[i];
  return true;
}

bool Session::user_answer(Pending& pending, const s7::Message& message, Instant now) {
  constexpr std::size_t largest = 1U << 20U;
  const auto reply = s7::read_user_reply(message);
  if (!reply) return fail(reply.error());
  const JobPtr& job = pending.job;
  if (reply->function != job->user.function)
    return fail("an answer belongs to another function than its sequence number says");
  if (reply->error != 0 || (reply->code != s7::ItemCode::good && !reply->data.empty())) {
    conclude(job, {Failure::refused, settings_.peer + ": " +
                                         (reply->error != 0 ? s7::header_error_text(reply->error)
                                                            : s7::item_text(reply->code))});
    return true;
  }
  s7::put(job->answer, reply->data);
  if (job->answer.size() > largest) return fail("an answer in parts does not end");
  if (reply->more) {
    const auto sequence = next_sequence();
    track(sequence, job, {}, now);
    s7::put(output_, s7::user_continuation(sequence, job->user.function, reply->part));
    ++job->in_flight;
  }
  return true;
}

void Session::finish(const JobPtr& job) {
  if (job->over) return;
  job->over = true;
  for (auto& item : job->items)
    if (item.code != s7::ItemCode::good || job->kind == Job::Kind::write) item.data.clear();
  if (job->items_done) job->items_done(std::move(job->items));
  if (job->bytes_done) job->bytes_done(std::move(job->answer));
}

void Session::conclude(const JobPtr& job, Trouble trouble) {
  if (job->over) return;
  job->over = true;
  if (job->items_done) job->items_done(std::unexpected(trouble));
  if (job->bytes_done) job->bytes_done(std::unexpected(std::move(trouble)));
}

// The connection ended while it was under way, or before it began.
void Session::lost(const JobPtr& job, const std::string& why) {
  if (job->over) return;
  const bool may_have_happened = job->changes() && job->left;
  const bool again = job->terms.on_loss == OnLoss::repeat && (!may_have_happened || job->terms.idempotent);
  if (!again)
    return conclude(job,
                    {may_have_happened ? Failure::uncertain : Failure::unreachable,
                     settings_.peer + ": " +
                         (may_have_happened ? "it is not known whether the write happened: " : "") + why});
  job->in_flight = 0;
  job->packed = job->left = false;
  job->parcels.clear();
  job->answer.clear();
  if (job->kind == Job::Kind::read)
    for (std::size_t i = 0; i < job->items.size(); ++i) {
      job->items[i].code = s7::ItemCode::good;
      job->items[i].data.assign(s7::bytes_of(job->ranges[i]), std::byte{0});
    }
  jobs_.push_back(job);
}

link::Ending Session::ended(Instant) {
  phase_ = Phase::closed;
  const std::string why = error_.empty() ? "the connection ended before the answer came" : error_;
  std::vector<JobPtr> all;
  for (auto& one : pending_) {
    if (!one.job) continue;
    if (sent_bytes_ > one.first_byte) one.job->left = true;
    if (std::ranges::find(all, one.job) == all.end()) all.push_back(one.job);
  }
  for (auto& job : jobs_)
    if (std::ranges::find(all, job) == all.end()) all.push_back(job);
  pending_.clear();
  jobs_.clear();
  output_.clear();
  output_at_ = 0;
  reader_.reset();
  for (const auto& job : all) lost(job, why);
  return link::Ending::crash;
}

void Session::give_up_waiting(const std::string& why) {
  if (phase_ == Phase::ready) return;
  auto all = std::exchange(jobs_, {});
  for (const auto& job : all) conclude(job, {Failure::unreachable, settings_.peer + ": " + why});
}

}  // namespace standstill::plc
