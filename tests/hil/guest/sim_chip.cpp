#include "hil/guest/sim_chip.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace standstill::hil {

std::string read_file(const std::string& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char bytes[4096];
  for (ssize_t count; (count = ::read(fd, bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<std::size_t>(count));
  ::close(fd);
  return text;
}

void write_file(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written) throw std::runtime_error(path + " = " + text + ": " + std::strerror(error));
}

namespace {
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
}  // namespace

SimChip::SimChip(std::string label, int lines)
    : label_(std::move(label)), config_("/sys/kernel/config/gpio-sim/" + label_) {
  if (::mkdir(config_.c_str(), 0755) != 0 || ::mkdir((config_ + "/bank").c_str(), 0755) != 0)
    throw std::runtime_error(config_ + ": " + std::strerror(errno) + "; is gpio-sim loaded?");
  write_file(config_ + "/bank/num_lines", std::to_string(lines));
  write_file(config_ + "/bank/label", label_);
  plug();
}

SimChip::~SimChip() {
  if (plugged()) unplug();
  ::rmdir((config_ + "/bank").c_str());
  ::rmdir(config_.c_str());
}

void SimChip::plug() {
  write_file(config_ + "/live", "1");
  chip_ = first_line(read_file(config_ + "/bank/chip_name"));
  folder_ = "/sys/devices/platform/" + first_line(read_file(config_ + "/dev_name")) + "/" + chip_;
  device_ = "/dev/" + chip_;
}

void SimChip::unplug() {
  write_file(config_ + "/live", "0");
  folder_.clear();
}

bool SimChip::high(int line) const {
  return read_file(folder_ + "/sim_gpio" + std::to_string(line) + "/value").starts_with('1');
}

void SimChip::pull(int line, bool up) const {
  write_file(folder_ + "/sim_gpio" + std::to_string(line) + "/pull", up ? "pull-up" : "pull-down");
}

int SimChip::open_pull(int line) const {
  const std::string path = folder_ + "/sim_gpio" + std::to_string(line) + "/pull";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  return fd;
}

int SimChip::base() const {
  // "gpiochip0: GPIOs 496-511, parent: platform/gpio-sim.0, sim:"
  const std::string all = read_file("/sys/kernel/debug/gpio");
  const auto at = all.find(chip_ + ": GPIOs ");
  if (at == std::string::npos) throw std::runtime_error(chip_ + " is not in /sys/kernel/debug/gpio");
  return std::atoi(all.c_str() + at + chip_.size() + 8);
}

Contact::Contact(const SimChip& chip, int from, int to) : chip_(chip), from_(from), to_(to) {
  chip_.pull(to_, chip_.high(from_));
  thread_ = std::thread([this] {
    // A real contact asks no scheduler.
    sched_param first{};
    first.sched_priority = 70;
    ::sched_setscheduler(0, SCHED_FIFO, &first);
    bool last = chip_.high(from_);
    while (!end_) {
      ::usleep(1000);
      const bool now = chip_.high(from_);
      if (now == last || welded_ || !chip_.plugged()) continue;
      chip_.pull(to_, now);
      last = now;
    }
  });
}

Contact::~Contact() {
  end_ = true;
  thread_.join();
}

}  // namespace standstill::hil
