#include "output/peer/http_output.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "os/clock.hpp"

namespace standstill::output {

namespace {
int slice(Instant until) {
  return static_cast<int>(std::clamp<std::int64_t>(to_ms(until - os::now()) + 1, 0, 5));
}

std::expected<std::vector<HttpAddress>, std::string> look_up(const char* host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host, std::to_string(port).c_str(), &hints, &found);
  if (result != 0) return std::unexpected(std::string(::gai_strerror(result)));
  std::vector<HttpAddress> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    HttpAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}
}  // namespace

bool HttpAddress::operator==(const HttpAddress& other) const {
  return length == other.length && std::memcmp(&storage, &other.storage, length) == 0;
}

Outcome HttpOutput::trouble(const std::string& what) const {
  Outcome outcome;
  const std::string text =
      std::string(output_.host.view()) + ":" + std::to_string(output_.port) + ": " + what;
  outcome.trouble.assign(text);
  return outcome;
}

HttpOutput::HttpOutput(const plan::Output& output) : HttpOutput(output, look_up) {}

bool HttpOutput::resolve() {
  auto found = resolver_(output_.host.c_str(), output_.port);
  if (!found) {
    why_ = found.error();
    return !addresses_.empty();  // addresses that worked before are better than none
  }
  const auto answered = first_ < addresses_.size() ? addresses_[first_] : HttpAddress{};
  addresses_ = std::move(*found);
  const auto still = std::ranges::find(addresses_, answered);
  first_ = still == addresses_.end() ? 0 : static_cast<std::size_t>(still - addresses_.begin());
  return true;
}

os::Fd HttpOutput::dial(Instant until, const Abort& abort) {
  const std::size_t began = first_;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const Instant now = os::now();
    const std::size_t chosen = (began + i) % addresses_.size();
    const auto untried = static_cast<std::int64_t>(addresses_.size() - i);
    if (os::Fd fd = connect_to(addresses_[chosen], now + (until - now) / untried, abort)) {
      first_ = chosen;
      return fd;
    }
  }
  return {};
}

os::Fd HttpOutput::connect_to(const HttpAddress& address, Instant until, const Abort& abort) {
  os::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    why_ = std::strerror(errno);
    return {};
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS) {
    why_ = std::strerror(errno);
    return {};
  }
  while (os::now() < until && !abort()) {
    pollfd ask{fd.get(), POLLOUT, 0};
    if (::poll(&ask, 1, slice(until)) <= 0) continue;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) return fd;
    why_ = std::strerror(error);
    return {};
  }
  why_ = "no connection in time";
  return {};
}

bool HttpOutput::still_open() const {
  if (!fd_) return false;
  char ignored = 0;
  const ssize_t count = ::recv(fd_.get(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EINTR);  // bytes nobody asked for: start afresh
}

// The status code; 0: nothing came back on this connection (it may have been closed while idle); -1: no
// answer in time; -2: an answer without the expected text.
int HttpOutput::exchange(std::string_view request, std::string_view expect, Instant until, const Abort& abort,
                         Instant& commanded) {
  while (!request.empty()) {
    const ssize_t count = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (count > 0) {
      request.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd ask{fd_.get(), POLLOUT, 0};
      ::poll(&ask, 1, slice(until));
      if (os::now() >= until || abort()) return -1;
    } else if (errno != EINTR) {
      return 0;
    }
  }
  commanded = os::now();
  std::array<char, 4096> answer{};  // of a longer answer the beginning is looked at
  std::size_t length = 0;
  while (os::now() < until && !abort()) {
    pollfd ask{fd_.get(), POLLIN, 0};
    if (::poll(&ask, 1, slice(until)) <= 0) continue;
    const ssize_t count = ::recv(fd_.get(), answer.data() + length, answer.size() - 1 - length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    const bool ended = count <= 0;
    if (ended && length == 0) return 0;
    if (!ended) length += static_cast<std::size_t>(count);
    // "HTTP/1.1 200": twelve bytes tell.
    const bool enough = length >= 12;
    if (enough && std::strncmp(answer.data(), "HTTP/1.", 7) != 0) return -1;
    const bool heard =
        enough && std::string_view(answer.data(), length).find(expect) != std::string_view::npos;
    const int status = enough ? std::atoi(answer.data() + 9) : -1;
    if (heard || (enough && (status < 200 || status >= 300))) return status;
    if (ended || length + 1 >= answer.size()) return enough ? -2 : -1;
  }
  return -1;
}

Outcome HttpOutput::probe() {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  if (!resolve()) return trouble("its name does not resolve: " + why_);
  // A new connection each time: an old one that looks open proves nothing about a relay that has lost its
  // power.
  os::Fd fresh = dial(until, [] { return false; });
  if (!fresh) {
    fd_.reset();
    return trouble(why_);
  }
  fd_ = std::move(fresh);
  Outcome outcome;
  outcome.good = true;
  return outcome;
}

Outcome HttpOutput::apply(bool run, const Abort& abort) {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const std::string_view request = (run ? output_.run_request : output_.safe_request).view();
  if (request.empty()) {  // nothing to do for `run`: energising happens elsewhere
    Outcome nothing;
    nothing.good = true;
    nothing.commanded = os::now();
    return nothing;
  }
  if (addresses_.empty() && !resolve()) return trouble("its name does not resolve: " + why_);
  Outcome outcome;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!still_open()) fd_ = dial(until, abort);
    if (!fd_) return trouble(why_);
    const int status =
        exchange(request, (run ? output_.reply_run : output_.reply).view(), until, abort, outcome.commanded);
    fd_.reset();  // one request a connection: the rest of the answer is nobody's
    if (status >= 200 && status < 300) {
      outcome.good = true;
      return outcome;
    }
    // Idle connections are closed by the other side: safe is said again on a new one, run is not (it may have
    // been heard).
    if (status == 0 && !run && attempt == 0) continue;
    const Instant commanded = outcome.commanded;
    outcome = trouble(status > 0     ? "answered " + std::to_string(status)
                      : status == -2 ? "the answer did not hold the expected text"
                      : status == 0  ? "closed the connection without an answer"
                                     : "no answer in time");
    outcome.commanded = commanded;
    return outcome;
  }
  return outcome;
}

}  // namespace standstill::output
