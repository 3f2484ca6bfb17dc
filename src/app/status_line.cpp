#include "app/status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace standstill::app {

namespace {

bool can_draw() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

// A line that is too long would be wrapped, and only its last part taken away again.
std::size_t columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 79;
  return size.ws_col - std::size_t{1};
}

}  // namespace

StatusLine::StatusLine(bool wanted) : there_(wanted && can_draw()) {}

void StatusLine::end() {
  const std::lock_guard lock(mutex_);
  erase();
  there_ = false;
}

void StatusLine::erase() const {
  if (there_) static_cast<void>(std::fputs("\r\x1b[K", stderr));
}

void StatusLine::draw() const {
  if (!there_) return;
  static_cast<void>(std::fputs(("\x1b[2m" + text_.substr(0, columns()) + "\x1b[0m").c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

void StatusLine::show(std::string text) {
  const std::lock_guard lock(mutex_);
  erase();
  text_ = std::move(text);
  draw();
}

void StatusLine::print(const std::function<void()>& what) {
  const std::lock_guard lock(mutex_);
  erase();
  what();
  draw();
}

}  // namespace standstill::app
