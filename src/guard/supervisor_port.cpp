#include "guard/supervisor_port.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "os/realtime.hpp"
#include "os/unix_socket.hpp"

namespace standstill::guard {

std::expected<SupervisorPort, std::string> SupervisorPort::open(const std::string& path) {
  auto listener = os::listen_seqpacket(path, 0600);
  if (!listener) return std::unexpected(listener.error());
  SupervisorPort port;
  port.listener_ = std::move(*listener);
  return port;
}

bool SupervisorPort::accept_one() {
  os::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd || socket_) return false;
  const int bytes = 4 << 20;  // room for the whole event ring at once
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  socket_ = std::move(fd);
  return true;
}

SupervisorPort::Got SupervisorPort::receive(permit::Message& into) {
  if (!socket_) return Got::nothing;
  const os::Received got = os::receive_packet(socket_.get(), &into, sizeof into);
  if (got.bytes < 0) return Got::nothing;
  if (got.bytes == 0) return Got::gone;
  if (got.bytes != static_cast<std::ptrdiff_t>(sizeof into) || into.magic_number != permit::magic)
    return Got::refused;
  return Got::message;
}

bool SupervisorPort::send_raw(const permit::Message& message, int passed) {
  return os::send_packet(socket_.get(), &message, sizeof message, passed);
}

void SupervisorWatch::begin() {
  if (waiting_.exchange(true)) return;
  if (!os::start_small_thread(&SupervisorWatch::wait, this, 32768)) waiting_ = false;
}

void* SupervisorWatch::wait(void* watch) {
  auto& self = *static_cast<SupervisorWatch*>(watch);
  // It can hold the line only when it has the page, which it gets in answer to its first message.
  os::lifeline_await_owner(self.cuts_.supervisor);
  if (os::lifeline_wait(self.cuts_.supervisor) == os::LifelineEnd::died) {
    os::lifeline_bury(self.cuts_.supervisor);  // or the next supervisor would seem dead before it lives
    pages::cut(self.cuts_, self.at_once_, self.outputs_);
    self.died_ = true;
  }
  self.waiting_ = false;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = ::write(self.notify_fd_, &one, sizeof one);
  return nullptr;
}

namespace {

// Length of the UTF-8 character at the beginning (RFC 3629, section 4), 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU && follows(1)) return 2;
  if ((first & 0xF0U) == 0xE0U && follows(1) && follows(2)) {
    const unsigned code = (first & 0xFU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    return code >= 0x800U && (code < 0xD800U || code > 0xDFFFU) ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U && follows(1) && follows(2) && follows(3)) {
    const unsigned code = (first & 7U) << 18U | (byte(1) & 0x3FU) << 12U;
    return code >= 0x10000U && code <= 0x10FFFFU ? 4 : 0;
  }
  return 0;
}

// Characters that move a cursor, or that turn what follows round, instead of showing something.
bool controls(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20U || first == 0x7FU;
  if (character.size() == 2)
    return first == 0xC2U && static_cast<unsigned char>(character[1]) < 0xA0U;  // U+0080 to U+009F
  if (character.size() != 3 || first != 0xE2U) return false;
  const auto second = static_cast<unsigned char>(character[1]),
             third = static_cast<unsigned char>(character[2]);
  return (second == 0x80U && (third == 0x8EU || third == 0x8FU ||
                              (third >= 0xA8U && third <= 0xAEU))) ||  // U+200E, F; U+2028 to E
         (second == 0x81U && third >= 0xA6U && third <= 0xA9U);        // U+2066 to U+2069
}

// Anybody wrote it, and terminals, journals and pages will show it: text, and nothing but text. Allocates
// nothing.
CauseDetail readable(std::string_view text) {
  std::array<char, sizeof(CauseDetail) + 4> kept{};
  std::size_t length = 0;
  while (!text.empty() && length < sizeof(CauseDetail)) {
    const std::size_t whole = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(whole, 1));
    text.remove_prefix(character.size());
    if (whole == 0)
      kept[length++] = '?';
    else if (controls(character))
      kept[length++] = ' ';
    else
      length = static_cast<std::size_t>(
          std::copy(character.begin(), character.end(), kept.begin() + static_cast<std::ptrdiff_t>(length)) -
          kept.begin());
  }
  std::string_view result(kept.data(), length);
  while (!result.empty() && result.back() == ' ') result.remove_suffix(1);
  return CauseDetail(result);
}

}  // namespace

StopWord read_stop(std::string_view datagram) {
  StopWord word;
  const std::size_t line = datagram.find('\n');
  std::string_view code = datagram.substr(0, line);
  if (code.ends_with('\r')) code.remove_suffix(1);
  if (const auto known = cause_code(code)) {
    word.code = *known;
    if (line != std::string_view::npos) word.detail = readable(datagram.substr(line + 1));
  } else {
    word.detail = "an unreadable stop was received, and obeyed";
  }
  return word;
}

}  // namespace standstill::guard
