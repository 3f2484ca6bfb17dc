#include "output/line/board_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "kernel/format.hpp"
#include "os/tty.hpp"

namespace standstill::output {

using permit::Want;

bool BoardLine::open(Instant now) {
  fd_ = os::open_tty(output_.device.c_str(), output_.baud, "8N1");
  if (!fd_) return false;
  status_.reset();
  reader_ = {};
  heard_at_ = now;
  unfinished_ = true;  // whoever had it before may have been interrupted
  patience_ = std::max<Duration>(std::chrono::milliseconds(output_.timeout_ms), 1s);
  return true;
}

bool BoardLine::send(Want want, Instant now) {
  if (!fd_) return false;
  permit::Order order;
  order.want = want;
  order.epoch = running_ ? epoch_ : status_ ? status_->epoch : 0;
  order.host = vouched_.host;
  order.session = bound_session_;
  order.heard_us = bound_us_;
  order.sequence = vouched_.permit.sequence;
  order.sent_ns = to_ns(vouched_.permit.sent);
  order.plan_hash = vouched_.permit.plan_hash;
  order.timeout_ms = static_cast<std::uint16_t>(output_.timeout_ms);
  const auto frame = permit::framed(packed(order));
  std::array<std::uint8_t, frame.size() + 1> bytes{};  // a zero ends what was left unfinished
  std::copy(frame.begin(), frame.end(), bytes.begin() + 1);
  const std::size_t from = unfinished_ ? 0 : 1;
  const ssize_t written = ::write(fd_.get(), bytes.data() + from, bytes.size() - from);
  if (written < 0 && errno != EAGAIN && errno != EINTR) fd_.reset();
  const bool whole = written == static_cast<ssize_t>(bytes.size() - from);
  if (whole) {
    unfinished_ = false;
    said_at_ = now;
  } else if (written > 0) {
    unfinished_ = true;
  }
  return whole;
}

bool BoardLine::cut(Instant now) {
  running_ = ran_ = false;
  return send(Want::trip, now);
}

bool BoardLine::start(Instant now) {
  if (!startable(now)) return false;
  running_ = true;
  ran_ = false;
  epoch_ = status_->epoch;
  session_ = status_->session;
  return true;
}

void BoardLine::vouch(const Vouched& vouched) {
  vouched_ = vouched;
  if (!status_) return;
  bound_session_ = status_->session;
  bound_us_ = status_->now_us;
  passed_on_ = false;
}

void BoardLine::take(Instant now) {
  std::array<std::uint8_t, 256> bytes{};
  // As much as one turn may take: what comes without end must not hold the guard up.
  for (int i = 0; i < 8 && fd_; ++i) {
    const ssize_t count = ::read(fd_.get(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      fd_.reset();  // it was unplugged
      return;
    }
    for (ssize_t k = 0; k < count; ++k) {
      if (!reader_.take(bytes[static_cast<std::size_t>(k)])) continue;
      const auto status = permit::status_in(reader_.payload());
      if (!status) continue;
      status_ = status;
      heard_at_ = now;
      ran_ = ran_ || runs();
    }
  }
}

void BoardLine::update(Instant now, bool released) {
  take(now);
  const bool wanted = running_ && !ended_by_itself();
  // A cut that was not heard is said again as long as the board says that it was not.
  const bool deaf = !wanted && status_ && heard_at_ == now && status_->state == LatchState::running;
  if (passed_on_ && !deaf) return;
  const Want want = wanted ? Want::run : released && !deaf ? Want::release : Want::trip;
  passed_on_ = send(want, now) || passed_on_;
}

std::optional<bool> BoardLine::open_since(Instant since) const {
  if (!status_ || heard_at_ <= since) return std::nullopt;
  return status_->state != LatchState::running && !status_->closed_ordered && !status_->closed[0] &&
         !status_->closed[1];
}

bool BoardLine::runs() const {
  return running_ && status_ && status_->session == session_ && status_->epoch == epoch_ &&
         status_->state == LatchState::running && status_->closed[0] && status_->closed[1];
}

bool BoardLine::startable(Instant now) const {
  return answers(now) && !status_->faulty && status_->state != LatchState::running &&
         !status_->closed_ordered && !status_->closed[0] && !status_->closed[1];
}

// Another epoch or power-up than the start named, or it ran and does no more.
bool BoardLine::ended_by_itself() const {
  if (!running_ || !status_) return false;
  return status_->session != session_ || status_->epoch != epoch_ ||
         (ran_ && status_->state != LatchState::running);
}

CauseDetail BoardLine::trouble(Instant now) const {
  Sentence why;
  const std::string_view device = output_.device.view();
  if (!fd_) return why.text("the external guard's line is gone: ").text(device).view();
  if (!answers(now)) {
    if (!status_ && now - heard_at_ < patience_) return {};
    return why.text("the external guard does not answer on ").text(device).view();
  }
  if (status_->button_open)
    return why.text("the external guard's button is pressed, or its wire is broken").view();
  if (ended_by_itself())
    return why.text("the external guard has tripped by itself: ").text(name(status_->first_out)).view();
  if (!status_->faulty) return {};
  if (status_->closed_ordered != status_->closed[0] || status_->closed_ordered != status_->closed[1])
    return why.text("a relay of the external guard does not follow its coil: relay ")
        .integer(status_->closed_ordered != status_->closed[0] ? 1 : 2)
        .view();
  return why.text("the external guard's flash takes no record of its latch").view();
}

}  // namespace standstill::output
