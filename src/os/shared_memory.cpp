#include "os/shared_memory.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace standstill::os {

namespace {
std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(std::string("shared memory: ") + what + ": " + std::strerror(errno));
}
}  // namespace

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  if (this != &other) {
    if (data_ != nullptr) munmap(data_, size_);
    fd_ = std::move(other.fd_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = other.size_;
  }
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

std::expected<SharedMemory, std::string> SharedMemory::create(const char* name, std::size_t bytes) {
  Fd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd) return failed("memfd_create");
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return failed("ftruncate");
  return attach(std::move(fd), bytes);
}

std::expected<SharedMemory, std::string> SharedMemory::attach(Fd fd, std::size_t bytes) {
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return failed("fstat");
  if (static_cast<std::size_t>(info.st_size) < bytes)
    return std::unexpected(
        "shared memory: smaller than expected; do all programs come from the same version?");
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  if (data == MAP_FAILED) return failed("mmap");
  SharedMemory made;
  made.fd_ = std::move(fd);
  made.data_ = data;
  made.size_ = bytes;
  return made;
}

}  // namespace standstill::os
