#include "guard/boot_note.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "os/fd.hpp"

namespace standstill::guard {

namespace {

std::string read_line(const char* path) {
  const os::Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  const ssize_t count = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  const std::string all(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return all.substr(0, all.find('\n'));
}

}  // namespace

std::string kernel_boot_id() { return read_line("/proc/sys/kernel/random/boot_id"); }

BootNote::BootNote(std::string path, std::string boot_id)
    : path_(std::move(path)), boot_id_(std::move(boot_id)) {
  if (boot_id_.empty()) return;
  const std::string found = read_line(path_.c_str());
  first_of_boot_ = !found.starts_with(boot_id_ + ' ');
  reset_owed_ = found == boot_id_ + " lost";
  ended_uncleanly_ = reset_owed_ || found == boot_id_ + " armed";
}

void BootNote::write(const char* what) {
  if (boot_id_.empty()) return;
  const os::Fd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string line = boot_id_ + ' ' + what + '\n';
  if (fd) [[maybe_unused]]
    const auto written = ::write(fd.get(), line.data(), line.size());
}

}  // namespace standstill::guard
