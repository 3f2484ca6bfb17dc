#include "os/detached_thread.hpp"

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <memory>
#include <utility>

namespace standstill::os {

namespace {
constexpr std::size_t stack_bytes = 256 * 1024;

void* run_job(void* argument) {
  const std::unique_ptr<std::function<void()>> job(static_cast<std::function<void()>*>(argument));
  (*job)();
  return nullptr;
}
}  // namespace

bool spawn_detached(std::function<void()> job) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  const sched_param ordinary{};
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &ordinary);

  // Signals belong to the thread that waits for them; the new thread inherits this mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto owned = std::make_unique<std::function<void()>>(std::move(job));
  pthread_t thread{};
  const bool made = pthread_create(&thread, &attributes, run_job, owned.get()) == 0;
  if (made) static_cast<void>(owned.release());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return made;
}

}  // namespace standstill::os
