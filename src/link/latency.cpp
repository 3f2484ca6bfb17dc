#include "link/latency.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "os/fd.hpp"

namespace standstill::link {

namespace {

std::optional<int> read_number(const std::string& file) {
  const os::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16> text{};
  if (!fd || ::read(fd.get(), text.data(), text.size() - 1) <= 0) return std::nullopt;
  return std::atoi(text.data());
}

}  // namespace

std::optional<Latency> shorten_latency(const std::string& device, const std::string& sys) {
  std::array<char, PATH_MAX> real{};
  if (::realpath(device.c_str(), real.data()) == nullptr) return std::nullopt;
  const std::string path = real.data();
  const std::string file = sys + "/class/tty/" + path.substr(path.rfind('/') + 1) + "/device/latency_timer";
  const auto before = read_number(file);
  if (!before) return std::nullopt;
  if (*before <= 1) return Latency{*before, false};
  const os::Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const bool written = fd && ::write(fd.get(), "1\n", 2) == 2;
  const int after = read_number(file).value_or(*before);
  return Latency{after, !written || after > 1};
}

}  // namespace standstill::link
