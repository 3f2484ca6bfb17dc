#include "app/screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace standstill::app {

namespace {
void put(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count <= 0) return;  // a terminal that has gone: its hang-up ends the demo
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}
}  // namespace

bool Screen::possible() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

bool Screen::coloured() {
  const char* none = std::getenv("NO_COLOR");
  return none == nullptr || *none == '\0';
}

Screen::Screen() {
  if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C stays a signal
    raw_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
  }
  put("\x1b[?1049h\x1b[?25l");
}

Screen::~Screen() {
  put("\x1b[?25h\x1b[?1049l");
  if (raw_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

std::pair<int, int> Screen::size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {24, 80};
  return {size.ws_row, size.ws_col};
}

void Screen::show(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  put(text + "\x1b[J");
}

}  // namespace standstill::app
