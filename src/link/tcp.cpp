#include "link/tcp.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "link/stream.hpp"

namespace standstill::link {

namespace {
std::string connect_error(int error, const std::string& peer) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused by " + peer + ": is the server running?";
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return "no way to " + peer + ": is the network up, and the address right?";
    case ETIMEDOUT:
      return peer + " does not answer: is the machine on, and the address right?";
    case EACCES:
    case EPERM:
      return "this machine does not allow a connection to " + peer + ": is there a firewall?";
    default:
      return "no connection to " + peer + ": " + std::generic_category().message(error);
  }
}

void set(int fd, int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); }

// Dialing a port of this machine that nobody listens on can, rarely, connect the socket to itself.
bool connected_to_itself(int fd) {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t here_length = sizeof here;
  socklen_t there_length = sizeof there;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&here), &here_length) == 0 &&
         getpeername(fd, reinterpret_cast<sockaddr*>(&there), &there_length) == 0 &&
         here_length == there_length && std::memcmp(&here, &there, here_length) == 0;
}
}  // namespace

TcpTransport::TcpTransport(os::Loop& loop, Settings settings, Resolver resolver)
    : loop_(loop), settings_(std::move(settings)), resolver_(resolver), lookup_(loop) {
  peer_ = settings_.host + ":" + std::to_string(settings_.port);
}

TcpTransport::~TcpTransport() { TcpTransport::close(); }

void TcpTransport::close() {
  done_ = nullptr;
  lookup_.abandon();
  step_.cancel();
  watch_ = {};
  socket_.reset();
  connected_ = false;
}

void TcpTransport::next_step(Duration share, void (TcpTransport::*what)()) {
  step_ = loop_.after(share, [this, what] {
    step_.cancel();
    (this->*what)();
  });
}

void TcpTransport::dial(Duration time_out, Dialed done) {
  close();
  done_ = std::move(done);
  deadline_ = loop_.now() + time_out;
  failures_.clear();
  next_step(Duration::zero(), &TcpTransport::look_up);
}

void TcpTransport::look_up() {
  if (auto numeric = resolve(settings_.host, settings_.port, true)) return resolved(std::move(numeric));
  const bool started = lookup_.start([resolver = resolver_, host = settings_.host,
                                      port = settings_.port] { return resolver(host, port, false); },
                                     [this](Resolved addresses) { resolved(std::move(addresses)); });
  if (!started) return give_up("the system gives no thread to look up \"" + settings_.host + "\"");
  step_ = loop_.at(deadline_, [this] {
    step_.cancel();
    lookup_.abandon();
    give_up("no name server answers for \"" + settings_.host + "\": is the network up?");
  });
}

void TcpTransport::resolved(Resolved addresses) {
  step_.cancel();
  if (!addresses) return give_up(addresses.error());
  // Where the last dial ended at an address that connected but did not serve, this one begins after it.
  if (!served_) ++first_;
  addresses_ = std::move(*addresses);
  index_ = 0;
  connect_next();
}

void TcpTransport::connect_next() {
  watch_ = {};
  socket_.reset();
  while (index_ < addresses_.size()) {
    const Duration left = deadline_ - loop_.now();
    if (left <= Duration::zero()) break;
    const auto untried = static_cast<std::int64_t>(addresses_.size() - index_);
    const std::size_t chosen = (first_ + index_++) % addresses_.size();
    const Address& address = addresses_[chosen];
    const std::string text = address.text();
    peer_ = text.starts_with(settings_.host) || text.starts_with("[" + settings_.host)
                ? text
                : settings_.host + " (" + text + ")";
    if (!connect_to(address)) continue;
    step_ = loop_.after(left / untried, [this] {
      step_.cancel();
      note_failure(connect_error(ETIMEDOUT, peer_));
      connect_next();
    });
    return;
  }
  give_up(failures_.empty() ? connect_error(ETIMEDOUT, peer_) : failures_);
}

bool TcpTransport::connect_to(const Address& address) {
  socket_.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket_) {
    note_failure(connect_error(errno, peer_));
    return false;
  }
  const int fd = socket_.get();
  const auto silence_ms = std::clamp<std::int64_t>(to_ms(settings_.silence), 1000, 3'600'000);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence_ms));
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(std::max<std::int64_t>(1, silence_ms / 1000)));
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  if (::connect(fd, address.get(), address.length) != 0 && errno != EINPROGRESS) {
    note_failure(connect_error(errno, peer_));
    socket_.reset();
    return false;
  }
  watch_ = loop_.watch(fd, EPOLLOUT, [this](std::uint32_t) { connect_done(); });
  return true;
}

void TcpTransport::connect_done() {
  step_.cancel();
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error == 0 && connected_to_itself(socket_.get())) error = ECONNREFUSED;
  if (error != 0) {
    note_failure(connect_error(error, peer_));
    return connect_next();
  }
  finish();
}

void TcpTransport::finish() {
  watch_ = {};
  if (settings_.patience > Duration::zero()) be_patient();
  connected_ = true;
  first_ = (first_ + index_ - 1) % addresses_.size();
  served_ = false;
  if (const auto done = std::exchange(done_, nullptr)) done({});
}

// From now on only read_patiently() blocks: every other call says that it does not want to.
void TcpTransport::be_patient() const {
  const auto us = std::max<std::int64_t>(1, settings_.patience.count() / 1000);
  const timeval wait{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) & ~O_NONBLOCK);
}

void TcpTransport::note_failure(std::string why) {
  if (failures_.find(why) != std::string::npos) return;
  if (!failures_.empty()) failures_ += "; ";
  failures_ += why;
}

void TcpTransport::give_up(const std::string& why) {
  auto done = std::exchange(done_, nullptr);
  served_ = true;  // nothing connected: no reason to begin elsewhere
  close();
  if (done) done(std::unexpected(why));
}

Io TcpTransport::read(std::span<std::byte> into) { return read_stream(socket_.get(), into); }

// One system call less than asking for readiness first, which is a tenth of a short answer's way.
Io TcpTransport::read_patiently(std::span<std::byte> into) {
  if (settings_.patience == Duration::zero()) return {};
  return read_stream_patiently(socket_.get(), into);
}

Io TcpTransport::write(std::span<const std::byte> bytes) { return write_stream(socket_.get(), bytes); }

std::optional<std::size_t> TcpTransport::unread() const {
  int bytes = 0;
  if (::ioctl(socket_.get(), FIONREAD, &bytes) != 0 || bytes < 0) return std::nullopt;
  return static_cast<std::size_t>(bytes);
}

std::string_view TcpTransport::why_ended() {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error == 0) return {};
  return stream_error(error);
}

}  // namespace standstill::link
