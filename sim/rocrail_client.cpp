#include "sim/rocrail_client.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sim/listener.hpp"

namespace standstill::sim {

namespace {
// A client that reads nothing must not take the machine's memory along.
constexpr std::size_t longest_backlog = 256U * 1024U * 1024U;
constexpr Duration drip_period = 20ms;
constexpr Duration header_patience = 20ms;  // measured: a header in two sends 50 ms apart is too late
}  // namespace

RocrailClient::RocrailClient(os::Loop& loop, os::Fd socket, std::string name, Settings settings, Calls calls)
    : loop_(loop),
      socket_(std::move(socket)),
      name_(std::move(name)),
      settings_(settings),
      calls_(std::move(calls)),
      asleep_(settings.reader_sleep > Duration::zero()) {
  watch_ = loop_.watch(socket_.get(), 0, [this](std::uint32_t events) { on_ready(events); });
  if (asleep_) {
    wake_ = loop_.after(settings_.reader_sleep, [this] {
      asleep_ = false;
      arm();
    });
  }
  arm();
}

void RocrailClient::arm() {
  if (!watch_) return;
  std::uint32_t wanted = 0;
  if (!frozen_ && !forgotten_) {
    if (!asleep_) wanted |= EPOLLIN;
    if (unsent() > 0 && !drip_) wanted |= EPOLLOUT;
  }
  // epoll reports hang-ups whatever one asks for; edge-triggered it does so once, and a frozen server ignores
  // it.
  if (wanted == 0) wanted = EPOLLET;
  if (wanted != armed_) watch_.change(wanted);
  armed_ = wanted;
}

void RocrailClient::on_ready(std::uint32_t events) {
  if (frozen_ || forgotten_) return;
  bool alive = true;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && !asleep_) alive = read();
  if (alive && (events & EPOLLOUT) != 0) alive = write();
  if (!alive) {
    calls_.ended();
    return;
  }
  arm();
}

bool RocrailClient::read() {
  std::array<char, 16384> bytes{};
  const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  half_header_.cancel();
  frames_.feed({bytes.data(), static_cast<std::size_t>(count)});
  while (auto body = frames_.next()) {
    calls_.command(*body);
    if (frozen_ || forgotten_ || !socket_) return static_cast<bool>(socket_);
  }
  if (frames_.inside_header()) half_header_ = loop_.after(header_patience, [this] { calls_.ended(); });
  return !frames_.broken();
}

std::size_t RocrailClient::allowance(std::size_t wanted) {
  if (settings_.bytes_per_second == 0) return wanted;
  const auto slice = static_cast<std::uint64_t>(settings_.bytes_per_second) *
                     static_cast<std::uint64_t>(drip_period.count()) / 1'000'000'000U;
  return std::min(wanted, static_cast<std::size_t>(std::max<std::uint64_t>(1, slice)));
}

bool RocrailClient::write() {
  while (unsent() > 0) {
    const std::size_t length = allowance(unsent());
    const auto count = ::send(socket_.get(), out_.data() + sent_, length, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(count);
    if (settings_.bytes_per_second > 0) {
      drip_ = loop_.after(drip_period, [this] {
        drip_.cancel();
        arm();
      });
      break;
    }
  }
  if (unsent() == 0) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > 1U << 20U) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  return true;
}

void RocrailClient::send(const std::string& element) {
  const auto frame = server_frame(element);
  if (settings_.split_writes) {
    send_raw(frame.header);
    send_raw(frame.body);
  } else {
    send_raw(frame.header + frame.body);
  }
}

void RocrailClient::send_raw(std::string_view bytes) {
  if (forgotten_ || !socket_) return;
  if (unsent() + bytes.size() > longest_backlog) {
    forget();
    return;
  }
  out_ += bytes;
  // A failure here shows as an event on the socket, where it can be handled without pulling the ground from
  // the caller.
  if (!frozen_ && !drip_) (void)write();
  arm();
}

void RocrailClient::freeze(bool on) {
  frozen_ = on;
  if (on) half_header_.cancel();
  arm();
}

void RocrailClient::forget() {
  forgotten_ = true;
  out_.clear();
  sent_ = 0;
  half_header_.cancel();
  arm();
}

void RocrailClient::reset() {
  watch_ = {};
  close_with_reset(socket_);
}

}  // namespace standstill::sim
