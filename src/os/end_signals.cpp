#include "os/end_signals.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace standstill::os {

EndSignals::EndSignals() {
  sigset_t ends{};
  ::sigemptyset(&ends);
  for (const int end : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&ends, end);
  ::pthread_sigmask(SIG_BLOCK, &ends, &before_);
  ::signal(SIGPIPE, SIG_IGN);
  fd_ = Fd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

EndSignals::~EndSignals() {
  while (take()) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> EndSignals::take() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace standstill::os
