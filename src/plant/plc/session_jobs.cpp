// Requests: asked piece by piece, put together from their answers, and what becomes of them when the
// connection ends.
#include <algorithm>
#include <array>
#include <utility>

#include "plant/plc/session.hpp"

namespace standstill::plc {

void Session::Job::ask_for(std::span<const s7::Range> wanted) {
  if (std::ranges::equal(ranges, wanted)) return;
  own.assign(wanted.begin(), wanted.end());
  ranges = own;
  kept.reset();
  request_pdu = 0;
}

// As long as they are kept here, nothing else can stand where they are.
void Session::Job::ask_for(const KeptRanges& wanted) {
  if (kept == wanted) return;
  if (!std::ranges::equal(ranges, *wanted)) request_pdu = 0;
  ranges = *wanted;
  kept = wanted;
}

void Session::Job::make_room() {
  std::size_t size = 0;
  for (const auto& range : ranges) size += s7::bytes_of(range);
  bytes.assign(size, std::byte{0});
  results.resize(ranges.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    results[i] = {s7::ItemCode::good, s7::View(bytes).subspan(at, s7::bytes_of(ranges[i]))};
    at += s7::bytes_of(ranges[i]);
  }
  shown = results;
}

void Session::Job::begin_again() {
  requests = asked = in_flight = 0;
  packed = left = false;
  parcels.clear();
  answer.clear();
}

void Session::Job::pack(std::uint16_t pdu) {
  packed = true;
  requests = 1;
  if (kind == Kind::read && request_pdu == pdu) return;
  request_pdu = 0;
  if (kind == Kind::read && !s7::one_read_holds(ranges, pdu)) {
    make_room();
    parcels = s7::pack_reads(ranges, pdu);
    requests = parcels.size();
  }
  if (kind == Kind::write) {
    parcels = s7::pack_writes(ranges, pdu);
    requests = parcels.size();
  }
}

// What a result shows, to be written.
std::span<std::byte> Session::Job::data(std::size_t range) {
  const s7::View at = results[range].data;
  return std::span(bytes).subspan(static_cast<std::size_t>(at.data() - bytes.data()), at.size());
}

Session::JobPtr Session::fresh_job() { return spare_ ? std::move(spare_) : std::make_shared<Job>(); }

// The reads that a program makes all day: each takes the memory of the one before it.
void Session::put_by(JobPtr job) {
  if (!job || !job->over || job.use_count() != 1) return;
  if (job->kind != Job::Kind::read || !job->parcels.empty()) return;
  job->begin_again();
  job->over = false;
  job->shown = {};
  job->items_done = nullptr;
  spare_ = std::move(job);
}

void Session::read(std::span<const s7::Range> ranges, const Terms& terms, Instant now, Done<Items> done) {
  auto job = fresh_job();
  job->terms = terms;
  job->ask_for(ranges);
  job->items_done = std::move(done);
  add(std::move(job), now);
}

void Session::read(const KeptRanges& ranges, const Terms& terms, Instant now, Done<Items> done) {
  auto job = fresh_job();
  job->terms = terms;
  job->ask_for(ranges);
  job->items_done = std::move(done);
  add(std::move(job), now);
}

void Session::write(std::span<const s7::Range> ranges, const std::vector<s7::Bytes>& data, const Terms& terms,
                    Instant now, Done<Items> done) {
  if (!settings_.allow_write)
    return done(std::unexpected(Trouble{
        Failure::read_only, settings_.peer + ": not written, this link is read only: set allow_write"}));
  auto job = std::make_shared<Job>();
  job->kind = Job::Kind::write;
  job->terms = terms;
  job->ask_for(ranges);
  job->make_room();
  for (std::size_t i = 0; i < job->ranges.size(); ++i) {
    if (i >= data.size() || data[i].size() != s7::bytes_of(job->ranges[i]))
      return done(
          std::unexpected(Trouble{Failure::unusable, settings_.peer + ": the data of a write are of another "
                                                                      "length than its address says"}));
    std::ranges::copy(data[i], job->data(i).begin());
  }
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
    const JobPtr job = std::move(jobs_.front());
    jobs_.pop_front();
    if (!job->packed) job->pack(pdu_);
    ask_part(job, now);
    if (!job->all_asked())
      jobs_.push_front(job);
    else if (job->in_flight == 0)
      finish(job);  // nothing was asked for
  }
}

void Session::ask_part(const JobPtr& job, Instant now) {
  const auto sequence = next_sequence();
  switch (job->kind) {
    case Job::Kind::user:
      ++job->asked;
      track(sequence, job, nullptr, now);
      s7::put(output_, s7::user_request(sequence, {job->user.function, job->user.data}));
      break;
    case Job::Kind::control:
      ++job->asked;
      track(sequence, job, nullptr, now);
      s7::put(output_,
              job->control == Control::stop
                  ? s7::stop_request(sequence)
                  : s7::start_request(
                        sequence, job->control == Control::warm_start ? s7::Start::warm : s7::Start::cold));
      break;
    case Job::Kind::read:
    case Job::Kind::write: {
      if (job->all_asked()) return;
      const s7::Parcel* parcel = job->parcels.empty() ? nullptr : &job->parcels[job->asked];
      ++job->asked;
      track(sequence, job, parcel, now);
      if (job->kind == Job::Kind::write)
        append_write(*job, *parcel, sequence);
      else if (parcel != nullptr)
        append_read(*parcel, sequence);
      else
        append_whole_read(*job, sequence);
      break;
    }
  }
  ++job->in_flight;
}

void Session::append_whole_read(Job& job, std::uint16_t sequence) {
  if (job.request_pdu == pdu_) {
    s7::set_sequence(job.request, sequence);
  } else {
    job.request.clear();
    s7::append_read_request(job.request, sequence, job.ranges);
    job.request_pdu = pdu_;
  }
  s7::put(output_, job.request);
}

void Session::append_read(const s7::Parcel& parcel, std::uint16_t sequence) {
  std::array<s7::Range, s7::max_items> ranges;
  for (std::size_t i = 0; i < parcel.size(); ++i) ranges[i] = parcel[i].range;
  s7::append_read_request(output_, sequence, std::span(ranges).first(parcel.size()));
}

void Session::append_write(Job& job, const s7::Parcel& parcel, std::uint16_t sequence) {
  std::array<s7::WriteItem, s7::max_items> items;
  for (std::size_t i = 0; i < parcel.size(); ++i)
    items[i] = {parcel[i].range,
                job.data(parcel[i].transfer).subspan(parcel[i].offset, s7::bytes_of(parcel[i].range))};
  s7::append_write_request(output_, sequence, std::span(items).first(parcel.size()));
}

bool Session::answer(Pending& pending, const s7::Message& message, Instant now) {
  const JobPtr& job = pending.job;
  --job->in_flight;
  if (job->over) return true;
  if (message.error != 0) {
    conclude(job, {Failure::refused, settings_.peer + ": " + s7::header_error_text(message.error) +
                                         (job->changes() && job->requests > 1 ? perhaps_in_part : "")});
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
  if (!job->over && job->in_flight == 0 && job->all_asked()) finish(job);
  return true;
}

bool Session::read_answer(Pending& pending, const s7::Message& message) {
  if (pending.parcel == nullptr) return whole_answer(*pending.job, message);
  std::array<s7::Range, s7::max_items> ranges;
  const s7::Parcel& parcel = *pending.parcel;
  const std::size_t count = parcel.size();
  const auto replies = std::span(replies_).first(count);
  for (std::size_t i = 0; i < count; ++i) ranges[i] = parcel[i].range;
  const auto read = s7::read_read_reply(message, std::span(ranges).first(count), replies);
  if (!read) return fail(read.error());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& piece = parcel[i];
    if (replies[i].code != s7::ItemCode::good)
      pending.job->results[piece.transfer].code = replies[i].code;
    else
      std::ranges::copy(replies[i].data, pending.job->data(piece.transfer).subspan(piece.offset).begin());
  }
  return true;
}

// All of it came at once: shown where it is.
bool Session::whole_answer(Job& job, const s7::Message& message) {
  const auto replies = std::span(replies_).first(job.ranges.size());
  const auto read = s7::read_read_reply(message, job.ranges, replies);
  if (!read) return fail(read.error());
  job.shown = replies;
  return true;
}

bool Session::write_answer(Pending& pending, const s7::Message& message) {
  std::array<s7::ItemCode, s7::max_items> codes{};
  const s7::Parcel& parcel = *pending.parcel;
  const std::size_t count = parcel.size();
  const auto read = s7::read_write_reply(message, count, std::span(codes).first(count));
  if (!read) return fail(read.error());
  pending.job->left = true;
  for (std::size_t i = 0; i < count; ++i)
    if (codes[i] != s7::ItemCode::good) pending.job->results[parcel[i].transfer].code = codes[i];
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
    track(sequence, job, nullptr, now);
    s7::put(output_, s7::user_continuation(sequence, job->user.function, reply->part));
    ++job->in_flight;
  }
  return true;
}

void Session::finish(const JobPtr& job) {
  if (job->over) return;
  job->over = true;
  for (auto& item : job->results)
    if (item.code != s7::ItemCode::good || job->kind == Job::Kind::write) item.data = {};
  if (job->items_done) job->items_done(job->shown);
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
  const bool again = job->terms.on_loss == OnLoss::repeat && (!may_have_happened || job->may_happen_twice());
  if (!again) return conclude(job, missed(*job, may_have_happened, why));
  job->begin_again();
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
