#include "plant/sensor/transport.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace standstill::sensor {

namespace {

std::string told(const std::vector<Chip::Reading>& readings) {
  std::string text;
  for (const auto& one : readings) {
    text += one.input + ' ';
    if (one.faulty)
      text += "fault";
    else if (one.error != 0)
      text += "! " + std::to_string(one.error);
    else
      text += std::to_string(one.raw);
    text += '\n';
  }
  return text + ".\n";
}

// Body of the thread: a round of readings for every byte that comes, until the other end is closed or the
// chip is gone.
void serve(const Chip& chip, int socket, std::atomic<int>& reading) {
  std::array<char, 64> asked{};
  while (::read(socket, asked.data(), asked.size()) > 0) {
    ++reading;
    const auto readings = chip.read();
    --reading;
    if (readings.empty()) return;
    const std::string text = told(readings);
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = ::send(socket, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      if (count <= 0) return;
      done += static_cast<std::size_t>(count);
    }
  }
}

}  // namespace

Transport::Transport(os::Loop& loop, ChipSettings settings, std::string root)
    : loop_(loop),
      settings_(std::move(settings)),
      root_(std::move(root)),
      peer_(settings_.chip),
      finding_(loop) {
  if (!settings_.address.empty()) peer_ += " at " + settings_.address;
}

void Transport::close() {
  done_ = nullptr;
  finding_.abandon();
  time_out_.cancel();
  socket_.reset();
}

void Transport::dial(Duration time_out, Dialed done) {
  close();
  done_ = std::move(done);
  const bool stuck = reading_->load() > 0;
  const bool started = !stuck && finding_.start(
                                     [settings = settings_, root = root_]() -> Found {
                                       auto chip = Chip::find(settings, root);
                                       if (!chip) return std::unexpected(chip.error());
                                       return std::make_shared<Chip>(std::move(*chip));
                                     },
                                     [this](Found chip) { found(std::move(chip)); });
  time_out_ = loop_.after(started ? time_out : Duration::zero(), [this, stuck, started] {
    time_out_.cancel();
    finding_.abandon();
    const auto gone = std::exchange(done_, nullptr);
    if (!gone) return;
    gone(std::unexpected(stuck      ? "the last reading of " + peer_ + " has not come back: its bus is stuck"
                         : !started ? "the system gives no thread to read " + peer_
                                    : "looking for " + peer_ + " takes too long"));
  });
}

void Transport::found(Found chip) {
  time_out_.cancel();
  const auto done = std::exchange(done_, nullptr);
  if (!done) return;
  if (!chip) return done(std::unexpected(chip.error()));
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return done(std::unexpected("the system gives no sockets to read " + peer_));
  socket_.reset(pair[0]);
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  const auto theirs = std::make_shared<os::Fd>(pair[1]);
  const bool spawned = os::spawn_detached(
      [chip = *chip, theirs, reading = reading_] { serve(*chip, theirs->get(), *reading); });
  if (!spawned) {
    socket_.reset();
    return done(std::unexpected("the system gives no thread to read " + peer_));
  }
  done({});
}

link::Io Transport::read(std::span<std::byte> into) {
  const auto got = ::recv(socket_.get(), into.data(), into.size(), 0);
  if (got > 0) return {link::Io::Did::some, static_cast<std::size_t>(got)};
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  return {link::Io::Did::ended, 0, "the sensor chip is gone"};
}

link::Io Transport::write(std::span<const std::byte> bytes) {
  const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent > 0) return {link::Io::Did::some, static_cast<std::size_t>(sent)};
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  return {link::Io::Did::ended, 0, "the sensor chip is gone"};
}

}  // namespace standstill::sensor
