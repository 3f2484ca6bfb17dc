#include "os/tty.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <array>
#include <utility>

namespace standstill::os {

namespace {

speed_t speed_of(std::uint32_t baud) {
  constexpr std::array<std::pair<std::uint32_t, speed_t>, 11> known{{{1200, B1200},
                                                                     {2400, B2400},
                                                                     {4800, B4800},
                                                                     {9600, B9600},
                                                                     {19200, B19200},
                                                                     {38400, B38400},
                                                                     {57600, B57600},
                                                                     {115200, B115200},
                                                                     {230400, B230400},
                                                                     {460800, B460800},
                                                                     {921600, B921600}}};
  for (const auto& [rate, speed] : known)
    if (rate == baud) return speed;
  return B9600;
}

}  // namespace

Fd open_tty(const char* device, std::uint32_t baud, std::string_view framing) {
  Fd fd(::open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return {};
  termios settings{};
  if (::tcgetattr(fd.get(), &settings) != 0) return {};
  ::cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cflag &= ~static_cast<tcflag_t>(HUPCL | CRTSCTS | CSIZE | CSTOPB | PARENB | PARODD);
  settings.c_cflag |= framing.starts_with('7') ? static_cast<tcflag_t>(CS7) : static_cast<tcflag_t>(CS8);
  if (framing.find('E') != std::string_view::npos) settings.c_cflag |= PARENB;
  if (framing.find('O') != std::string_view::npos) settings.c_cflag |= PARENB | PARODD;
  if (framing.ends_with('2')) settings.c_cflag |= CSTOPB;
  ::cfsetspeed(&settings, speed_of(baud));
  if (::tcsetattr(fd.get(), TCSANOW, &settings) != 0) return {};
  ::ioctl(fd.get(), TIOCEXCL);
  return fd;
}

}  // namespace standstill::os
