// A stop on the emergency-stop bus → the last station's output commanded; beside as many bare subscriptions
// in one process, on the same Redis server, a sample of each in turn. bench_bus [SAMPLES] [--only TEXT]
//
// The stations are the simulated ones of `standstill sim station`, all in one process: by the server alone,
// and with the second path. Then a real station with guard and cutters, where both sides end at a relay that
// has read; its memory; and what 1 000 stations cost the processor of a real controller.
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "bench/bus_leader.hpp"
#include "bench/options.hpp"
#include "bench/plant.hpp"
#include "bench/relay.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "os/loop.hpp"
#include "sim/fleet.hpp"

extern char** environ;  // NOLINT: the C library's own name

namespace {

using namespace standstill;
using namespace standstill::bench;
using namespace std::chrono_literals;

constexpr auto bare_channel = "bench:stop";
constexpr std::size_t many = 1000;
constexpr Duration quiet = 60ms;
constexpr Duration patience = 5s;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "bench_bus: %s\n", why.c_str());
  std::exit(2);
}

estop::Keys master() {
  estop::Secret secret{};
  secret.fill(0x5A);
  return estop::Keys::read(estop::Keys::master_file({"k1", secret})).value();
}

// What a measured process tells: how many have done it, and when the last of them did.
struct Told {
  std::atomic<std::uint32_t> ready, count;
  std::atomic<std::int64_t> last_ns;
  void arm() {
    count = 0;
    last_ns = 0;
  }
  void done() {
    last_ns = to_ns(os::now());
    ++count;
  }
};

class Child {
 public:
  template <class Run>
  explicit Child(const Run& run) {
    told_ = static_cast<Told*>(
        ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    if (told_ == MAP_FAILED) die("no shared memory");
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(*told_);
    ::_exit(2);
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::munmap(told_, sizeof(Told));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  [[nodiscard]] Told& told() const { return *told_; }
  void wait_ready() const {
    for (int i = 0; i < 6000 && told_->ready == 0; ++i) ::usleep(10'000);
    if (told_->ready == 0) die("a measured process does not come up");
  }

 private:
  Told* told_ = nullptr;
  pid_t pid_ = -1;
};

void run_fleet(Told& told, std::uint16_t port, std::size_t count, bool second_path) {
  os::Loop loop;
  auto fleet = sim::Fleet::start(
      loop,
      {.count = static_cast<std::uint32_t>(count),
       .keys = master(),
       .lease = 60s,
       .second_path = second_path,
       .settle = 100ms,
       .dial =
           [&] {
             return std::make_unique<link::TcpTransport>(loop,
                                                         link::TcpTransport::Settings{"127.0.0.1", port});
           }},
      [&](const sim::BusStation& one) {
        if (!one.commanded()) told.done();
      },
      [](const sim::BusStation&, std::string_view, const std::string&) {});
  if (!fleet) die(fleet.error());
  told.ready = 1;
  loop.run();
}

// Subscribes so often, and notes when a message has come by each; `device`: and writes one command there.
void run_bare(Told& told, std::uint16_t port, std::size_t count, const std::string& device) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int relay = device.empty() ? -1 : ::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const std::string ask = "SUBSCRIBE " + std::string(bare_channel) + "\r\n";
  char bytes[4096];
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::send(fd, ask.data(), ask.size(), 0) < 0 || ::recv(fd, bytes, sizeof bytes, 0) <= 0)
      die("a bare subscription does not come up");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
  told.ready = 1;
  epoll_event events[64];
  for (;;) {
    const int got = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < got; ++i) {
      if (::recv(events[i].data.fd, bytes, sizeof bytes, 0) <= 0) ::_exit(2);
      if (relay >= 0 && ::write(relay, "RELAY_OFF\n", 10) != 10) ::_exit(2);
      told.done();
    }
  }
}

double since(std::int64_t began, bool happened, std::int64_t at) {
  return static_cast<double>(happened ? at - began : to_ns(Instant{} + patience));
}

// Sender and server on the first processor, those who receive on the second, for both sides alike: the
// scheduler would put them now here, now there, and a plant's stations are other machines.
void onto(std::size_t processor) {
  if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
  cpu_set_t one{};
  CPU_SET(processor, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

bool measure_many(std::size_t count, bool second_path, double limit, double percentile, std::size_t samples) {
  cpu_set_t anywhere{};
  ::sched_getaffinity(0, sizeof anywhere, &anywhere);
  onto(0);
  const Redis redis;
  const Child fleet([&](Told& told) {
    onto(1);
    run_fleet(told, redis.port(), count, second_path);
  });
  const Child bare([&](Told& told) {
    onto(1);
    run_bare(told, redis.port(), count, "");
  });
  fleet.wait_ready();
  bare.wait_ready();
  Leader leader(redis.port(), master(), second_path);
  Row row;
  row.what = "stop to the last of " + std::to_string(count) + (count == 1 ? " station" : " stations") +
             (second_path ? ", second path" : ", by Redis alone") + " / bare";
  row.limit = limit;
  row.compared = percentile;
  const auto one = [&](const Child& child, const auto& begin) {
    leader.turn(quiet);
    child.told().arm();
    const std::int64_t began = begin();
    const bool all = leader.until([&] { return child.told().count >= count; }, patience);
    return since(began, all, child.told().last_ns);
  };
  for (std::size_t i = 0; i < samples; ++i) {
    if (!leader.release(count)) die("the simulated stations were not released");
    row.yardstick.push_back(one(bare, [&] { return leader.say(bare_channel); }));
    row.ours.push_back(one(fleet, [&] { return leader.stop(); }));
  }
  ::sched_setaffinity(0, sizeof anywhere, &anywhere);
  return print(row);
}

// A program of ours with a configuration in a folder of its own.
class Program {
 public:
  Program(const std::string& command, const std::string& role, std::uint16_t port, const std::string& more) {
    char name[] = "/tmp/standstill-bench-XXXXXX";
    if (::mkdtemp(name) == nullptr) die("cannot make a folder in /tmp");
    folder_ = name;
    estop::Secret secret{};
    secret.fill(0x5A);
    const bool leads = role == "controller";
    std::ofstream(folder_ + "/bus.key")
        << (leads ? estop::Keys::master_file({"k1", secret}) : master().station_file("real-1"));
    ::chmod((folder_ + "/bus.key").c_str(), 0600);
    std::ofstream(folder_ + "/standstill.toml")
        << "[site]\nname = \"bench\"\nstate_dir = \"" << folder_ << "/state\"\n[guard]\nsettle_ms = 100\n"
        << "[terminal]\nlisten = \"127.0.0.1:0\"\n[bus]\nkind = \"redis\"\nurl = \"redis://127.0.0.1:" << port
        << "\"\ninstance = \"" << (leads ? "ctrl-01" : "real-1") << "\"\nrole = \"" << role
        << "\"\nlease_ms = 60000\nkey_file = \"" << folder_ << "/bus.key\"\n"
        << more;
    const std::string program = program_folder() + "standstill", config = folder_ + "/standstill.toml";
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int fd : {1, 2})
      posix_spawn_file_actions_addopen(&files, fd, (folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0600);
    const char* words[] = {"standstill", "-c", config.c_str(), command.c_str(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), &files, nullptr, const_cast<char**>(words), environ) != 0)
      die(program + " cannot be started");
    posix_spawn_file_actions_destroy(&files);
  }
  ~Program() {
    ::kill(pid_, SIGTERM);
    for (int i = 0; i < 1000 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      if (i == 999) ::kill(pid_, SIGKILL);
      ::usleep(10'000);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] std::string folder() const { return folder_; }
  // Proportional set size of it and of everything below it: pages that several share are counted once.
  [[nodiscard]] double memory() const { return memory_of(pid_); }
  [[nodiscard]] double processor_ns() const {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) die("it has ended");
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  }

 private:
  static double memory_of(pid_t pid) {
    const std::string process = "/proc/" + std::to_string(pid);
    double bytes = 0;
    std::ifstream rollup(process + "/smaps_rollup");
    for (std::string line; std::getline(rollup, line);)
      if (line.starts_with("Pss:")) bytes = std::stod(line.substr(4)) * 1024;
    std::error_code ignored;
    for (const auto& task : std::filesystem::directory_iterator(process + "/task", ignored)) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) bytes += memory_of(child);
    }
    return bytes;
  }
  std::string folder_;
  pid_t pid_ = -1;
};

bool measure_real(std::size_t samples) {
  const Redis redis;
  Relay relay, bare_relay;
  const Child bare([&](Told& told) { run_bare(told, redis.port(), 1, bare_relay.device()); });
  bare.wait_ready();
  const Program real("station", "station", redis.port(),
                     "[[output]]\nid = \"relay\"\nkind = \"serial\"\ndevice = \"" + relay.device() +
                         "\"\nsafe = \"RELAY_OFF\\n\"\nrun = \"RELAY_ON\\n\"\n");
  Leader leader(redis.port(), master(), true);
  Row row;
  row.what = "stop to the relay of a real station / bare subscriber's";
  row.limit = 2.5;
  row.compared = 0.5;
  const auto one = [&](Relay& at, const auto& begin) {
    leader.turn(quiet);
    at.arm();
    const std::int64_t began = begin();
    const bool all = leader.until([&] { return at.heard_ns() != 0; }, patience);
    return since(began, all, at.heard_ns());
  };
  Row memory;
  memory.what = "a real station's processes, memory / 30 MB";
  memory.limit = 1.0;
  memory.text = bytes_text;
  for (std::size_t i = 0; i < samples; ++i) {
    if (!leader.release(1) || !leader.until([&] { return relay.energised(); }, 20s))
      die("the real station was not released; its messages: " + real.folder() + "/log");
    row.yardstick.push_back(one(bare_relay, [&] { return leader.say(bare_channel); }));
    row.ours.push_back(one(relay, [&] { return leader.stop(); }));
    memory.ours.push_back(real.memory());
    memory.yardstick.push_back(30e6);
  }
  const bool fast = print(row);
  return print(memory) && fast;
}

// A thousand heartbeats within a second, a tenth of them at a time.
void beat_for_a_second(const os::Fd& server, const std::vector<std::string>& beats) {
  char answers[65536];
  const Instant began = os::now();
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    std::string all;
    for (std::size_t i = tenth; i < beats.size(); i += 10)
      all += "*3\r\n$7\r\nPUBLISH\r\n$16\r\nevents:heartbeat\r\n$" + std::to_string(beats[i].size()) +
             "\r\n" + beats[i] + "\r\n";
    if (::send(server.get(), all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size()) ||
        ::recv(server.get(), answers, sizeof answers, 0) <= 0)
      die("the heartbeats cannot be published");
    const Duration left = 100ms * (tenth + 1) - (os::now() - began);
    if (left > Duration::zero()) ::usleep(static_cast<useconds_t>(to_ns(Instant{} + left) / 1000));
  }
}

bool measure_controller() {
  const Redis redis;
  const Program controller("run", "controller", redis.port(), "");
  const auto a_second = [&](const auto& pass) {
    const double cpu = controller.processor_ns();
    const std::int64_t began = to_ns(os::now());
    pass();
    return (controller.processor_ns() - cpu) / static_cast<double>(to_ns(os::now()) - began) * 1e9;
  };
  const auto rest = [] { ::sleep(1); };
  ::sleep(3);
  Row alone, beats, all;
  alone.what = "controller's processor time a second, no station";
  beats.what = "the same, the heartbeats of 1000 stations / 1 s";
  beats.limit = 0.05;
  beats.compared = 0.5;
  all.what = "the same, all that 1000 stations say / 1 s";
  all.compared = 0.5;
  for (int i = 0; i < 5; ++i) alone.ours.push_back(a_second(rest));
  {
    const Child fleet([&](Told& told) { run_fleet(told, redis.port(), many, true); });
    fleet.wait_ready();
    const auto registered = [&] {
      std::ifstream file(controller.folder() + "/state/bus_stations");
      std::size_t count = 0;
      for (std::string line; std::getline(file, line);) ++count;
      return count;
    };
    for (int i = 0; i < 120 && registered() < many; ++i) ::sleep(1);
    if (registered() < many)
      die("only " + std::to_string(registered()) + " stations registered with the controller");
    ::sleep(3);
    for (int i = 0; i < 10; ++i) {
      all.ours.push_back(a_second(rest));
      all.yardstick.push_back(1e9);
    }
  }
  std::vector<std::string> texts;
  for (std::size_t i = 1; i <= many; ++i) {
    estop::Message message;
    std::array<std::uint8_t, 16> bytes{};
    bytes[0] = static_cast<std::uint8_t>(i);
    bytes[1] = static_cast<std::uint8_t>(i >> 8);
    message.envelope.id = estop::uuid_of(bytes);
    message.envelope.source = {"standstill", "sim-" + std::to_string(i), "1.0.0"};
    message.payload =
        estop::Heartbeat{.status = estop::Health::running, .devices = {"relay"}, .firmware_version = "1.0.0"};
    texts.push_back(estop::write_message(message).value());
  }
  const os::Fd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(redis.port());
  if (::connect(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    die("no connection");
  for (int i = 0; i < 10; ++i) {
    beats.ours.push_back(a_second([&] { beat_for_a_second(server, texts); }));
    beats.yardstick.push_back(1e9);
  }
  print(alone);
  print(all);
  return print(beats);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, 30);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  bool holds = true;
  struct Variant {
    const char* name;
    std::size_t count;
    bool second_path;
    double limit;
  };
  for (const Variant& one : {Variant{"redis-1", 1, false, 1.5},
                             {"redis-100", 100, false, 1.5},
                             {"redis-1000", many, false, 1.5},
                             {"direct-1000", many, true, 0.5}})
    if (options.wanted(one.name))
      holds =
          measure_many(one.count, one.second_path, one.limit, 0.5,
                       std::max<std::size_t>(3, one.count == many ? options.samples / 3 : options.samples)) &&
          holds;
  if (options.wanted("real")) holds = measure_real(options.samples) && holds;
  if (options.wanted("controller")) holds = measure_controller() && holds;
  return holds ? 0 : 1;
}
