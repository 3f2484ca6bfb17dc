#include "supervise/rehearsal.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "os/fd.hpp"

namespace standstill::supervise {

namespace {

constexpr std::size_t longest_answer = 1024UL * 1024UL;

}  // namespace

std::expected<nlohmann::json, std::string> tell_simulated_peer(const std::string& control,
                                                               const std::string& line, Duration longest) {
  const auto failed = [&](const std::string& what) {
    return std::unexpected(control + ": " + what + "; does the simulated peer run, with --control?");
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (control.size() >= sizeof address.sun_path) return failed("the path is too long for a socket");
  control.copy(address.sun_path, sizeof address.sun_path - 1);
  const os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  timeval limit{};
  limit.tv_usec = static_cast<suseconds_t>(longest.count() / 1000 % 1'000'000);
  limit.tv_sec = static_cast<time_t>(longest.count() / 1'000'000'000);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // bounds the connecting, too
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(std::strerror(errno));
  const std::string sent = line + "\n";
  if (::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(sent.size()))
    return failed("it does not take the command");
  std::string text;
  std::array<char, 4096> bytes{};
  while (text.find('\n') == std::string::npos) {
    const auto count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (count <= 0 || text.size() > longest_answer) return failed("it does not answer");
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  auto answer = nlohmann::json::parse(text.substr(0, text.find('\n')), nullptr, false);
  if (!answer.is_object()) return failed("its answer is not JSON");
  return answer;
}

}  // namespace standstill::supervise
