#include "bench/plant.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/clock.hpp"
#include "os/unix_socket.hpp"

extern char** environ;  // NOLINT: the C library's own name

namespace standstill::bench {

namespace {

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(2);
}

}  // namespace

std::string program_folder() {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  return self.substr(0, self.find_last_of('/') + 1);
}

Plant::Plant(const PlantSettings& settings) : settings_(settings) {
  char name[] = "/tmp/standstill-bench-XXXXXX";
  if (::mkdtemp(name) == nullptr) give_up("cannot make a folder in /tmp");
  folder_ = name;
  std::ofstream config(folder_ + "/standstill.toml");
  config << "[site]\nname = \"bench\"\nstate_dir = \"" << folder_ << "\"\n[guard]\nsettle_ms = 100\n"
         << "[[link]]\nid = \"layout\"\nkind = \"rocrail\"\nhost = \"127.0.0.1\"\nport = " << settings_.port
         << "\nreconnect = { first_ms = 50, factor = 1.0, max_ms = 50 }\nbreaker = { failures = 10000 }\n";
  for (std::size_t i = 0; i < settings_.relays; ++i) {
    relays_.push_back(std::make_unique<Relay>());
    config << "[[output]]\nid = \"relay-" << i + 1 << "\"\nkind = \"serial\"\ndevice = \""
           << relays_.back()->device() << "\"\nsafe = \"RELAY_OFF\\n\"\nrun = \"RELAY_ON\\n\"\n";
  }
  config.close();
  auto door = os::bind_datagram(folder_ + "/door", 0600);
  if (!door) give_up(door.error());
  door_ = std::move(*door);
  start_supervisor();
}

Plant::~Plant() {
  words_.reset();  // end of file: a clean end of all four
  for (int i = 0; i < 1000 && supervisor_ > 0; ++i) {
    if (::waitpid(supervisor_, nullptr, WNOHANG) != 0) break;
    ::usleep(10'000);
    if (i == 999) ::kill(supervisor_, SIGKILL);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Plant::start_supervisor() {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) give_up("cannot make a pipe");
  words_.reset(in[1]);
  answers_.reset(out[0]);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in[0], 0);
  posix_spawn_file_actions_adddup2(&files, out[1], 1);
  posix_spawn_file_actions_addopen(&files, 2, (folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  std::string door = "STANDSTILL_BENCH_DOOR=" + folder_ + "/door", no_realtime = "STANDSTILL_NO_REALTIME=1";
  std::vector<char*> environment;
  for (char** one = environ; *one != nullptr; ++one)
    if (!std::string_view(*one).starts_with("STANDSTILL_")) environment.push_back(*one);
  environment.push_back(door.data());
  if (!settings_.realtime) environment.push_back(no_realtime.data());
  environment.push_back(nullptr);
  const std::string program = program_folder() + "bench_supervisor";
  std::string name = "bench_supervisor", config = folder_ + "/standstill.toml",
              memory = std::to_string(settings_.megabytes), port = folder_ + "/port";
  char* arguments[] = {name.data(), config.data(), memory.data(), settings_.terminal ? port.data() : nullptr,
                       nullptr};
  if (::posix_spawn(&supervisor_, program.c_str(), &files, nullptr, arguments, environment.data()) != 0)
    give_up(program + " cannot be started; build the bench preset");
  posix_spawn_file_actions_destroy(&files);
  ::close(in[0]);
  ::close(out[1]);
}

void Plant::collect() {
  if (supervisor_ > 0) ::waitpid(supervisor_, nullptr, 0);
  supervisor_ = -1;
}

void Plant::ask_release() {
  if (::write(words_.get(), "r", 1) != 1)
    give_up("the supervisor is gone; its messages: " + folder_ + "/log");
}

bool Plant::released() {
  pollfd ask{answers_.get(), POLLIN, 0};
  char answer = 'F';
  if (::poll(&ask, 1, 15'000) <= 0 || ::read(answers_.get(), &answer, 1) != 1 || answer != 'R') return false;
  for (int i = 0; i < 2000; ++i) {
    if (std::all_of(relays_.begin(), relays_.end(), [](const auto& relay) { return relay->energised(); }))
      return true;
    ::usleep(1000);
  }
  return false;
}

void Plant::look_through_door() {
  char mark = 0;
  for (;;) {
    os::Received got = os::receive_packet(door_.get(), &mark, 1);
    if (got.bytes < 1) return;
    if (auto page = os::SharedMemory::attach(std::move(got.passed), sizeof(pages::InnerPage)))
      inner_ = std::move(*page);
  }
}

void Plant::arm() {
  look_through_door();
  for (auto& relay : relays_) relay->arm();
}

std::optional<std::int64_t> Plant::written_ns(std::int64_t began) {
  if (!inner_) return std::nullopt;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    std::int64_t first = 0;
    for (const auto& cutter : inner_.as<pages::InnerPage>()->cutters) {
      const auto& report = cutter.outputs[i];
      const std::int64_t at = report.at_ns.load();
      if (report.deed.load() == pages::Deed::safe && at >= began && (first == 0 || at < first)) first = at;
    }
    if (first == 0) return std::nullopt;
    // A command that was written twice has left the later time: the relay had read the first one by then.
    if (const std::int64_t heard = relays_[i]->heard_ns(); heard >= began) first = std::min(first, heard);
    last = std::max(last, first);
  }
  return last;
}

std::optional<std::int64_t> Plant::heard_ns() const {
  std::int64_t last = 0;
  for (const auto& relay : relays_) {
    if (relay->heard_ns() == 0) return std::nullopt;
    last = std::max(last, relay->heard_ns());
  }
  return last;
}

std::uint16_t Plant::terminal_port() {
  for (int i = 0; i < 1000; ++i) {
    std::uint16_t port = 0;
    if (std::ifstream(folder_ + "/port") >> port && port != 0) return port;
    ::usleep(10'000);
  }
  give_up("the supervisor has no terminal; its messages: " + folder_ + "/log");
}

pid_t Plant::guard() {
  look_through_door();
  return inner_ ? static_cast<pid_t>(inner_.as<pages::InnerPage>()->guard_pid.load()) : -1;
}

pid_t Plant::active_cutter() {
  look_through_door();
  if (!inner_) return -1;
  const auto& page = *inner_.as<pages::InnerPage>();
  return static_cast<pid_t>(page.cutters[page.active.load() & 1U].pid.load());
}

}  // namespace standstill::bench
