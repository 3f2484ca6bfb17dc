#include "output/peer/coil_line.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "os/clock.hpp"
#include "output/peer/serial_line.hpp"
#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::output {

std::shared_ptr<CoilLine> CoilLine::of(const plan::Output& output) {
  struct Known {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<CoilLine>> lines;
  };
  static auto& known = *new Known;  // never destroyed: output threads may outlive main()
  const std::string place = output.host.empty()
                                ? std::string(output.device.view())
                                : std::string(output.host.view()) + ":" + std::to_string(output.port);
  const std::lock_guard lock(known.mutex);
  auto& one = known.lines[place];
  auto line = one.lock();
  if (!line) one = line = std::make_shared<CoilLine>(output);
  return line;
}

CoilLine::CoilLine(const plan::Output& output) : output_(output), dialer_(output_) {
  // Of one request; an output's own time-out has room for a second one.
  const Duration time_out = std::chrono::milliseconds(std::max<std::uint32_t>(20, output_.timeout_ms / 2));
  if (output_.host.empty()) {
    modbus::RtuClient::Settings settings;
    settings.baud = output_.baud;
    settings.time_out = time_out;
    client_ = std::make_unique<modbus::RtuClient>(settings);
  } else {
    modbus::TcpClient::Settings settings;
    settings.time_out = time_out;
    settings.at_once = 8;  // a cut does not wait for the answer to the run before it
    settings.first_number = static_cast<std::uint16_t>(os::wall_ns() >> 10U);
    client_ = std::make_unique<modbus::TcpClient>(settings);
  }
}

Outcome CoilLine::trouble(const std::string& what) const {
  if (!output_.host.empty()) return dialer_.trouble(what);
  Outcome outcome;
  outcome.trouble.assign(std::string(output_.device.view()) + ": " + what);
  return outcome;
}

int CoilLine::shareable_fd() const {
  const std::lock_guard lock(state_);
  return serial_ ? serial_->fd() : -1;
}

void CoilLine::adopt(os::Fd fd) {
  const std::lock_guard lock(state_);
  serial_ = SerialLine::adopt(output_, std::move(fd));
  client_->connected(os::now());
}

void CoilLine::let_go() {
  const std::lock_guard lock(state_);
  if (serial_ && serial_->gone()) serial_.reset();
}

int CoilLine::fd() const { return output_.host.empty() ? shareable_fd() : socket_.get(); }

void CoilLine::close() {
  socket_.reset();
  let_go();
}

bool CoilLine::open(Instant until, const Abort& abort) {
  if (!output_.host.empty()) {
    // A late answer to a request that was given up may wait there; only an end counts.
    char ignored = 0;
    if (socket_ && ::recv(socket_.get(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return true;
    socket_ = dialer_.dial(until, abort);
    if (socket_) client_->connected(os::now());
    why_ = dialer_.why();
    return static_cast<bool>(socket_);
  }
  const std::lock_guard lock(state_);
  if (serial_ && serial_->gone()) serial_.reset();
  if (serial_) return true;
  serial_ = SerialLine::open(output_);
  if (serial_) client_->connected(os::now());
  why_ = errno == ENOENT ? "the device is not there" : std::strerror(errno);
  return serial_ != nullptr;
}

// False when the connection ended.
bool CoilLine::move_bytes(Instant now) {
  while (!client_->output().empty()) {
    const auto bytes = client_->output();
    const ssize_t count = ::write(fd(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      why_ = std::strerror(errno);
      return false;
    }
    client_->sent(static_cast<std::size_t>(count));
  }
  std::array<std::byte, 512> bytes{};
  for (;;) {
    const ssize_t count = ::read(fd(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      why_ = output_.host.empty() ? "the device was unplugged" : "the connection ended";
      return false;
    }
    if (!client_->feed(std::span(bytes).first(static_cast<std::size_t>(count)), now)) {
      why_ = client_->error();
      return false;
    }
  }
  client_->tick(now);
  return true;
}

Outcome CoilLine::exchange(const modbus::Request& request, Instant until, const Abort& abort) {
  Outcome outcome;
  const std::uint64_t key = ++key_;
  bool asked = false;
  for (;;) {
    const Instant now = os::now();
    if (!move_bytes(now)) {
      close();
      const Instant commanded = outcome.commanded;
      outcome = trouble(why_);
      outcome.commanded = commanded;
      return outcome;
    }
    if (asked && outcome.commanded == Instant{} && client_->output().empty()) outcome.commanded = now;
    while (const auto what = client_->next()) {
      if (what->key != key) continue;  // given up before, by whoever asked
      switch (what->what) {
        case modbus::Outcome::What::answered:
          outcome.good = true;
          return outcome;
        case modbus::Outcome::What::refused:
          why_ = "the device refuses: " + std::string(modbus::name(what->exception));
          break;
        case modbus::Outcome::What::timed_out:
          why_ = "no answer in time";
          break;
        case modbus::Outcome::What::corrupt:
          why_ = "the answer was garbled";
          break;
      }
      const Instant commanded = outcome.commanded;
      outcome = trouble(why_);
      outcome.commanded = commanded;
      return outcome;
    }
    if (!asked && client_->room(now) > 0 && client_->may_send(request, now)) {
      if (abort()) return trouble("given up, because a cut came");
      client_->send(request, key, now);
      asked = true;
      continue;
    }
    if (now >= until || abort()) {
      const Instant commanded = outcome.commanded;
      outcome = trouble(now >= until ? "no answer in time" : "given up, because a cut came");
      outcome.commanded = commanded;
      return outcome;
    }
    const bool writing = !client_->output().empty();
    pollfd look{fd(), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
    ::poll(&look, 1, std::min(slice(until), 2));
  }
}

Outcome CoilLine::ask(const modbus::Request& request, Instant until, const Abort& abort) {
  std::unique_lock turn(turn_, std::defer_lock);
  while (!turn.try_lock_for(std::chrono::milliseconds(2)))
    if (os::now() >= until || abort()) return trouble("other coils of this line took all the time");
  if (!open(until, abort)) return trouble(why_);
  return exchange(request, until, abort);
}

}  // namespace standstill::output
