#include "os/lifeline.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

namespace standstill::os {

void lifeline_prepare(Lifeline& line) {
  std::memset(static_cast<void*>(&line), 0, sizeof line);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&line.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

bool lifeline_hold(Lifeline& line) {
  // Somebody who waited for the previous owner's end may own the mutex for a moment.
  int result = pthread_mutex_trylock(&line.mutex);
  for (int i = 0; result == EBUSY && i < 50; ++i) {
    const timespec nap{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&nap, nullptr);
    result = pthread_mutex_trylock(&line.mutex);
  }
  if (result == EOWNERDEAD) pthread_mutex_consistent(&line.mutex);
  if (result != 0 && result != EOWNERDEAD) return false;
  line.held.store(1);
  futex_wake_all(line.held);
  return true;
}

void lifeline_await_owner(const Lifeline& line) {
  while (line.held.load() == 0) futex_wait(line.held, 0, never);
}

void lifeline_bury(Lifeline& line) { line.held.store(0); }

void lifeline_release(Lifeline& line) {
  line.held.store(0);
  pthread_mutex_unlock(&line.mutex);
}

LifelineEnd lifeline_wait(Lifeline& line) {
  const int result = pthread_mutex_lock(&line.mutex);
  if (result == EOWNERDEAD) pthread_mutex_consistent(&line.mutex);
  // `held` is cleared only by an owner that lets go: the second waiter after a death gets a consistent mutex,
  // and must come to the same answer as the first.
  const bool died = result == EOWNERDEAD || line.held.load() != 0;
  if (result == 0 || result == EOWNERDEAD) pthread_mutex_unlock(&line.mutex);
  return died ? LifelineEnd::died : LifelineEnd::released;
}

}  // namespace standstill::os
