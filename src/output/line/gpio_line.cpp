#include "output/line/gpio_line.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "output/line/edge_line.hpp"

namespace standstill::output {

namespace {

std::string place(const plan::GpioLine& where) {
  return std::string(where.chip.view()) + " line " + std::to_string(where.line);
}

// A chip is named by its device path or by its label, which survives renumbering.
std::expected<os::Fd, std::string> open_chip(const plan::GpioLine& where) {
  const std::string chip(where.chip.view());
  if (chip.starts_with('/')) {
    os::Fd fd(::open(chip.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd)
      return std::unexpected(
          chip + ": " + std::strerror(errno) +
          (errno == EACCES ? "; add the user to the group that owns it" : "; is the chip there?"));
    return fd;
  }
  DIR* devices = ::opendir("/dev");
  if (devices == nullptr) return std::unexpected(std::string("/dev: ") + std::strerror(errno));
  os::Fd found;
  while (const dirent* entry = ::readdir(devices)) {
    if (std::strncmp(entry->d_name, "gpiochip", 8) != 0) continue;
    os::Fd fd(::open((std::string("/dev/") + entry->d_name).c_str(), O_RDWR | O_CLOEXEC));
    gpiochip_info info{};
    if (fd && ::ioctl(fd.get(), GPIO_GET_CHIPINFO_IOCTL, &info) == 0 && chip == info.label) {
      found = std::move(fd);
      break;
    }
  }
  ::closedir(devices);
  if (!found)
    return std::unexpected("no GPIO chip is labelled '" + chip + "'; `gpiodetect` lists what is there");
  return found;
}

std::uint64_t bias_flag(std::uint8_t bias) {
  constexpr std::array<std::uint64_t, 4> flags{
      0, GPIO_V2_LINE_FLAG_BIAS_PULL_UP, GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN, GPIO_V2_LINE_FLAG_BIAS_DISABLED};
  return bias < flags.size() ? flags[bias] : 0;
}

std::uint64_t drive_flag(std::uint8_t drive) {
  constexpr std::array<std::uint64_t, 3> flags{0, GPIO_V2_LINE_FLAG_OPEN_DRAIN,
                                               GPIO_V2_LINE_FLAG_OPEN_SOURCE};
  return drive < flags.size() ? flags[drive] : 0;
}

std::expected<os::Fd, std::string> request(const plan::GpioLine& where, std::uint64_t flags,
                                           const char* consumer, std::optional<bool> high,
                                           std::uint32_t kept = 0) {
  auto chip = open_chip(where);
  if (!chip) return std::unexpected(chip.error());
  gpio_v2_line_request wanted{};
  wanted.offsets[0] = where.line;
  wanted.num_lines = 1;
  wanted.config.flags = flags;
  wanted.event_buffer_size = kept;
  std::strncpy(wanted.consumer, consumer, sizeof wanted.consumer - 1);
  if (high) {
    wanted.config.num_attrs = 1;
    wanted.config.attrs[0].mask = 1;
    wanted.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
    wanted.config.attrs[0].attr.values = *high ? 1 : 0;
  }
  if (::ioctl(chip->get(), GPIO_V2_GET_LINE_IOCTL, &wanted) != 0) {
    const char* advice = errno == EBUSY    ? "; another program holds it (`gpioinfo` names it)"
                         : errno == EINVAL ? "; has the chip that many lines?"
                                           : "";
    return std::unexpected(place(where) + ": " + std::strerror(errno) + advice);
  }
  return os::Fd(wanted.fd);
}

}  // namespace

std::expected<GpioLine, std::string> GpioLine::request_output(const plan::GpioLine& where, bool high,
                                                              const char* consumer) {
  auto fd = request(where, GPIO_V2_LINE_FLAG_OUTPUT | drive_flag(where.drive), consumer, high);
  if (!fd) return std::unexpected(fd.error());
  return adopt(std::move(*fd));
}

std::expected<GpioLine, std::string> GpioLine::request_input(const plan::GpioLine& where,
                                                             const char* consumer) {
  auto fd = request(where,
                    GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING |
                        bias_flag(where.bias),
                    consumer, std::nullopt);
  if (!fd) return std::unexpected(fd.error());
  ::fcntl(fd->get(), F_SETFL, ::fcntl(fd->get(), F_GETFL) | O_NONBLOCK);
  return adopt(std::move(*fd));
}

std::expected<os::Fd, std::string> request_edges(const plan::GpioLine& where, const char* consumer,
                                                 std::uint32_t kept) {
  auto fd = request(where,
                    GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING |
                        bias_flag(where.bias),
                    consumer, std::nullopt, kept);
  if (fd) ::fcntl(fd->get(), F_SETFL, ::fcntl(fd->get(), F_GETFL) | O_NONBLOCK);
  return fd;
}

GpioLine GpioLine::adopt(os::Fd fd) {
  GpioLine line;
  line.fd_ = std::move(fd);
  return line;
}

bool set_line(int fd, bool high) {
  gpio_v2_line_values values{};
  values.mask = 1;
  values.bits = high ? 1 : 0;
  return fd >= 0 && ::ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) == 0;
}

std::optional<bool> GpioLine::level() const {
  gpio_v2_line_values values{};
  values.mask = 1;
  if (!fd_ || ::ioctl(fd_.get(), GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0) return std::nullopt;
  return (values.bits & 1U) != 0;
}

bool GpioLine::gone() const {
  gpio_v2_line_values values{};
  values.mask = 1;
  return fd_ && ::ioctl(fd_.get(), GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0 && errno == ENODEV;
}

GpioLine::Edges GpioLine::take_edges() const {
  Edges seen;
  std::array<gpio_v2_line_event, 16> events;
  for (;;) {
    const ssize_t count = ::read(fd_.get(), events.data(), sizeof events);
    if (count <= 0) return seen;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count) / sizeof events[0]; ++i)
      (events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE ? seen.rising : seen.falling) = true;
  }
}

}  // namespace standstill::output
