#include "sim/station_run.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "link/tcp.hpp"
#include "link/unix_socket.hpp"
#include "os/end_signals.hpp"
#include "sim/fleet.hpp"

namespace standstill::sim {

namespace {

constexpr std::uint32_t most_stations = 1000;
constexpr std::size_t few = 10;  // of so many each is spoken of, of more only their number

// A connection and a port for datagrams each.
bool enough_descriptors(std::uint32_t stations) {
  rlimit files{};
  const rlim_t wanted = 2UL * stations + 100;
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return true;
  files.rlim_cur = std::min(wanted, files.rlim_max);
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur >= wanted;
}

int refuse(const std::string& why) {
  std::cerr << "standstill sim station: " << why << '\n';
  return 2;
}

}  // namespace

int run_stations(const RunStations& options) {
  if (options.count < 1 || options.count > most_stations)
    return refuse("--count must be 1 to " + std::to_string(most_stations));
  if (options.lease_ms < 1000 || options.lease_ms > 60'000) return refuse("--lease-ms must be 1000 to 60000");
  if (!enough_descriptors(options.count))
    return refuse(
        "so many stations need more open files than are allowed here: raise `ulimit -n`, or take fewer");
  std::ifstream file(options.key_file, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return refuse("cannot read the key file " + options.key_file +
                  "; `standstill bus keygen FILE` makes a master key");
  auto keys = estop::Keys::read(text.str());
  if (!keys) return refuse(options.key_file + ": " + keys.error());

  os::Loop loop;
  os::EndSignals ends;
  const auto watch = loop.watch(ends.fd(), EPOLLIN, [&](std::uint32_t) {
    while (ends.take()) loop.stop();
  });
  const bool each = options.count <= few;
  Fleet::Settings settings{.count = options.count,
                           .prefix = options.prefix,
                           .keys = std::move(*keys),
                           .user = options.user,
                           .password = options.password,
                           .lease = std::chrono::milliseconds(options.lease_ms),
                           .second_path = options.second_path,
                           .dial = [&]() -> std::unique_ptr<link::Transport> {
                             if (!options.socket.empty())
                               return std::make_unique<link::UnixTransport>(loop, options.socket);
                             return std::make_unique<link::TcpTransport>(
                                 loop, link::TcpTransport::Settings{options.host, options.port});
                           }};
  auto fleet = Fleet::start(
      loop, std::move(settings),
      [&](const BusStation& one) {
        if (each) std::cout << one.instance() << (one.commanded() ? " relay on" : " relay off") << std::endl;
      },
      [&](const BusStation& one, std::string_view code, const std::string& what) {
        if (each) std::cout << one.instance() << ' ' << code << ": " << what << std::endl;
      });
  if (!fleet) return refuse(fleet.error());
  (*fleet)->on_quit([&loop] { loop.stop(); });
  std::unique_ptr<Control> control;
  if (!options.control.empty()) {
    auto served =
        Control::start(loop, options.control, [&](std::string_view line) { return (*fleet)->command(line); });
    if (!served) return refuse(served.error());
    control = std::move(*served);
  }
  std::string told;
  os::Loop::Timer timer;
  const std::function<void()> look = [&] {
    if (std::string now = (*fleet)->summary(); now != told) {
      told = std::move(now);
      std::cout << told << std::endl;
    }
    timer = loop.after(200ms, look);
  };
  look();
  loop.run();
  return 0;
}

}  // namespace standstill::sim
