#include "onboard/sysfs.hpp"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

namespace standstill::onboard {

std::expected<std::string, std::string> find_one(const std::string& pattern) {
  glob_t found{};
  const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::string path = found.gl_pathc > 0 ? found.gl_pathv[0] : "";
  const std::size_t count = found.gl_pathc;
  ::globfree(&found);
  if (result != 0 || count == 0)
    return std::unexpected(pattern + " is not there: is the driver loaded, and the device wired?");
  if (count > 1)
    return std::unexpected(pattern + " fits " + std::to_string(count) + " files: name one of them");
  return path;
}

std::expected<NumberFile, std::string> NumberFile::open(const std::string& pattern) {
  auto path = find_one(pattern);
  if (!path) return std::unexpected(path.error());
  NumberFile file;
  file.path_ = std::move(*path);
  file.fd_ = os::Fd(::open(file.path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.fd_) return std::unexpected(file.path_ + ": " + std::strerror(errno));
  return file;
}

std::expected<long long, int> NumberFile::read() const {
  std::array<char, 64> text{};
  const ssize_t count = ::pread(fd_.get(), text.data(), text.size(), 0);
  if (count < 0) return std::unexpected(errno);
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc{} || (end != text.data() + count && *end != '\n')) return std::unexpected(EBADMSG);
  return value;
}

bool write_number(int fd, std::uint32_t number) {
  std::array<char, 16> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  *end = '\n';
  const auto size = static_cast<std::size_t>(end + 1 - text.data());
  return ::pwrite(fd, text.data(), size, 0) == static_cast<ssize_t>(size);
}

namespace {

std::expected<os::Fd, std::string> writable(const std::string& path) {
  os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(path + ": " + std::strerror(errno));
  return fd;
}

std::expected<void, std::string> put(const std::string& path, std::uint32_t number) {
  const auto fd = writable(path);
  if (!fd) return std::unexpected(fd.error());
  if (!write_number(fd->get(), number))
    return std::unexpected(path + " does not take " + std::to_string(number) + ": " + std::strerror(errno));
  return {};
}

}  // namespace

std::expected<Pwm, std::string> Pwm::open(const std::string& chip, unsigned channel,
                                          std::uint32_t period_ns) {
  const auto folder = find_one(chip);
  if (!folder) return std::unexpected(folder.error());
  const std::string own = *folder + "/pwm" + std::to_string(channel);
  if (::access(own.c_str(), F_OK) != 0) {
    if (const auto done = put(*folder + "/export", channel); !done) return std::unexpected(done.error());
    // udev may need a moment to give the new folder its group
    for (int i = 0; i < 100 && ::access((own + "/duty_cycle").c_str(), W_OK) != 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Pwm pwm;
  auto duty = writable(own + "/duty_cycle");
  if (!duty) return std::unexpected(duty.error());
  pwm.duty_ = std::move(*duty);
  auto period = writable(own + "/period");
  if (!period) return std::unexpected(period.error());
  pwm.period_ = std::move(*period);
  pwm.period_ns_ = period_ns;
  // Off first: a period shorter than an old duty is refused.
  if (!write_number(pwm.duty_.get(), 0))
    return std::unexpected(own + "/duty_cycle does not take 0: " + std::strerror(errno));
  // The longer period last: a chip that refuses it could not be told anything twice.
  for (const auto& [file, number] :
       {std::pair{"/period", period_ns}, std::pair{"/enable", 1U}, std::pair{"/period", period_ns + 1}})
    if (const auto done = put(own + file, number); !done) return std::unexpected(done.error());
  pwm.longer_ = true;
  return pwm;
}

bool Pwm::set(std::uint32_t duty_ns) {
  const std::uint32_t duty = duty_ns > period_ns_ ? period_ns_ : duty_ns;
  // Said in any case: whoever else wrote the file meanwhile is overruled.
  if (!write_number(duty_.get(), duty)) return false;
  if (duty != said_ns_) {
    said_ns_ = duty;
    return true;
  }
  longer_ = !longer_;
  return write_number(period_.get(), period_ns_ + (longer_ ? 1 : 0));
}

bool write_duty(int duty_fd, int period_fd, std::uint32_t period_ns, std::uint32_t duty_ns) {
  bool took = write_number(duty_fd, duty_ns);
  for (const std::uint32_t period : {period_ns + 1, period_ns})
    took = write_number(period_fd, period) && took;
  return took;
}

}  // namespace standstill::onboard
