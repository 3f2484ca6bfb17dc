#include "onboard/flash_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace standstill::onboard {

namespace {

constexpr std::size_t all = FlashFile::size * loco::sectors_used;
constexpr std::size_t most_waiting = 256;  // writes: a log has a dozen

}  // namespace

std::expected<std::unique_ptr<FlashFile>, std::string> FlashFile::open(const std::string& path) {
  os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  struct stat about{};
  if (!fd || ::fstat(fd.get(), &about) != 0) return std::unexpected(path + ": " + std::strerror(errno));
  std::unique_ptr<FlashFile> made(new FlashFile(std::move(fd)));
  made->memory_.assign(all, 0xFF);
  if (about.st_size == 0) {
    if (::pwrite(made->fd_.get(), made->memory_.data(), all, 0) != static_cast<ssize_t>(all) ||
        ::fsync(made->fd_.get()) != 0)
      return std::unexpected(path + ": " + std::strerror(errno));
  } else if (about.st_size != static_cast<off_t>(all) ||
             ::pread(made->fd_.get(), made->memory_.data(), all, 0) != static_cast<ssize_t>(all)) {
    return std::unexpected(path + " is not of this program: move it away, and write your variables again");
  }
  made->thread_ = std::thread([one = made.get()] { one->bring(); });
  return made;
}

FlashFile::~FlashFile() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  more_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FlashFile::read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const {
  std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(sector * size + offset), into.size(),
              into.begin());
}

bool FlashFile::program(std::size_t sector, std::size_t offset, std::span<const std::uint8_t> bytes) {
  bool took = true;
  const std::size_t at = sector * size + offset;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::uint8_t& place = memory_[at + i];
    if ((bytes[i] & ~place) != 0) took = false;  // as in flash, ones become zeros only
    place = static_cast<std::uint8_t>(place & bytes[i]);
  }
  return queue(at, bytes.size()) && took;
}

bool FlashFile::erase(std::size_t sector) {
  std::fill_n(memory_.begin() + static_cast<std::ptrdiff_t>(sector * size), size, std::uint8_t{0xFF});
  return queue(sector * size, size);
}

bool FlashFile::queue(std::size_t at, std::size_t count) {
  const auto from = memory_.begin() + static_cast<std::ptrdiff_t>(at);
  {
    const std::lock_guard lock(mutex_);
    if (broken_ || waiting_.size() >= most_waiting) return false;
    waiting_.push_back({at, {from, from + static_cast<std::ptrdiff_t>(count)}});
  }
  more_.notify_one();
  return true;
}

void FlashFile::bring() {
  std::unique_lock lock(mutex_);
  for (;;) {
    more_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Write one = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool took = ::pwrite(fd_.get(), one.bytes.data(), one.bytes.size(), static_cast<off_t>(one.at)) ==
                          static_cast<ssize_t>(one.bytes.size()) &&
                      ::fdatasync(fd_.get()) == 0;
    lock.lock();
    if (!took) broken_ = true;
  }
}

}  // namespace standstill::onboard
