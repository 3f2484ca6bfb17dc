#include "tell/background_thread.hpp"

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace standstill::tell {
namespace {

constexpr std::size_t stack_bytes = 512UL * 1024UL;

struct Start {
  std::string name;
  std::function<void()> body;
};

void* enter(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  pthread_setname_np(pthread_self(), start->name.c_str());
  start->body();
  return nullptr;
}

}  // namespace

BackgroundThread::BackgroundThread(const char* name, std::function<void()> body) {
  auto start = std::make_unique<Start>(Start{std::string(name).substr(0, 15), std::move(body)});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const sched_param ordinary{};
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &ordinary);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited: no signal handler of the program runs in here
  const int error = pthread_create(&thread_, &attributes, enter, start.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), std::string("thread ") + name);
  static_cast<void>(start.release());  // the thread owns it now
  running_ = true;
}

BackgroundThread::BackgroundThread(BackgroundThread&& other) noexcept
    : thread_(other.thread_), running_(std::exchange(other.running_, false)) {}

BackgroundThread& BackgroundThread::operator=(BackgroundThread&& other) noexcept {
  if (this != &other) {
    join();
    thread_ = other.thread_;
    running_ = std::exchange(other.running_, false);
  }
  return *this;
}

void BackgroundThread::join() {
  if (std::exchange(running_, false)) pthread_join(thread_, nullptr);
}

}  // namespace standstill::tell
