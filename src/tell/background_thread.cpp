#include "tell/background_thread.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "os/detached_thread.hpp"

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
  const int error = os::start_ordinary_thread(thread_, stack_bytes, false, enter, start.get());
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
