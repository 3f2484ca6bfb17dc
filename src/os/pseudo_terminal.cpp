#include "os/pseudo_terminal.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace standstill::os {

std::optional<std::string> PseudoTerminal::open(const std::string& link) {
  near_ = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!near_ || ::grantpt(near_.get()) != 0 || ::unlockpt(near_.get()) != 0 ||
      ::ptsname_r(near_.get(), name.data(), name.size()) != 0)
    return "no pseudo-terminal can be had";
  far_ = Fd(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios mode{};
  if (!far_ || ::tcgetattr(far_.get(), &mode) != 0) return std::string("cannot open ") + name.data();
  ::cfmakeraw(&mode);
  ::tcsetattr(far_.get(), TCSANOW, &mode);
  device_ = name.data();
  if (link.empty()) return std::nullopt;
  const std::string fresh = link + ".new";
  ::unlink(fresh.c_str());
  if (::symlink(device_.c_str(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), link.c_str()) != 0)
    return "cannot make the link " + link;
  link_ = link;
  return std::nullopt;
}

PseudoTerminal::~PseudoTerminal() {
  if (!link_.empty()) ::unlink(link_.c_str());
}

}  // namespace standstill::os
