#include "support/tracer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "support/system_call_names.hpp"

extern char** environ;  // NOLINT: the C library's own name

namespace standstill::test {

namespace {

constexpr auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

// glibc's function is variadic over void pointers; the kernel takes a number or an address.
template <class Data>
long ptrace_of(int request, pid_t tid, std::uintptr_t address, Data data) {
  return ::ptrace(static_cast<__ptrace_request>(request), tid, address, data);
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

pid_t process_of(pid_t tid) {
  std::istringstream status(text_of("/proc/" + std::to_string(tid) + "/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Tgid:")) return static_cast<pid_t>(std::stol(line.substr(5)));
  return tid;
}

TracedProcess describe(pid_t pid) {
  TracedProcess process{pid, {}, {}};
  std::istringstream line(text_of("/proc/" + std::to_string(pid) + "/cmdline"));
  for (std::string word; std::getline(line, word, '\0');) process.arguments.push_back(word);
  if (!process.arguments.empty()) {
    process.program = process.arguments.front().substr(process.arguments.front().find_last_of('/') + 1);
    process.arguments.erase(process.arguments.begin());
  }
  return process;
}

#if defined(__x86_64__)
void skip_call(pid_t tid) { ptrace_of(PTRACE_POKEUSER, tid, offsetof(user, regs.orig_rax), -1L); }
void set_result(pid_t tid, long result) { ptrace_of(PTRACE_POKEUSER, tid, offsetof(user, regs.rax), result); }
#elif defined(__aarch64__)
void skip_call(pid_t tid) {
  int none = -1;
  iovec piece{&none, sizeof none};
  ptrace_of(PTRACE_SETREGSET, tid, 0x404 /* NT_ARM_SYSTEM_CALL */, &piece);
}
void set_result(pid_t tid, long result) {
  user_regs_struct registers{};
  iovec piece{&registers, sizeof registers};
  ptrace_of(PTRACE_GETREGSET, tid, 1 /* NT_PRSTATUS */, &piece);
  registers.regs[0] = static_cast<unsigned long>(result);
  ptrace_of(PTRACE_SETREGSET, tid, 1, &piece);
}
#else
#error "say how a system call is skipped on this processor"
#endif

}  // namespace

std::string Tracer::name(long number) {
  for (const auto& [known, text] : system_call_names)
    if (known == number) return std::string(text);
  return std::to_string(number);
}

bool Tracer::allowed() {
  static const bool can = [] {
    Tracer probe({{"/bin/true"}}, [](const TracedProcess&) { return Role::leave; }, {});
    return probe.pid() > 0;
  }();
  return can;
}

Tracer::Tracer(Command command, Choose choose, Judge judge)
    : choose_(std::move(choose)), judge_(std::move(judge)) {
  // ptrace belongs to one thread: the one that forks the program also waits for it.
  std::atomic<int> started = 0;
  thread_ = std::thread([&, words = command] { trace(words, started); });
  started.wait(0);
}

Tracer::~Tracer() {
  while (!done_) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [pid, lives] : living_)
        if (lives) ::kill(pid, SIGKILL);
    }
    ::usleep(1000);
  }
  thread_.join();
}

std::optional<int> Tracer::ended(pid_t process) const {
  const std::lock_guard lock(mutex_);
  const auto found = ended_.find(process);
  return found == ended_.end() ? std::nullopt : std::optional(found->second);
}

pid_t Tracer::launch(const Command& command) {
  std::vector<std::string> kept = command.environment;
  for (char** one = environ; *one != nullptr; ++one) kept.emplace_back(*one);
  std::vector<char*> environment, argv;
  for (auto& one : kept) environment.push_back(one.data());
  environment.push_back(nullptr);
  std::vector<std::string> words = command.words;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int go[2];
  if (::pipe2(go, O_CLOEXEC) != 0) return -1;
  const pid_t pid = ::fork();
  if (pid == 0) {
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(126);
    ::setsid();
    if (!command.log.empty()) {
      const int out = ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(out, 1);
      ::dup2(out, 2);
    }
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);  // only what the program opens may keep a device alive
    ::execve(argv[0], argv.data(), environment.data());
    ::_exit(127);
  }
  if (pid > 0 && ptrace_of(PTRACE_SEIZE, pid, 0, static_cast<long>(options)) == 0) {
    threads_[pid].of = processes_[pid] = std::make_shared<Watched>();
    processes_[pid]->process.pid = pid;
    {
      const std::lock_guard lock(mutex_);
      living_[pid] = true;
    }
    [[maybe_unused]] const auto told = ::write(go[1], "x", 1);
    ::close(go[0]);
    ::close(go[1]);
    return pid;
  }
  ::close(go[0]);
  ::close(go[1]);
  if (pid > 0) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  return -1;
}

void Tracer::trace(const Command& command, std::atomic<int>& started) {
  pid_ = launch(command);
  started = 1;
  started.notify_one();
  if (pid_ > 0) {
    int status = 0;
    // Only this thread's own: other tracers of this process wait for theirs.
    for (pid_t tid = 0; (tid = ::waitpid(-1, &status, __WALL | __WNOTHREAD)) > 0 || errno == EINTR;) {
      if (tid <= 0) continue;
      if (WIFSTOPPED(status)) {
        stopped(tid, status);
        continue;
      }
      threads_.erase(tid);
      if (processes_.erase(tid) == 0) continue;
      const std::lock_guard lock(mutex_);
      ended_[tid] = status;
      living_[tid] = false;
    }
  }
  done_ = true;
}

Tracer::Thread& Tracer::known(pid_t tid) {
  Thread& thread = threads_[tid];
  if (!thread.of) {
    const pid_t pid = process_of(tid);
    auto& process = processes_[pid];
    if (!process) {
      process = std::make_shared<Watched>();
      process->process.pid = pid;
      const std::lock_guard lock(mutex_);
      living_[pid] = true;
    }
    thread.of = process;
  }
  return thread;
}

void Tracer::resume(pid_t tid, int signal) {
  const auto thread = threads_.find(tid);
  const bool steps = thread != threads_.end() && thread->second.of->role == Role::step;
  ptrace_of(steps ? PTRACE_SYSCALL : PTRACE_CONT, tid, 0, static_cast<long>(signal));
}

void Tracer::stopped(pid_t tid, int status) {
  Thread& thread = known(tid);
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (signal == (SIGTRAP | 0x80)) return at_call(thread, tid);
  if (event == PTRACE_EVENT_EXEC) return executed(tid);
  if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {  // stopped by SIGSTOP, and stays so
    ptrace_of(PTRACE_LISTEN, tid, 0, 0L);
    return;
  }
  resume(tid, event == 0 ? signal : 0);
}

void Tracer::executed(pid_t tid) {
  Thread& thread = known(tid);
  Watched& watched = *thread.of;
  watched.process = describe(tid);
  watched.calls = 0;
  thread.index = 0;
  watched.role = choose_(watched.process);
  if (watched.role != Role::leave) return resume(tid, 0);
  ptrace_of(PTRACE_DETACH, tid, 0, 0L);
  threads_.erase(tid);
  const bool ours = tid == pid_;  // its end is still ours to collect
  if (!ours) processes_.erase(tid);
  const std::lock_guard lock(mutex_);
  if (!ours) living_.erase(tid);
}

void Tracer::at_call(Thread& thread, pid_t tid) {
  Watched& watched = *thread.of;
  __ptrace_syscall_info info{};
  if (ptrace_of(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0) return resume(tid, 0);
  const bool entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
  if (entry) {
    thread.number = static_cast<long>(info.entry.nr);
    for (std::size_t i = 0; i < 6; ++i) thread.arguments[i] = info.entry.args[i];
    thread.index = ++watched.calls;
  }
  std::int64_t result = entry ? 0 : info.exit.rval;
  if (!entry && thread.inject != 0) {
    result = -thread.inject;
    set_result(tid, -thread.inject);
    thread.inject = 0;
  }
  const Deed deed =
      judge_ ? judge_({watched.process, tid, thread.number, thread.arguments, entry, result, thread.index})
             : Deed{};
  if (deed.what == Deed::What::kill) {
    ::kill(watched.process.pid, SIGKILL);  // it ends without being resumed; at entry the call never happens
    return;
  }
  if (deed.what == Deed::What::fail && entry) {
    thread.inject = deed.error;
    skip_call(tid);
  }
  resume(tid, 0);
}

}  // namespace standstill::test
