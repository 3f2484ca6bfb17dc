#include "os/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace standstill::os {

std::expected<Fd, std::string> take_lock(const std::string& path, const char* program) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(path + ": cannot be opened: " + std::strerror(errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const ssize_t count = ::pread(fd.get(), holder, sizeof holder - 1, 0);
    return std::unexpected(std::string("another ") + program + " already runs here: process " +
                           (count > 0 ? std::to_string(std::strtol(holder, nullptr, 10)) : "unknown") +
                           " holds " + path);
  }
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%d\n", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), text, static_cast<std::size_t>(length), 0) != length)
    return std::unexpected(path + ": cannot be written: " + std::strerror(errno));
  return fd;
}

}  // namespace standstill::os
