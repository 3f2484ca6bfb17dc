#include "disk_spy.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <mutex>

namespace standstill::test {
namespace {

std::mutex mutex;
std::vector<std::string> log;
std::atomic<bool> watching{false};
std::atomic<int> failing{0};

void note(const char* what, const std::string& path) {
  const std::scoped_lock lock(mutex);
  log.push_back(std::string(what) + ' ' + std::filesystem::path(path).filename().string());
}

int sync(const char* what, long number, int fd) {
  if (watching) {
    std::error_code ignored;
    note(what, std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored).string());
    if (const int code = failing.load(); code != 0) {
      errno = code;
      return -1;
    }
  }
  return static_cast<int>(::syscall(number, fd));
}

}  // namespace

DiskSpy::DiskSpy() {
  log.clear();
  failing = 0;
  watching = true;
}
DiskSpy::~DiskSpy() { watching = false; }
std::vector<std::string> DiskSpy::calls() const {
  const std::scoped_lock lock(mutex);
  return log;
}
std::size_t DiskSpy::count(const std::string& call) const {
  const auto all = calls();
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), call));
}
void DiskSpy::fail_sync(int code) { failing = code; }

}  // namespace standstill::test

extern "C" {
int fsync(int fd) { return standstill::test::sync("fsync", SYS_fsync, fd); }
int fdatasync(int fd) { return standstill::test::sync("fdatasync", SYS_fdatasync, fd); }
int rename(const char* from, const char* to) noexcept {
  if (standstill::test::watching) standstill::test::note("rename", to);
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) noexcept {
  if (standstill::test::watching) standstill::test::note("rename", to);
  return static_cast<int>(::syscall(SYS_renameat2, from_dir, from, to_dir, to, flags));
}
}
