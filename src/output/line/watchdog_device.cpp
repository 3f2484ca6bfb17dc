#include "output/line/watchdog_device.hpp"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace standstill::output {

namespace {

std::string open_error(const std::string& path, int error) {
  const char* advice = error == EBUSY    ? ": another program holds it; systemd does with RuntimeWatchdogSec="
                       : error == EACCES ? ": give this program's user the right to write it (a udev rule)"
                       : error == ENOENT
                           ? ": is its driver loaded? `modprobe softdog` loads one without hardware"
                           : "";
  return path + ": " + std::strerror(error) + advice;
}

}  // namespace

std::expected<WatchdogDevice, std::string> WatchdogDevice::open(const std::string& path, Duration expires) {
  // Asked for without O_CREAT: a missing device must not become a file that never resets anything.
  os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(open_error(path, errno));
  WatchdogDevice device;
  device.fd_ = std::move(fd);
  watchdog_info about{};
  if (::ioctl(device.fd_.get(), WDIOC_GETSUPPORT, &about) != 0)
    return std::unexpected(path + " is no watchdog device; `ls /dev/watchdog*` lists them");
  const auto refuse = [&](const std::string& why) {
    device.disarm();
    return std::unexpected(path + " " + why);
  };
  if ((about.options & WDIOF_MAGICCLOSE) == 0)
    return refuse(
        "stops when its owner dies (no magic close), so it would not act when it must: use another one");
  if ((about.options & WDIOF_SETTIMEOUT) == 0)
    return refuse("has a fixed time-out, so expires_ms cannot be kept: use another one");
  const int wanted = static_cast<int>(to_ms(expires) / 1000);
  int seconds = wanted;
  if (wanted < 1 || ::ioctl(device.fd_.get(), WDIOC_SETTIMEOUT, &seconds) != 0)
    return refuse("does not take a time-out of " + std::to_string(wanted) + " s: change expires_ms");
  if (seconds > wanted || seconds < 1)
    return refuse("makes " + std::to_string(seconds) + " s of the " + std::to_string(wanted) +
                  " s it was asked for: set expires_ms to what it can do");
  device.timeout_ = std::chrono::seconds(seconds);
  int status = 0;
  device.reset_machine_ =
      ::ioctl(device.fd_.get(), WDIOC_GETBOOTSTATUS, &status) == 0 && (status & WDIOF_CARDRESET) != 0;
  return device;
}

bool WatchdogDevice::pet() const { return fd_ && ::ioctl(fd_.get(), WDIOC_KEEPALIVE, nullptr) == 0; }

bool WatchdogDevice::disarm() {
  if (!fd_) return true;
  const bool written = ::write(fd_.get(), "V", 1) == 1;
  // With nowayout the driver ignores the letter and says so only in the kernel's log: its state tells.
  int options = WDIOS_DISABLECARD;
  const bool stopped = ::ioctl(fd_.get(), WDIOC_SETOPTIONS, &options) == 0;
  fd_.reset();
  return written && stopped;
}

}  // namespace standstill::output
