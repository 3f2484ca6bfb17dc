#include "output/peer/http_output.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "os/clock.hpp"

namespace standstill::output {

// The status code; 0: nothing came back on this connection (it may have been closed while idle); -1: no
// answer in time; -2: an answer without the expected text.
int HttpOutput::exchange(std::string_view request, std::string_view expect, Instant until, const Abort& abort,
                         Instant& commanded) {
  const Sent sent = send_all(fd_, request.data(), request.size(), until, abort);
  if (sent != Sent::all) return sent == Sent::late ? -1 : 0;
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
  if (!dialer_.resolve()) return dialer_.trouble(dialer_.why());
  // A new connection each time: an old one that looks open proves nothing about a relay that has lost its
  // power.
  os::Fd fresh = dialer_.dial(until, [] { return false; });
  if (!fresh) {
    fd_.reset();
    return dialer_.trouble(dialer_.why());
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
  Outcome outcome;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!still_quiet(fd_)) fd_ = dialer_.dial(until, abort);
    if (!fd_) return dialer_.trouble(dialer_.why());
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
    outcome = dialer_.trouble(status > 0     ? "answered " + std::to_string(status)
                              : status == -2 ? "the answer did not hold the expected text"
                              : status == 0  ? "closed the connection without an answer"
                                             : "no answer in time");
    outcome.commanded = commanded;
    return outcome;
  }
  return outcome;
}

}  // namespace standstill::output
