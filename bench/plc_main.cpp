// Reading a PLC: bench_plc [SAMPLES] [--snap7 FOLDER]. Everything runs on one core.
//
// One outstanding read: the library's blocking call beside a bare socket loop that sends ready bytes and
// waits for as many as it knows will come, both against our simulated PLC. Several outstanding: 65 536 bytes
// from a PLC that answers after 2 ms and grants 8, beside the same from one that grants 1. Many PLCs: 500
// sessions of 20 tags at 10 Hz in one loop. The simulated PLC itself: the bare loop against it, beside the
// same loop against snap7's server (FOLDER: where npm has installed node-snap7).
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>

#include "bench/options.hpp"
#include "link/link.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "os/loop.hpp"
#include "plant/plc/schedule.hpp"
#include "plant/plc/values.hpp"
#include "sim/plc_server.hpp"
#include "standstill/plc.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr std::size_t batch = 50;  // reads of one kind in a row
constexpr std::size_t many = 500;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "bench_plc: %s\n", why.c_str());
  std::exit(2);
}

double ns_since(Instant begun) { return static_cast<double>(to_ns(os::now()) - to_ns(begun)); }

// Simulated PLCs in a process of their own, on the same core.
class Servers {
 public:
  explicit Servers(std::size_t count, std::uint16_t outstanding = 8, Duration delay = Duration::zero()) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) die("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) serve(pipe[1], count, outstanding, delay);
    ::close(pipe[1]);
    ports_.resize(count);
    std::size_t got = 0;
    auto* bytes = reinterpret_cast<char*>(ports_.data());
    while (got < count * sizeof ports_[0]) {
      const ssize_t more = ::read(pipe[0], bytes + got, count * sizeof ports_[0] - got);
      if (more <= 0) die("the simulated PLC did not start");
      got += static_cast<std::size_t>(more);
    }
    ::close(pipe[0]);
  }
  ~Servers() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  [[nodiscard]] std::uint16_t port(std::size_t i = 0) const { return ports_[i]; }

 private:
  [[noreturn]] static void serve(int out, std::size_t count, std::uint16_t outstanding, Duration delay) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    os::Loop loop;
    std::vector<std::unique_ptr<sim::PlcServer>> servers;
    for (std::size_t i = 0; i < count; ++i) {
      sim::PlcOptions options;
      options.port = 0;
      options.cycle = Duration::zero();
      options.manners.outstanding = outstanding;
      auto server = sim::PlcServer::start(loop, options);
      if (!server) die(server.error());
      (*server)->faults().delay = delay;
      const std::uint16_t port = (*server)->port();
      if (::write(out, &port, sizeof port) != sizeof port) std::_Exit(1);
      servers.push_back(std::move(*server));
    }
    loop.run();
    std::_Exit(0);
  }
  pid_t pid_ = -1;
  std::vector<std::uint16_t> ports_;
};

// Blocking, and as bare as a client may be: ready bytes out, a known number of bytes in, nothing looked at.
// Its wait has an end, because a loop that may hang for ever is no client.
class Bare {
 public:
  explicit Bare(std::uint16_t port, unsigned slot = 1)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      die("no connection");
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = 3, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    static_cast<void>(
        ask(s7::connect_frame({.source = 1, .tsaps = s7::tsaps(s7::ConnectionType::pg, 0, slot)})));
    static_cast<void>(ask(s7::setup_request(1, {1, 1, 480})));
  }
  std::size_t ask(const s7::Bytes& request) {
    if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) die("the PLC is gone");
    std::array<unsigned char, 2048> answer{};
    std::size_t got = 0;
    for (std::size_t whole = 4; got < whole;) {
      const ssize_t more = ::recv(fd_.get(), answer.data() + got, answer.size() - got, 0);
      if (more <= 0) die("the PLC is gone");
      got += static_cast<std::size_t>(more);
      if (got >= 4) whole = static_cast<std::size_t>(answer[2] << 8U | answer[3]);
    }
    return got;
  }

 private:
  os::Fd fd_;
};

s7::Bytes request_of(const std::vector<s7::Range>& ranges) {
  s7::Bytes request;
  s7::append_read_request(request, 7, ranges);
  return request;
}

bool one_outstanding(const Options& options) {
  const Servers servers(1);
  PlcOptions wanted;
  wanted.port = servers.port();
  const Plc plc("127.0.0.1", wanted);
  if (!plc.wait_online(std::chrono::seconds(20))) die("not online");
  Bare bare(servers.port());
  std::vector<std::string> twenty;
  std::vector<PlcResult<PlcValue>> values;
  std::vector<s7::Range> ranges;
  for (std::uint32_t i = 0; i < 20; ++i) {
    twenty.push_back("DB10.DBW" + std::to_string(10 * i));
    ranges.push_back(s7::bytes_range(s7::Area::db, 10, 10 * i, 2));
  }
  const PlcTags tags(twenty);
  struct Kind {
    const char* name;
    std::function<bool()> ours;
    s7::Bytes request;
    double limit;  // the goal, 1 / 0.9; where results are new ones a little more than it costs today
  };
  const std::vector<Kind> kinds{
      {"plc: a read of 4 bytes", [&] { return static_cast<bool>(plc.read_db(10, 0, 4)); },
       request_of({s7::bytes_range(s7::Area::db, 10, 0, 4)}), 1.11},
      {"plc: a read of 200 bytes", [&] { return static_cast<bool>(plc.read_db(10, 0, 200)); },
       request_of({s7::bytes_range(s7::Area::db, 10, 0, 200)}), 1.11},
      {"plc: a read of 20 items",
       [&] {
         plc.read(tags, values);
         return static_cast<bool>(values.back());
       },
       request_of(ranges), 1.11},
      {"plc: a read of 20 items by their addresses, new results",
       [&] { return static_cast<bool>(plc.read(twenty).back()); }, request_of(ranges), 1.15}};
  bool held = true;
  for (const auto& kind : kinds) {
    if (!options.wanted(kind.name)) continue;
    Row row{.what = kind.name, .ours = {}, .yardstick = {}, .limit = kind.limit, .compared = 0.5};
    // Of a row that is over, which other work on this core can do to a short one, up to three times as many.
    for (std::size_t round = 1; round == 1 || (round <= 3 && row.fails()); ++round)
      while (row.ours.size() < round * options.samples) {
        for (std::size_t i = 0; i < batch; ++i) {
          const Instant begun = os::now();
          if (!kind.ours()) die("a read failed");
          row.ours.push_back(ns_since(begun));
        }
        for (std::size_t i = 0; i < batch; ++i) {
          const Instant begun = os::now();
          bare.ask(kind.request);
          row.yardstick.push_back(ns_since(begun));
        }
      }
    held = print(row) && held;
  }
  return held;
}

bool several_outstanding(const Options& options) {
  constexpr const char* name = "plc: 65 536 bytes, 8 at once, of 2 ms each (yard: 1 at once)";
  if (!options.wanted(name)) return true;
  const Servers eight(1, 8, 2ms);
  const Servers one(1, 1, 2ms);
  Row row{.what = name, .ours = {}, .yardstick = {}, .limit = 0.2, .compared = 0.5};
  for (int round = 0; round < 7; ++round)
    for (const auto* server : {&eight, &one}) {
      PlcOptions wanted;
      wanted.port = server->port();
      const Plc plc("127.0.0.1", wanted);
      if (!plc.read_db(10, 0, 4)) die("not online");
      const Instant begun = os::now();
      const auto all = plc.read_db(10, 0, 65536);
      if (!all || all->size() != 65536) die("a read failed");
      (server == &eight ? row.ours : row.yardstick).push_back(ns_since(begun));
    }
  return print(row);
}

struct Polled {
  Polled(os::Loop& loop, std::uint16_t port, std::size_t number)
      : session({.peer = "127.0.0.1:" + std::to_string(port)}),
        wire(loop, session,
             std::make_unique<link::TcpTransport>(loop, link::TcpTransport::Settings{"127.0.0.1", port, 20s}),
             {"plc" + std::to_string(number), "s7", true, timing(), static_cast<std::uint32_t>(number)},
             [](const link::Status&, link::State, std::string_view) {}) {
    wire.begin();
  }
  static link::Timing timing() {
    link::Timing made;
    made.silence = 20s;
    made.dial = 20s;
    return made;
  }
  plc::Session session;
  link::Link wire;
  os::Loop::Timer timer{};
  std::optional<plc::Schedule> schedule{};
  Instant last{};
};

bool many_plcs(const Options& options) {
  constexpr const char* name = "plc: 500 PLCs, 20 tags at 10 Hz: between values (yard: 100 ms)";
  if (!options.wanted(name)) return true;
  const Servers servers(many);
  os::Loop loop;
  std::vector<std::unique_ptr<Polled>> plcs;
  for (std::size_t i = 0; i < many; ++i) plcs.push_back(std::make_unique<Polled>(loop, servers.port(i), i));
  const auto online = [&] {
    return std::ranges::all_of(
        plcs, [](const auto& one) { return one->wire.status().state == link::State::online; });
  };
  for (const Instant limit = os::now() + 30s; !online();) {
    if (os::now() > limit) die("not all of 500 PLCs are online");
    loop.turn(10ms);
  }
  std::vector<s7::Address> addresses;
  for (std::uint32_t i = 0; i < 20; ++i)
    addresses.push_back(s7::parse_address("DB10.DBW" + std::to_string(10 * i)).value());
  const auto group = std::make_shared<const plc::Group>(std::move(addresses));
  Row row{.what = name, .ours = {}, .yardstick = {1e8}, .limit = 1.1, .compared = 0.5};
  const Instant begun = os::now();
  std::function<void(Polled&)> poll = [&](Polled& one) {
    const Instant now = os::now();
    plc::read_values(one.session, group, {}, now, [&](const plc::Outcome<plc::Values>& outcome) {
      if (!outcome || !outcome->back()) die("a read failed");
      const Instant at = os::now();
      if (one.last != Instant{}) row.ours.push_back(static_cast<double>(to_ns(at) - to_ns(one.last)));
      one.last = at;
    });
    one.wire.send_now();
    one.schedule->made(now);
    one.timer = loop.at(one.schedule->due(), [&] { poll(one); });
  };
  for (std::size_t i = 0; i < many; ++i) {
    plcs[i]->schedule.emplace(begun + i * 100ms / many, Duration(100ms));
    plcs[i]->timer = loop.at(plcs[i]->schedule->due(), [&, i] { poll(*plcs[i]); });
  }
  timespec before{};
  timespec after{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  while (os::now() < begun + 5s) loop.turn(10ms);
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  // As many values as were due, and not only those that came on time.
  const std::size_t due = many * 49;
  if (row.ours.size() < due * 99 / 100)
    row.yardstick = {1e8 * static_cast<double>(row.ours.size()) / static_cast<double>(due)};
  const double spent = static_cast<double>(after.tv_sec - before.tv_sec) +
                       static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9;
  char note[64];
  std::snprintf(note, sizeof note, "ok: %zu of %zu, %.0f %% of a core", row.ours.size(), due,
                spent / 5 * 100);
  row.note = note;
  return print(row);
}

bool beside_snap7(const Options& options, const std::string& folder) {
  constexpr const char* name = "plc: simulated PLC, 4 bytes (yard: snap7's server)";
  if (!options.wanted(name)) return true;
  if (!std::filesystem::exists(folder + "/node-snap7/build/Release/node_snap7.node")) {
    std::printf(
        "bench: node-snap7 is not installed in %s: the simulated PLC is not compared with snap7's server\n",
        folder.c_str());
    return true;
  }
  const Servers ours(1);
  std::uint16_t port = 0;
  {
    const Servers free_port(1);
    port = free_port.port();
  }
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) die("no pipe");
  std::array<std::string, 5> words{"env", "NODE_PATH=" + folder, "node",
                                   std::string(BENCH_SOURCE) + "/tests/peers/s7/snap7_server.js",
                                   std::to_string(port)};
  std::array<char*, 6> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in[0], 0);
  posix_spawn_file_actions_adddup2(&files, out[1], 1);
  pid_t snap7 = -1;
  if (posix_spawn(&snap7, "/usr/bin/env", &files, nullptr, argv.data(), environ) != 0) die("no node");
  posix_spawn_file_actions_destroy(&files);
  ::close(in[0]);
  ::close(out[1]);
  char first = 0;
  if (::read(out[0], &first, 1) != 1) die("snap7's server did not start");
  Row row{.what = name, .ours = {}, .yardstick = {}, .limit = 1.0, .compared = 0.5};
  {
    Bare to_ours(ours.port());
    Bare to_snap7(port, 2);
    const auto request = request_of({s7::bytes_range(s7::Area::db, 1, 0, 4)});
    while (row.ours.size() < options.samples) {
      for (std::size_t i = 0; i < batch; ++i) {
        const Instant begun = os::now();
        to_ours.ask(request);
        row.ours.push_back(ns_since(begun));
      }
      for (std::size_t i = 0; i < batch; ++i) {
        const Instant begun = os::now();
        to_snap7.ask(request);
        row.yardstick.push_back(ns_since(begun));
      }
    }
  }
  ::close(in[1]);
  ::waitpid(snap7, nullptr, 0);
  ::close(out[0]);
  return print(row);
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder = std::string(BENCH_SOURCE) + "/build/peers/s7/node_modules";
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i)
    if (std::strcmp(argv[i], "--snap7") == 0 && i + 1 < argc)
      folder = argv[++i];
    else
      rest.push_back(argv[i]);
  const Options options(static_cast<int>(rest.size()), rest.data(), 5000);
  cpu_set_t one{};
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  ::sched_setaffinity(0, sizeof one, &one);
  bool held = one_outstanding(options);
  held = several_outstanding(options) && held;
  held = many_plcs(options) && held;
  held = beside_snap7(options, folder) && held;
  return held ? 0 : 1;
}
