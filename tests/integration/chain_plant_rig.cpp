#include "support/places.hpp"
#include "support/plant_rig.hpp"

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "os/clock.hpp"
#include "record/operators.hpp"

namespace standstill::test {

using nlohmann::json;

namespace {

std::vector<pid_t> children(pid_t parent) {
  std::vector<pid_t> found;
  std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  for (pid_t pid; in >> pid;) found.push_back(pid);
  return found;
}

bool is(pid_t pid, const std::string& name) {
  return PlantRig::read("/proc/" + std::to_string(pid) + "/comm").starts_with(name.substr(0, 15));
}

}  // namespace

bool PlantRig::alive(pid_t pid) {
  const std::string stat = read("/proc/" + std::to_string(pid) + "/stat");
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

std::string PlantRig::read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

PlantRig::PlantRig(Options wanted) : options(std::move(wanted)) {
  ::setenv("STANDSTILL_NO_REALTIME", "1", 1);  // a test must not take the processor from the others
  state_dir = options.state_dir.empty() ? folder / "s" : options.state_dir;
  ::mkdir(state_dir.c_str(), 0700);
  if (options.http) http = std::make_unique<HttpRelay>();
  if (options.program) program_log = folder / "program";
  token_ = record::Operators(state_dir).add("crew", record::Role::operator_, os::wall_ns()).value();
  write_configuration();
}

void PlantRig::write_configuration() {
  std::ostringstream toml;
  toml << "[site]\nname = \"rig\"\nstate_dir = \"" << state_dir
       << "\"\n[guard]\npermit_timeout_ms = " << options.permit_ms << "\nsettle_ms = " << options.settle_ms
       << "\nheartbeat_timeout_ms = " << options.heartbeat_ms
       << "\n[terminal]\nlisten = \"127.0.0.1:0\"\n[[link]]\nid = \"layout\"\nkind = \"rocrail\"\nhost = "
          "\"127.0.0.1\"\nport = "
       << options.port << "\nprobe_ms = " << options.probe_ms << "\nsilence_ms = " << options.silence_ms
       << "\nreconnect = { first_ms = 200, factor = 1.5, max_ms = 500, jitter = 0.1 }\n"
       << "[[output]]\nid = \"relay\"\nkind = \"serial\"\ndevice = \"" << relay.device()
       << "\"\nsafe = \"RELAY_OFF\\n\"\nrun = \"RELAY_ON\\n\"\n"
       << options.serial_more << "\n";
  if (http)
    toml << "[[output]]\nid = \"mains\"\nkind = \"http\"\nsafe = { method = \"POST\", url = "
            "\"http://127.0.0.1:"
         << http->port() << "/off\" }\nrun = { method = \"POST\", url = \"http://127.0.0.1:" << http->port()
         << "/on\" }\n";
  if (!program_log.empty())
    toml << "[[output]]\nid = \"script\"\nkind = \"program\"\nsafe = [\"/bin/sh\", \"-c\", \"echo off >> "
         << program_log << "\"]\nrun = [\"/bin/sh\", \"-c\", \"echo on >> " << program_log << "\"]\n";
  toml << options.more << "\n";
  std::ofstream(folder / "c.toml") << toml.str();
}

void PlantRig::start() {
  std::vector<std::string> words = options.before;
  for (const std::string& word :
       {test::program_folder() + "/standstill", std::string("-c"), folder / "c.toml", std::string("run")})
    words.push_back(word);
  const std::string log = folder / "log";
  if (options.spawn) {
    supervisor_ = options.spawn(words, log);
    return;
  }
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int slave = -1;
  if (options.in_terminal) openpty(&terminal_, &slave, nullptr, nullptr, nullptr);
  supervisor_ = ::fork();
  if (supervisor_ == 0) {
    ::setsid();
    if (slave >= 0) {
      ::ioctl(slave, TIOCSCTTY, 0);
      ::dup2(slave, 0);
      ::close(terminal_);
    }
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);  // only what `run` opens itself may keep a pty alive
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  if (slave >= 0) ::close(slave);
}

void PlantRig::start_and_wait() {
  start();
  ASSERT_TRUE(until([&] { return get("/api/v1/state").status == 200 && look("/guard/pid") != "0"; }, 30s))
      << log();
  cutter(1);
  cutter(2);
}

PlantRig::~PlantRig() {
  if (supervisor_ > 0) {
    for (const int number : {1, 2}) cutter(number);
    ::kill(supervisor_, SIGCONT);
    ::kill(supervisor_, SIGTERM);
    until([&] { return !alive(supervisor_); }, 10s);
    ::kill(supervisor_, SIGKILL);
    int status = 0;
    until([&] { return collect(status); }, 10s);
  }
  for (const int signal : {SIGCONT, SIGTERM, SIGKILL}) {
    for (const pid_t pid : seen_)
      if (alive(pid) && (is(pid, "standstill-guard") || is(pid, "standstill-cutter"))) ::kill(pid, signal);
    if (signal == SIGTERM) until([&] { return std::none_of(seen_.begin(), seen_.end(), alive); }, 7s);
  }
  close_terminal();
}

bool PlantRig::collect(int& status) {
  if (!options.ended) return ::waitpid(supervisor_, &status, WNOHANG) != 0;
  const auto known = options.ended(supervisor_);
  status = known.value_or(0);
  return known.has_value();
}

void PlantRig::close_terminal() {
  if (terminal_ >= 0) ::close(terminal_);
  terminal_ = -1;
}

int PlantRig::end(int signal) {
  for (const int number : {1, 2}) cutter(number);
  if (signal != 0) ::kill(supervisor_, signal);
  int status = 0;
  if (!until([&] { return collect(status); }, 15s)) return -1;
  supervisor_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void PlantRig::kill_everything() {
  const pid_t all[] = {cutter(1), cutter(2), guard(), supervisor_};
  for (const pid_t pid : all)
    if (pid > 0) ::kill(pid, SIGSTOP);  // nobody gets the time to react: this is a power cut
  for (const pid_t pid : all)
    if (pid > 0) ::kill(pid, SIGKILL);
  int status = 0;
  until([&] { return collect(status); }, 10s);
  supervisor_ = -1;
  until([&] { return std::none_of(seen_.begin(), seen_.end(), alive); }, 5s);
}

// Its lock names it, also when the supervisor that started it is gone.
pid_t PlantRig::guard() {
  const pid_t pid = std::atoi(read(state_dir + "/guard.lock").c_str());
  if (pid <= 0 || !is(pid, "standstill-guard")) return -1;
  seen_.insert(pid);
  return pid;
}

pid_t PlantRig::cutter(int number) {
  const pid_t parent = guard();
  if (parent < 0) return -1;
  for (const pid_t pid : children(parent)) {
    const std::string line = read("/proc/" + std::to_string(pid) + "/cmdline");
    if (line.find("standstill-cutter") == std::string::npos ||
        line.find(std::string(1, '\0') + std::to_string(number)) == std::string::npos)
      continue;
    seen_.insert(pid);
    return pid;
  }
  return -1;
}

std::string PlantRig::pick(const std::string& text, const std::string& pointer) {
  const json parsed = json::parse(text, nullptr, false);
  const json::json_pointer at(pointer);
  if (parsed.is_discarded() || !parsed.contains(at)) return "?";
  const json& found = parsed.at(at);
  return found.is_string() ? found.get<std::string>() : found.dump();
}

std::string PlantRig::look(const std::string& pointer) { return pick(get("/api/v1/state").body, pointer); }

std::uint64_t PlantRig::epoch() { return std::strtoull(look("/epoch").c_str(), nullptr, 10); }

std::string PlantRig::live_export() {
  json document = json::parse(get("/api/v1/snapshots/live").body, nullptr, false);
  if (!document.is_object()) return "?";
  for (const char* key : {"timestamp", "age_ms", "session_start", "links", "cause", "causes", "epoch",
                          "state", "standstill_outputs"})
    document.erase(key);
  for (auto& tag : document["tags"]) tag.erase("at");
  return document.dump(1);
}

int PlantRig::journalled(const std::string& kind, std::optional<std::uint64_t> epoch) {
  const std::string query = "limit=1000" + (epoch ? "&epoch=" + std::to_string(*epoch) : std::string());
  const json answer = json::parse(journal(query), nullptr, false);
  int count = 0;
  if (answer.is_object() && answer.contains("events"))
    for (const auto& event : answer["events"]) count += event.value("kind", "") == kind ? 1 : 0;
  return count;
}

bool PlantRig::until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(10'000);
  }
}

void PlantRig::to_ready() {
  ASSERT_TRUE(until(
      [&] {
        if (state() == "ready") return true;
        word("ack", epoch());
        return word("reset", epoch()).status == 200;
      },
      30s))
      << get("/api/v1/why").body << log();
}

void PlantRig::to_running() {
  HttpReply last;
  ASSERT_TRUE(until(
      [&] {
        to_ready();
        last = word("start", epoch());
        return last.status == 200 || testing::Test::HasFatalFailure();
      },
      30s))
      << last.body << get("/api/v1/why").body << log();
  // A stop that overtakes the news of a start cuts everything at once: that is not what is tested here.
  ASSERT_TRUE(until([&] { return all_energised() && state() == "running"; }))
      << "not running\n"
      << get("/api/v1/state").body << log();
  for (const int number : {1, 2}) cutter(number);
}

bool PlantRig::all_safe() const {
  return !relay.energised() && (!http || !http->energised()) &&
         (program_log.empty() || read(program_log).ends_with("off\n"));
}

bool PlantRig::all_energised() const {
  return relay.energised() && (!http || http->energised()) &&
         (program_log.empty() || read(program_log).ends_with("on\n"));
}

int PlantRig::run_commands() const {
  int count = relay.run_commands() + (http ? http->run_commands() : 0);
  const std::string lines = program_log.empty() ? "" : read(program_log);
  for (std::size_t at = 0; (at = lines.find("on\n", at)) != std::string::npos; ++at) ++count;
  return count;
}

std::string PlantRig::log() const { return read(folder / "log"); }

}  // namespace standstill::test
