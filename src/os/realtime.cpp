#include "os/realtime.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "os/fd.hpp"

namespace standstill::os {

RealTime enter_realtime(int priority, bool lock_memory) {
  RealTime granted;
  const char* refused = std::getenv("STANDSTILL_NO_REALTIME");
  if (refused != nullptr && std::strcmp(refused, "1") == 0) {
    granted.warning =
        "real-time scheduling was declined by STANDSTILL_NO_REALTIME; cuts may be late under load. ";
  } else {
    sched_param parameters{};
    parameters.sched_priority = priority;
    granted.scheduled = sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
    // A real-time thread that never sleeps would starve the machine, and with it everybody who could cut. The
    // kernel ends such a process (SIGXCPU, then SIGKILL), and its death is noticed like any other.
    const rlimit spin{500'000, 1'000'000};  // microseconds of processor time without a pause
    setrlimit(RLIMIT_RTTIME, &spin);
    if (!granted.scheduled)
      granted.warning = std::string("no real-time scheduling (") + std::strerror(errno) +
                        "): cuts may be late under load; grant CAP_SYS_NICE or LimitRTPRIO. ";
  }
  if (lock_memory) {
    granted.memory_locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    if (!granted.memory_locked)
      granted.warning += std::string("memory is not locked (") + std::strerror(errno) +
                         "): swapping may delay a cut; grant CAP_IPC_LOCK or LimitMEMLOCK=infinity. ";
  }
  return granted;
}

void return_freed_memory() {
  constexpr int large = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, large);
  ::mallopt(M_TRIM_THRESHOLD, large);
}

void widen_descriptor_table() {
  rlimit allowed{};
  if (getrlimit(RLIMIT_NOFILE, &allowed) != 0) return;
  const int last = static_cast<int>(std::min<rlim_t>(allowed.rlim_cur, 1024)) - 1;
  const Fd any(epoll_create1(EPOLL_CLOEXEC));
  const Fd far(fcntl(any.get(), F_DUPFD_CLOEXEC, last));
}

void forbid_core_files() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)  // the leak checker must be able to look at its own process
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

bool start_small_thread(void* (*body)(void*), void* argument, std::size_t stack_bytes) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread{};
  const bool made = pthread_create(&thread, &attributes, body, argument) == 0;
  pthread_attr_destroy(&attributes);
  return made;
}

}  // namespace standstill::os
