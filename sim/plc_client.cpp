#include "sim/plc_client.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/clock.hpp"
#include "sim/listener.hpp"

namespace standstill::sim {

using s7::FrameReader;

namespace {
constexpr std::size_t most_unsent = 4U << 20U;  // a client that reads nothing is closed
constexpr std::uint8_t address_unknown = 3;     // of a disconnect: X.224, 13.5.3
}  // namespace

PlcClient::PlcClient(os::Loop& loop, os::Fd socket, PlcCpu& cpu, PlcFaults& faults, std::mt19937& random,
                     std::function<void()> ended)
    : loop_(loop),
      socket_(std::move(socket)),
      cpu_(cpu),
      faults_(faults),
      random_(random),
      ended_(std::move(ended)) {
  look();
}

void PlcClient::look() {
  armed_ = EPOLLIN;
  watch_ = loop_.watch(socket_.get(), armed_, [this](std::uint32_t events) { on_ready(events); });
}

void PlcClient::freeze(bool on) {
  if (forgotten_) return;
  frozen_ = on;
  if (!on) {
    if (!watch_) look();  // its end came while nobody looked
    send_due();
  }
  arm();
}

void PlcClient::reset() {
  watch_ = {};
  close_with_reset(socket_);
}

void PlcClient::arm() {
  const std::uint32_t wanted =
      frozen_ ? 0U : std::uint32_t{EPOLLIN} | (out_.size() > out_at_ ? std::uint32_t{EPOLLOUT} : 0U);
  if (wanted == armed_) return;
  armed_ = wanted;
  watch_.change(wanted);
}

void PlcClient::end() {
  watch_ = {};
  timer_.cancel();
  const auto ended = ended_;
  ended();
}

void PlcClient::on_ready(std::uint32_t events) {
  if (frozen_) {
    // Nobody looks at it; an end that was noticed would be told again and again.
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) watch_ = {};
    return;
  }
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0 && !read()) return end();
  if (!write()) return end();
  arm();
}

bool PlcClient::read() {
  std::array<std::byte, 16384> buffer;
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  reader_.add(std::span(buffer).first(static_cast<std::size_t>(count)));
  for (;;) {
    const auto what = reader_.next();
    if (what == FrameReader::Result::need_more) return true;
    if (!handle(what)) return false;
  }
}

bool PlcClient::handle(FrameReader::Result what) {
  if (what == FrameReader::Result::connect) {
    const auto& asked = reader_.connect();
    connection_ = {};
    const auto& place = cpu_.manners().place;
    if (place && (asked.tsaps.remote & 0xFFU) != *place) {  // there is no module at that rack and slot
      queue(s7::disconnect_frame(asked.source, 0, address_unknown), loop_.now(), true);
      return true;
    }
    queue(s7::confirm_frame({asked.source, 1, asked.tsaps, asked.size_code}), loop_.now());
    return true;
  }
  if (what != FrameReader::Result::data) return false;
  const auto request = s7::read_message(reader_.message());
  if (!request) return false;
  auto answer = cpu_.answer(connection_, *request, os::wall_ns());
  if (answer) spoil_and_queue(std::move(*answer));
  return out_.size() - out_at_ < most_unsent;
}

void PlcClient::spoil_and_queue(s7::Bytes answer) {
  Instant at = faults_.delay > Duration::zero() ? loop_.now() + faults_.delay : Instant{};
  bool then_end = false;
  const auto use = [](int& count) { return count > 0 && count-- > 0; };
  if (use(faults_.lost_answers)) return;
  if (use(faults_.late_answers)) at = loop_.now() + faults_.late;
  if (use(faults_.wrong_sequences)) {
    const std::size_t place = s7::data_frame_head + 4;
    s7::set16(answer, place, static_cast<unsigned>(s7::get16(answer, place) - 1) & 0xFFFFU);
  }
  if (use(faults_.garbage))
    for (std::byte& one : answer) one = static_cast<std::byte>(random_() & 0xFFU);
  if (use(faults_.wrong_lengths)) {
    const std::size_t place = s7::data_frame_head + 8;
    s7::set16(answer, place, s7::get16(answer, place) + 2U);
  }
  if (faults_.cut_at >= 0) {
    answer.resize(std::min(answer.size(), static_cast<std::size_t>(faults_.cut_at)));
    faults_.cut_at = -1;
    then_end = true;
  }
  queue(std::move(answer), at, then_end);
}

void PlcClient::queue(s7::Bytes answer, Instant at, bool then_end) {
  if (due_.empty() && at == Instant{} && !then_end) {
    s7::put(out_, answer);
    return;
  }
  const auto place = std::ranges::upper_bound(due_, at, {}, &Due::at);
  due_.insert(place, {at, std::move(answer), then_end});
  send_due();
}

void PlcClient::send_due() {
  if (frozen_) return;
  const Instant now = loop_.now();
  while (!due_.empty() && due_.front().at <= now && !end_after_out_) {
    s7::put(out_, due_.front().bytes);
    end_after_out_ = due_.front().then_end;
    due_.pop_front();
  }
  if (!due_.empty())
    timer_ = loop_.at(due_.front().at, [this] {
      send_due();
      if (!write()) return end();
      arm();
    });
}

bool PlcClient::write() {
  while (out_at_ < out_.size()) {
    const ssize_t count = ::send(socket_.get(), out_.data() + out_at_, out_.size() - out_at_, MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    out_at_ += static_cast<std::size_t>(count);
  }
  out_.clear();
  out_at_ = 0;
  return !end_after_out_;
}

}  // namespace standstill::sim
