#include "tests/firmware/cable.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace standstill::firmware {

namespace {
constexpr std::size_t recorded_most = 1U << 16U;
}

Cable::Cable(Line& board) : board_(board) {
  char name[128];
  if (::openpty(&master_, &slave_, name, nullptr, nullptr) != 0)
    throw std::runtime_error("no pseudo terminal");
  device_ = name;
  for (const int fd : {master_, slave_}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(master_, F_SETFL, O_NONBLOCK);
  termios raw{};
  ::tcgetattr(slave_, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(slave_, TCSANOW, &raw);
  thread_ = std::thread([this] { carry(); });
}

Cable::~Cable() {
  ending_ = true;
  thread_.join();
  for (const int fd : {master_, slave_})
    if (fd >= 0) ::close(fd);
}

void Cable::unplug() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  ::close(master_);
  ::close(slave_);
  master_ = slave_ = -1;
  ending_ = false;
  thread_ = std::thread([this] { carry(); });  // what the board says must still be taken
}

permit::BoardStatus Cable::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Cable::note(std::uint8_t byte) {
  frame_.push_back(byte);
  if (byte != 0) return (void)orders_.take(byte);
  const std::vector<std::uint8_t> frame = std::exchange(frame_, {});
  if (!orders_.take(byte)) return;
  const auto order = permit::order_in(orders_.payload());
  // Only what said `run` is worth playing again: everything else opens the relays.
  if (order && order->want == permit::Want::run && recorded_.size() < recorded_most)
    recorded_.insert(recorded_.end(), frame.begin(), frame.end());
  if (!order || (order->host == host_ && order->sequence <= sequence_)) return;
  host_ = order->host;
  sequence_ = order->sequence;
  vouched_us_ = order->heard_us;
}

void Cable::to_board(std::vector<std::uint8_t> bytes) {
  switch (fault_.load()) {
    case Fault::none:
      for (const std::uint8_t byte : bytes) note(byte);
      break;
    case Fault::broken:
      return;
    case Fault::garbage:
      for (std::uint8_t& byte : bytes) {
        noise_ = noise_ * 1664525U + 1013904223U;
        byte = static_cast<std::uint8_t>(noise_ >> 24U);
      }
      break;
    case Fault::bit_errors:
      for (std::uint8_t& byte : bytes)
        if (++bits_ % 32 == 0) byte = static_cast<std::uint8_t>(byte ^ (1U << (bits_ / 32 % 8)));
      break;
    case Fault::replay:
      for (std::uint8_t& byte : bytes) byte = recorded_[replayed_++ % recorded_.size()];
      break;
  }
  (void)board_.send(bytes);
}

void Cable::carry() {
  while (!ending_) {
    if (master_ >= 0) {
      std::vector<std::uint8_t> bytes(512);
      const ssize_t got = ::read(master_, bytes.data(), bytes.size());
      if (got > 0) {
        bytes.resize(static_cast<std::size_t>(got));
        to_board(std::move(bytes));
      }
    }
    const auto said = board_.receive(std::chrono::milliseconds(2));
    for (const std::uint8_t byte : said) {
      if (!said_.take(byte)) continue;
      const auto status = permit::status_in(said_.payload());
      if (!status) continue;
      const std::lock_guard lock(mutex_);
      status_ = *status;
      ++statuses_;
    }
    // What the guard does not read is lost, as on a wire.
    if (master_ >= 0 && fault_ != Fault::broken && !said.empty()) [[maybe_unused]]
      const auto written = ::write(master_, said.data(), said.size());
  }
}

}  // namespace standstill::firmware
