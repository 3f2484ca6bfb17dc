// GPIO chips and lines, by the kernel's character-device ABI v2, without requesting anything.
#include <dirent.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>

#include "app/finding.hpp"
#include "config/config.hpp"
#include "os/fd.hpp"

namespace standstill::app {

namespace {

constexpr const char* group_hint =
    ": add the user to the group that owns it (`ls -l` shows which), then log in anew";

// A chip by path or label. The error says what to do.
std::expected<os::Fd, std::string> open_chip(const std::string& chip) {
  if (chip.starts_with('/')) {
    os::Fd fd(::open(chip.c_str(), O_RDWR | O_CLOEXEC));
    if (fd) return fd;
    const int error = errno;
    return std::unexpected(chip + ": " + std::strerror(error) +
                           (error == EACCES ? group_hint : ": is the chip there? `ls /dev/gpiochip*`"));
  }
  bool forbidden = false;
  DIR* devices = ::opendir("/dev");
  os::Fd found;
  while (const dirent* entry = devices == nullptr ? nullptr : ::readdir(devices)) {
    if (std::strncmp(entry->d_name, "gpiochip", 8) != 0) continue;
    os::Fd fd(::open((std::string("/dev/") + entry->d_name).c_str(), O_RDWR | O_CLOEXEC));
    forbidden = forbidden || (!fd && errno == EACCES);
    gpiochip_info info{};
    if (!fd || ::ioctl(fd.get(), GPIO_GET_CHIPINFO_IOCTL, &info) != 0 || chip != info.label) continue;
    found = std::move(fd);
    break;
  }
  if (devices != nullptr) ::closedir(devices);
  if (found) return found;
  return std::unexpected("no GPIO chip is labelled '" + chip + "'" +
                         (forbidden ? std::string(", but not all may be opened") + group_hint
                                    : ": `gpiodetect` lists what is there"));
}

void look_at(const std::string& subject, const std::string& chip, unsigned line, bool output,
             Findings& into) {
  const std::string place = chip + " line " + std::to_string(line);
  auto fd = open_chip(chip);
  if (!fd) {
    into.push_back({Grade::bad, subject, fd.error()});
    return;
  }
  gpio_v2_line_info info{};
  info.offset = line;
  if (::ioctl(fd->get(), GPIO_V2_GET_LINEINFO_IOCTL, &info) != 0) {
    gpiochip_info about{};
    const bool known = ::ioctl(fd->get(), GPIO_GET_CHIPINFO_IOCTL, &about) == 0;
    into.push_back({Grade::bad, subject,
                    place + ": there is no such line" +
                        (known ? ": the chip has " + std::to_string(about.lines) + ", counted from 0" : "")});
    return;
  }
  const bool used = (info.flags & GPIO_V2_LINE_FLAG_USED) != 0;
  const std::string consumer = info.consumer;
  if (used && !consumer.starts_with("standstill"))
    into.push_back({Grade::bad, subject,
                    place + " is in use by '" + (consumer.empty() ? "the kernel" : consumer) +
                        "': free it, or use another line"});
  else
    into.push_back({Grade::good, subject,
                    place + (used     ? " is held by Standstill"
                             : output ? " is free"
                                      : " can be read")});
}

}  // namespace

void check_gpio(const config::Config& config, Findings& into) {
  for (const auto& output : config.outputs) {
    const std::string subject = "output " + output.id;
    if (const auto* gpio = std::get_if<config::GpioOutput>(&output.device))
      look_at(subject, gpio->chip, gpio->line, true, into);
    if (const auto* lamp = std::get_if<config::IndicatorOutput>(&output.device))
      look_at(subject, lamp->chip, lamp->line, true, into);
    if (const auto* pulsed = std::get_if<config::WatchdogOutput>(&output.device);
        pulsed != nullptr && !pulsed->is_device())
      look_at(subject, pulsed->chip, pulsed->line, true, into);
    if (!output.readback) continue;
    if (const auto* gpio = std::get_if<config::GpioReadback>(&output.readback->input))
      look_at("read-back of " + output.id, gpio->chip, gpio->line, false, into);
  }
  if (config.loco) {
    if (const auto& line = config.loco->servo_power)
      look_at("engine servo_power", line->chip, line->line, true, into);
    if (const auto& line = config.loco->dcc) look_at("engine dcc", line->chip, line->line, false, into);
    if (const auto& line = config.loco->encoder)
      look_at("engine encoder", line->chip, line->line, false, into);
  }
  for (const auto& watch : config.watches) {
    const auto* button = std::get_if<config::DemandWatch>(&watch.rule);
    if (button == nullptr) continue;
    look_at("watch " + watch.id, button->chip, button->line, false, into);
    if (button->line_b) look_at("watch " + watch.id, button->chip, *button->line_b, false, into);
  }
}

}  // namespace standstill::app
