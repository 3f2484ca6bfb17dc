// `stop`: one datagram straight to the guard, so that it works with or without a supervisor and before
// anything is parsed.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"

namespace standstill::app {

namespace {

constexpr std::array<std::string_view, 5> stop_reasons{"button_press", "operator_command", "safety_interlock",
                                                       "device_fault", "software_error"};
constexpr Duration latched_within = 1s;  // the guard answers when it is on disk, or after half a second
constexpr Duration safe_within = 3s;     // it waits two seconds for confirmations

// "latched EPOCH SAFE ALL MS", "safe EPOCH SAFE ALL MS"
struct Reply {
  bool safe = false;
  std::uint64_t epoch = 0, confirmed = 0, all = 0, ms = 0;
};

std::optional<Reply> read_reply(std::string_view text) {
  Reply reply;
  const auto space = text.find(' ');
  const auto word = text.substr(0, space);
  if (space == std::string_view::npos || (word != "latched" && word != "safe")) return std::nullopt;
  reply.safe = word == "safe";
  const char* at = text.data() + space;
  const char* const end = text.data() + text.size();
  for (auto* number : {&reply.epoch, &reply.confirmed, &reply.all, &reply.ms}) {
    if (at == end || *at != ' ') return std::nullopt;
    const auto [next, error] = std::from_chars(at + 1, end, *number);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  return reply;
}

std::optional<Reply> await(int socket, Duration time_out) {
  const Instant until = os::now() + time_out;
  for (;;) {
    const auto left = to_ms(until - os::now());
    if (left <= 0) return std::nullopt;
    pollfd ask{socket, POLLIN, 0};
    if (::poll(&ask, 1, static_cast<int>(left) + 1) <= 0) continue;
    std::array<char, 128> text{};
    const ssize_t count = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
    if (count <= 0) continue;
    if (const auto reply = read_reply({text.data(), static_cast<std::size_t>(count)})) return reply;
  }
}

// Connected to the guard, and with a name of its own so that the guard can answer. errno tells when it fails.
os::Fd connect_to(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) {
    errno = ENAMETOOLONG;
    return {};
  }
  std::memcpy(to.sun_path, path.c_str(), path.size());
  os::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof(sa_family_t)) != 0)
    return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return {};
  return socket;
}

int unreachable(const std::string& path) {
  const int error = errno;
  if (error == EACCES || error == EPERM)
    complain("STOP NOT SENT: no permission for " + path +
             ": run this as root, or join the group that owns its folder");
  else
    complain("STOP NOT SENT: no guard answers at " + path + " (" + std::strerror(error) +
             "). Is this the right configuration (-c)? If so, nothing is kept running by Standstill; use the "
             "plant's own emergency stop");
  return exit_unreachable;
}

}  // namespace

int stop(const Context& context, const StopOptions& options) {
  std::vector<std::string> warnings;
  for (const auto& word : options.not_understood)
    warnings.push_back("'" + printable(word) + "' was not understood");
  std::string reason = options.reason, description = printable(options.description);
  if (std::ranges::find(stop_reasons, reason) == stop_reasons.end()) {
    warnings.push_back(
        "no reason '" + printable(reason) +
        "': one of button_press, operator_command, safety_interlock, device_fault, software_error");
    description = "(" + printable(reason) + ") " + description;
    reason = "operator_command";
  }
  if (description.empty()) description = "stop by the command line";
  const std::string path = (state_dir_for_stop(context) / "stop.sock").string();
  const os::Fd socket = connect_to(path);
  if (!socket) return unreachable(path);
  const std::string datagram = reason + "\n" + description.substr(0, 400);
  if (::send(socket.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
      errno != EAGAIN)
    return unreachable(path);
  for (const auto& warning : warnings) complain(warning + "; stopped all the same");
  const auto latched = await(socket.get(), latched_within);
  if (!latched) {
    complain("the guard at " + path +
             " did not answer within 1 s. A guard that hangs is cut off by its cutters: look at the plant");
    return exit_unreachable;
  }
  if (!context.json) say("stop: latched, epoch " + std::to_string(latched->epoch));
  const auto safe = latched->safe ? latched : await(socket.get(), safe_within);
  const bool everything = safe && safe->confirmed == safe->all;
  const Reply& last = safe ? *safe : *latched;
  if (context.json) {
    say(nlohmann::ordered_json{{"latched", true},
                               {"epoch", last.epoch},
                               {"outputs_safe", last.confirmed},
                               {"outputs", last.all},
                               {"safe", everything},
                               {"ms", last.ms},
                               {"warnings", warnings}}
            .dump());
  } else if (everything) {
    say("stop: safe, " + std::to_string(last.confirmed) + " of " + std::to_string(last.all) + " outputs, " +
        std::to_string(last.ms) + " ms after the stop");
  }
  if (everything) return exit_done;
  complain(
      "TRIP NOT CONFIRMED: " + std::to_string(last.confirmed) + " of " + std::to_string(last.all) +
      " outputs are proved safe; look at the plant and cut its power by hand, then see `standstill status`");
  return exit_no;
}

std::string stop_quietly(const Context& context, const std::string& from) {
  const os::Fd socket = connect_to((state_dir_for_stop(context) / "stop.sock").string());
  const std::string datagram = "operator_command\nstop by " + from;
  if (!socket || (::send(socket.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
                  errno != EAGAIN))
    return "STOP NOT SENT: no guard answers. Use the plant's own emergency stop";
  const auto latched = await(socket.get(), latched_within);
  return latched ? "STOPPED: latched, epoch " + std::to_string(latched->epoch)
                 : "THE GUARD DID NOT ANSWER within 1 s: look at the plant";
}

}  // namespace standstill::app
