#include "output/peer/serial_line.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <map>

#include "os/clock.hpp"
#include "os/tty.hpp"

namespace standstill::output {

namespace {

// Open lines by the real path of their device: two names of one device are one line.
struct Open {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<SerialLine>> lines;
};
Open& all_open() {
  static auto& open = *new Open;  // never destroyed: output threads may outlive main()
  return open;
}

std::string real_path(const plan::Output& output) {
  std::array<char, PATH_MAX> path{};
  return ::realpath(output.device.c_str(), path.data()) != nullptr ? path.data()
                                                                   : std::string(output.device.view());
}

os::Fd open_device(const plan::Output& output) {
  return os::open_tty(output.device.c_str(), output.baud, output.framing.view());
}

int milliseconds_until(Instant until) {
  return static_cast<int>(
      std::clamp<std::int64_t>(to_ms(until - os::now()), 0, 5));  // slices: `abort` is asked between
}

}  // namespace

std::shared_ptr<SerialLine> SerialLine::open(const plan::Output& output) {
  auto& open = all_open();
  const std::lock_guard lock(open.mutex);
  auto& known = open.lines[real_path(output)];
  if (auto line = known.lock(); line && !line->gone()) return line;
  os::Fd fd = open_device(output);
  if (!fd) return nullptr;
  auto line = std::make_shared<SerialLine>(std::move(fd));
  known = line;
  return line;
}

std::shared_ptr<SerialLine> SerialLine::adopt(const plan::Output& output, os::Fd fd) {
  auto& open = all_open();
  const std::lock_guard lock(open.mutex);
  auto& known = open.lines[real_path(output)];
  if (auto line = known.lock(); line && !line->gone()) return line;
  auto line = std::make_shared<SerialLine>(std::move(fd));
  known = line;
  return line;
}

bool SerialLine::gone() {
  if (gone_) return true;
  pollfd ask{fd_.get(), 0, 0};
  if (::poll(&ask, 1, 0) > 0 && (ask.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) close_now();
  return gone_;
}

void SerialLine::close_now() {
  if (gone_.exchange(true)) return;
  // The number stays taken, by a pipe that nobody writes to any more: another thread that is about to use it
  // must not hit a stranger's descriptor.
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  ::close(ends[1]);
  ::dup3(ends[0], fd_.get(), O_CLOEXEC);
  ::close(ends[0]);
}

bool SerialLine::write_all(std::string_view bytes, Instant until, const Abort& abort) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return false;
    if (os::now() >= until || abort()) {
      errno = ETIMEDOUT;
      return false;
    }
    pollfd ask{fd_.get(), POLLOUT, 0};
    ::poll(&ask, 1, milliseconds_until(until));
    if ((ask.revents & (POLLERR | POLLHUP)) != 0) {
      errno = EIO;
      return false;
    }
  }
  return true;
}

// Takes what has arrived and gives it to the oldest waiters whose text it holds. Under hearing_.
void SerialLine::hear() {
  std::array<char, 256> bytes{};
  for (;;) {
    const ssize_t count = ::read(fd_.get(), bytes.data(), bytes.size());
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) close_now();
    if (count <= 0) break;
    heard_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  for (Waiter& waiter : waiters_) {
    if (waiter.heard) continue;
    const std::size_t at = heard_.find(waiter.reply);
    if (at == std::string::npos) continue;
    heard_.erase(at, waiter.reply.size());
    waiter.heard = true;
  }
  const Instant now = os::now();
  waiters_.remove_if([&](const Waiter& one) { return one.left && (one.heard || now >= one.until); });
  if (heard_.size() > 256) heard_.erase(0, heard_.size() - 128);  // a chatty relay must not hide its answer
}

std::list<SerialLine::Waiter>::iterator SerialLine::expect(std::string_view reply, Instant until) {
  const std::lock_guard lock(hearing_);
  hear();
  if (waiters_.empty()) heard_.clear();  // what is there answers nobody any more
  return waiters_.insert(waiters_.end(), {reply, until});
}

SerialLine::End SerialLine::command(std::string_view bytes, std::string_view reply, bool terminate,
                                    Instant until, const Abort& abort, Instant& commanded) {
  std::list<Waiter>::iterator mine;
  {
    // Short naps: a line of text takes microseconds to hand over, unless the device takes nothing at all.
    std::unique_lock lock(writing_, std::defer_lock);
    while (!lock.try_lock()) {
      if (os::now() >= until || abort()) return End::stuck;
      const timespec nap{.tv_sec = 0, .tv_nsec = 200'000};
      ::nanosleep(&nap, nullptr);
    }
    if (!reply.empty()) mine = expect(reply, until);
    const bool ended = !(terminate || unfinished_) || write_all("\n", until, abort);
    const bool written = ended && write_all(bytes, until, abort);
    const int error = errno;
    unfinished_ = !written;
    if (!written) {
      if (!reply.empty()) {
        const std::lock_guard hearing(hearing_);
        waiters_.erase(mine);
      }
      if (error != ETIMEDOUT) close_now();
      errno = error;
      return error == ETIMEDOUT ? End::stuck : End::failed;
    }
    commanded = os::now();
  }
  if (reply.empty()) {
    errno = EIO;
    return gone_ ? End::failed : End::confirmed;
  }
  for (;;) {
    {
      const bool given_up = abort();
      const std::lock_guard hearing(hearing_);
      hear();
      const bool heard = mine->heard;
      if (heard || gone_ || os::now() >= until) {
        waiters_.erase(mine);
        return heard ? End::confirmed : End::unconfirmed;
      }
      if (given_up) {
        mine->left = true;
        return End::unconfirmed;
      }
    }
    pollfd ask{fd_.get(), POLLIN, 0};
    ::poll(&ask, 1, milliseconds_until(until));
  }
}

}  // namespace standstill::output
