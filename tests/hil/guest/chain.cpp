#include "hil/guest/chain.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {

using nlohmann::json;

namespace {

int made = 0;

bool alive(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

// Living processes of a program, by its name as the kernel keeps it (15 letters).
std::vector<pid_t> processes(const std::string& program) {
  std::vector<pid_t> found;
  DIR* all = ::opendir("/proc");
  while (const dirent* entry = ::readdir(all)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid > 0 &&
        read_file("/proc/" + std::string(entry->d_name) + "/comm") == program.substr(0, 15) + "\n" &&
        alive(pid))
      found.push_back(pid);
  }
  ::closedir(all);
  return found;
}

bool is_cutter(pid_t pid, char number) {
  const std::string line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  return line.ends_with(std::string("\0", 1) + number + std::string("\0", 1));
}

// Its own record, so that a LineRecord that is cleared takes nothing from it.
const std::string spinners = "/sys/kernel/tracing/instances/spinners";

}  // namespace

void record_spinners() {
  if (::mkdir(spinners.c_str(), 0700) != 0) return;  // it is recorded already
  write_file(spinners + "/events/signal/signal_generate/filter", "sig == " + std::to_string(SIGXCPU));
  write_file(spinners + "/events/signal/signal_generate/enable", "1");
}

std::string who_spun() {
  const std::string all = read_file(spinners + "/trace");
  const auto at = all.find("signal_generate: sig=");
  if (at == std::string::npos) return {};
  write_file(spinners + "/trace", "");
  const auto begin = all.rfind('\n', at) + 1;
  return all.substr(begin, all.find('\n', at) - begin);
}

const char* name(Who who) {
  constexpr std::array names{"supervisor", "guard", "cutter 1", "cutter 2"};
  return names[static_cast<std::size_t>(who)];
}

bool until(const std::function<bool()>& condition, Limit limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  // Often at first, seldom later: every look costs an emulated processor a million instructions.
  for (useconds_t pause = 2'000;; pause = std::min<useconds_t>(pause * 3 / 2, 50'000)) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(pause);
  }
}

bool stays(const std::function<bool()>& condition, Limit time) {
  return !until([&] { return !condition(); }, time);
}

Chain::Chain(const std::string& toml, std::string state_dir)
    : folder_("/tmp/chain-" + std::to_string(++made)),
      state_dir_(state_dir.empty() ? folder_ + "/state" : std::move(state_dir)) {
  record_spinners();
  ::mkdir(folder_.c_str(), 0700);
  ::mkdir(state_dir_.c_str(), 0700);
  std::string text =
      "[site]\nname = \"guest\"\nstate_dir = \"" + state_dir_ + "\"\n[terminal]\nlisten = \"127.0.0.1:0\"\n";
  if (toml.find("[guard]") == std::string::npos) text += "[guard]\nsettle_ms = 100\n";
  write_file(folder_ + "/c.toml", text + toml);
  // One operator for all plants of a boot: making one takes half a second of an emulated processor. Those of
  // an earlier boot are replaced: their secrets died with it.
  static std::string token, operators;
  const std::string file = state_dir_ + "/operators";
  if (token.empty()) {
    ::unlink(file.c_str());
    const std::string answer = run_command("operator add crew");
    token = answer.substr(0, answer.find('\n'));
    operators = read_file(file);
  } else {
    write_file(file, operators);
  }
  token_ = token;
}

Chain::~Chain() {
  if (supervisor_ > 0) end();
  kill_all();
  if (const std::string who = who_spun(); !who.empty())
    ADD_FAILURE() << "ran half a second without a pause: " << who;
}

void Chain::start() {
  supervisor_ = ::fork();
  if (supervisor_ == 0) {
    ::setsid();
    const int out = ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (int fd = 3; fd < 64; ++fd) ::close(fd);
    ::setenv("LD_PRELOAD", "/lib/quick_scrypt.so", 1);
    ::execl("/bin/standstill", "standstill", "-c", (folder_ + "/c.toml").c_str(), "run", nullptr);
    ::_exit(127);
  }
}

void Chain::start_and_wait() {
  start();
  if (!until([&] { return complete() && look("/guard/pid") != "0" && look("/guard/pid") != "?"; }, 30s))
    throw std::runtime_error("the chain did not start\n" + about());
}

void Chain::end() {
  if (supervisor_ <= 0) return;
  ::kill(supervisor_, SIGCONT);
  ::kill(supervisor_, SIGTERM);
  if (!until([&] { return ::waitpid(supervisor_, nullptr, WNOHANG) == supervisor_; }, 15s)) {
    ::kill(supervisor_, SIGKILL);
    ::waitpid(supervisor_, nullptr, 0);
  }
  supervisor_ = -1;
  (void)until([] { return processes("standstill-guard").empty() && processes("standstill-cutter").empty(); },
              8s);
}

void Chain::forget_supervisor() {
  if (supervisor_ > 0) ::waitpid(supervisor_, nullptr, 0);
  supervisor_ = -1;
}

void Chain::kill_all() {
  std::vector<pid_t> all = processes("standstill");
  for (const char* program : {"standstill-guard", "standstill-cutter"})
    for (const pid_t pid : processes(program)) all.push_back(pid);
  for (const int signal : {SIGSTOP, SIGKILL})  // nobody gets the time to react
    for (const pid_t pid : all) ::kill(pid, signal);
  if (supervisor_ > 0) ::waitpid(supervisor_, nullptr, 0);
  supervisor_ = -1;
  (void)until(
      [] {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
        return processes("standstill-guard").empty() && processes("standstill-cutter").empty();
      },
      5s);
}

HttpReply Chain::word_of(const std::string& word, std::uint64_t epoch) {
  return test::ask(socket(), "POST", "/api/v1/" + word, "{\"epoch\":" + std::to_string(epoch) + "}", token_);
}

json Chain::state() const {
  return json::parse(test::ask(socket(), "GET", "/api/v1/state").body, nullptr, false);
}

std::string Chain::look(const std::string& pointer) const {
  const json parsed = state();
  const json::json_pointer at(pointer);
  if (parsed.is_discarded() || !parsed.contains(at)) return "?";
  const json& found = parsed.at(at);
  return found.is_string() ? found.get<std::string>() : found.dump();
}

std::uint64_t Chain::epoch() const { return std::strtoull(look("/epoch").c_str(), nullptr, 10); }

bool Chain::has_cause(const std::string& code) const {
  const json now = state();
  if (!now.is_object()) return false;
  for (const auto& cause : now.value("causes", json::array()))
    if (cause.value("code", "") == code) return true;
  return false;
}

json Chain::journal() const {
  const json answer =
      json::parse(test::ask(socket(), "GET", "/api/v1/journal?limit=1000").body, nullptr, false);
  return answer.is_object() ? answer.value("events", json::array()) : json::array();
}

bool Chain::journalled(const std::string& kind) const {
  for (const auto& event : journal())
    if (event.value("kind", "") == kind) return true;
  return false;
}

pid_t Chain::pid(Who who) const {
  switch (who) {
    case Who::supervisor: {
      return supervisor_ > 0 && alive(supervisor_) ? supervisor_ : -1;
    }
    case Who::guard: {
      const auto all = processes("standstill-guard");
      return all.empty() ? -1 : all.front();
    }
    case Who::cutter1:
    case Who::cutter2:
      break;
  }
  for (const pid_t pid : processes("standstill-cutter"))
    if (is_cutter(pid, who == Who::cutter1 ? '1' : '2')) return pid;
  return -1;
}

bool Chain::complete() const {
  for (const Who who : all_processes)
    if (pid(who) < 0) return false;
  return true;
}

bool Chain::to_ready(Limit limit) {
  return until(
      [&] {
        if (is("ready")) return true;
        if (look("/acknowledged") != "true") word("ack");
        return word("reset").status == 200;
      },
      limit);
}

bool Chain::to_running() {
  return until([&] { return to_ready() && word("start").status == 200; }, 30s);
}

std::string Chain::log() const { return read_file(folder_ + "/log"); }

std::string Chain::run_command(const std::string& words) const {
  const std::string line =
      "LD_PRELOAD=/lib/quick_scrypt.so standstill -c " + folder_ + "/c.toml " + words + " 2>&1";
  FILE* pipe = ::popen(line.c_str(), "r");
  std::string text;
  char bytes[4096];
  for (std::size_t count; (count = ::fread(bytes, 1, sizeof bytes, pipe)) > 0;) text.append(bytes, count);
  ::pclose(pipe);
  return text;
}

std::string Chain::about() const {
  std::string processes;
  for (const Who who : all_processes) {
    const std::string id = std::to_string(pid(who));
    const std::string status = read_file("/proc/" + id + "/status");
    const auto at = status.find("State:");
    processes += std::string(name(who)) + " " + id + ": " +
                 (at == std::string::npos ? "none" : status.substr(at, status.find('\n', at) - at)) + " in " +
                 read_file("/proc/" + id + "/wchan") + "\n";
  }
  return processes + "state: " + test::ask(socket(), "GET", "/api/v1/state").body +
         "\nwhy: " + test::ask(socket(), "GET", "/api/v1/why").body + "\nlog: " + log();
}

namespace {

// Everybody in a control group but one goes back to where they came from.
void empty(const std::string& group, pid_t but) {
  std::istringstream lines(read_file(group + "/cgroup.procs"));
  for (pid_t pid = 0; lines >> pid;) {
    if (pid == but) continue;
    try {
      write_file("/sys/fs/cgroup/cgroup.procs", std::to_string(pid));
    } catch (const std::runtime_error&) {
      continue;  // it has ended meanwhile, and is in nobody's way
    }
  }
}

int freezers = 0;

}  // namespace

Freezer::Freezer(pid_t pid) : pid_(pid), group_("/sys/fs/cgroup/frozen-" + std::to_string(++freezers)) {
  ::mkdir(group_.c_str(), 0755);
  write_file(group_ + "/cgroup.procs", std::to_string(pid));
}

void Freezer::freeze() {
  empty(group_, pid_);  // a supervisor that starts has children: the guard must not freeze with it
  write_file(group_ + "/cgroup.freeze", "1");
  // The kernel only asks: each thread stops where it next returns to its program.
  while (read_file(group_ + "/cgroup.events").find("frozen 1") == std::string::npos) ::usleep(100);
}

Freezer::~Freezer() {
  write_file(group_ + "/cgroup.freeze", "0");
  if (until([&] { return ::rmdir(group_.c_str()) == 0; }, 200ms)) return;
  empty(group_, -1);  // it lives on, and what it has started since
  (void)until([&] { return ::rmdir(group_.c_str()) == 0; }, 200ms);
}

}  // namespace standstill::hil
