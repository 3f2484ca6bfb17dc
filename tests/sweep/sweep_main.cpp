// A kill at every system call, and errors in them: see docs/proofs.md. `./dev sweep` runs all of it.
#include <sys/syscall.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <thread>

#include "sweep/guard_sweep.hpp"
#include "sweep/supervisor_sweep.hpp"

namespace standstill::sweep {

std::string Table::error_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : std::to_string(error);
}

namespace {

constexpr int errors[] = {ENOSPC, EIO, EINTR, ENOMEM, EMFILE};

struct Options {
  std::size_t sample = 0;  // blows a process; 0: all of them
  std::uint32_t seed = 1;
  unsigned jobs = 6;
  std::string only;  // name of one process
  std::string call;  // name of one system call
};

std::vector<Strike> errors_of(Victim victim, const Survey& survey) {
  std::vector<Strike> strikes;
  for (const auto& [call, count] : survey.counts()) {
    // The end of a thread or process has no error, and a process without its first mappings never begins.
    if (call == SYS_exit || call == SYS_exit_group || call == SYS_execve) continue;
    for (const int error : errors) {
      strikes.push_back({victim, 1, true, error, call, 1, false});
      strikes.push_back({victim, 1 + count / 2, true, error, call, 25, false});
    }
  }
  return strikes;
}

// Guard and cutters: each call, at entry and at exit.
std::vector<Strike> kills_of(Victim victim, const Survey& survey) {
  std::vector<Strike> strikes;
  for (std::uint64_t index = 1; index <= survey.calls.size(); ++index) {
    for (const bool entry : {true, false}) strikes.push_back({victim, index, entry, 0, -1, 1, false});
    // A first boot, with nothing on disk yet, differs from others only until it has found that out.
    if (victim == Victim::guard && index <= 150) strikes.push_back({victim, index, true, 0, -1, 1, true});
  }
  return strikes;
}

// The supervisor: each call that a phase of the plant has, and each 50th of all, at entry and at exit.
std::vector<Strike> kills_of_supervisor(const Survey& survey) {
  std::vector<Strike> strikes;
  std::set<std::pair<long, Phase>> seen;
  for (std::uint64_t index = 1; index <= survey.calls.size(); ++index) {
    const long call = survey.calls[index - 1];
    const Phase phase = survey.phases[index - 1];
    const bool first = seen.emplace(call, phase).second;
    const bool ends = call == SYS_exit || call == SYS_exit_group;  // nobody returns from these
    for (const bool entry : {true, false}) {
      if (first && (entry || !ends))
        strikes.push_back({Victim::supervisor, index, entry, 0, call, 1, false, phase});
      if (index % 50 == 0) strikes.push_back({Victim::supervisor, index, entry, 0, -1, 1, false});
    }
  }
  std::printf("supervisor: %zu different (system call, phase of the plant)\n", seen.size());
  return strikes;
}

// Those that name this system call; all where none is asked for.
std::vector<Strike> chosen(std::vector<Strike> strikes, std::string_view call) {
  if (!call.empty())
    std::erase_if(
        strikes, [&](const Strike& one) { return one.number < 0 || test::Tracer::name(one.number) != call; });
  return strikes;
}

class Work {
 public:
  void add(std::vector<Strike> strikes, std::size_t sample, std::mt19937& dice) {
    std::shuffle(strikes.begin(), strikes.end(), dice);
    if (sample != 0 && strikes.size() > sample) strikes.resize(sample);
    for (const Strike& one : strikes) todo_[place(one.victim)].push_back(one);
  }
  [[nodiscard]] std::size_t left(Victim victim) {
    const std::lock_guard lock(mutex_);
    return todo_[place(victim)].size();
  }
  // The process with the most work left, so that all rigs end together.
  [[nodiscard]] std::optional<Victim> heaviest() {
    const std::lock_guard lock(mutex_);
    std::size_t best = 0;
    for (std::size_t i = 1; i < todo_.size(); ++i)
      if (todo_[i].size() * weight(i) > todo_[best].size() * weight(best)) best = i;
    return todo_[best].empty() ? std::nullopt : std::optional(static_cast<Victim>(best));
  }
  [[nodiscard]] std::optional<Strike> take(Victim victim) {
    const std::lock_guard lock(mutex_);
    auto& list = todo_[place(victim)];
    if (list.empty()) return std::nullopt;
    const Strike strike = list.front();
    list.pop_front();
    return strike;
  }

 private:
  static std::size_t place(Victim victim) { return static_cast<std::size_t>(victim); }
  static std::size_t weight(std::size_t victim) { return victim == place(Victim::supervisor) ? 4 : 1; }
  std::mutex mutex_;
  std::array<std::deque<Strike>, 4> todo_;
};

template <class Sweep>
void serve(Victim victim, Work& work, Table& table) {
  constexpr int blows_a_rig = 60;  // a rig is given up now and then, so that nothing can hide in an old one
  Sweep sweep(victim, table);
  for (int i = 0; i < blows_a_rig; ++i) {
    const auto strike = work.take(victim);
    if (!strike) return;
    sweep.deal(*strike);
  }
}

template <class Sweep>
Survey survey_of(Victim victim, Table& table) {
  for (int i = 0; i < 3; ++i) {
    Sweep sweep(victim, table);
    if (auto seen = sweep.survey(); !seen.calls.empty()) return seen;
  }
  std::fprintf(stderr, "sweep: %s never came through every state, though nothing was broken\n",
               victim_names[static_cast<int>(victim)]);
  std::exit(2);
}

int run(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  ::setenv("STANDSTILL_NO_REALTIME", "1", 1);
  Table table;
  Work work;
  std::mt19937 dice(options.seed);
  std::array<Survey, 4> surveys;
  std::vector<Victim> victims;
  for (const Victim victim : {Victim::guard, Victim::cutter1, Victim::cutter2, Victim::supervisor})
    if (options.only.empty() || options.only == victim_names[static_cast<int>(victim)])
      victims.push_back(victim);
  {
    std::vector<std::thread> all;
    for (const Victim victim : victims)
      all.emplace_back([&, victim] {
        surveys[static_cast<std::size_t>(victim)] = victim == Victim::supervisor
                                                        ? survey_of<SupervisorSweep>(victim, table)
                                                        : survey_of<GuardSweep>(victim, table);
      });
    for (auto& one : all) one.join();
  }
  for (const Victim victim : victims) {
    const Survey& survey = surveys[static_cast<std::size_t>(victim)];
    std::printf(
        "%s: %zu system calls from its start through start, trip, acknowledge, reset and start, %zu "
        "different ones\n",
        victim_names[static_cast<int>(victim)], survey.calls.size(), survey.counts().size());
    const std::size_t share = options.sample;
    work.add(chosen(victim == Victim::supervisor ? kills_of_supervisor(survey) : kills_of(victim, survey),
                    options.call),
             share, dice);
    work.add(chosen(errors_of(victim, survey), options.call), share == 0 ? 0 : (share + 1) / 2, dice);
  }
  std::fflush(stdout);
  std::vector<std::thread> jobs;
  for (unsigned i = 0; i < options.jobs; ++i)
    jobs.emplace_back([&] {
      while (const auto victim = work.heaviest()) {
        if (*victim == Victim::supervisor)
          serve<SupervisorSweep>(*victim, work, table);
        else
          serve<GuardSweep>(*victim, work, table);
      }
    });
  for (auto& job : jobs) job.join();
  table.print();
  std::printf("sweep: %.0f s, seed %u, %u rigs at a time\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(), options.seed,
              options.jobs);
  return table.violations() == 0 && table.blows() > 0 && !table.missed_too_many() ? 0 : 1;
}

}  // namespace
}  // namespace standstill::sweep

int main(int argc, char** argv) {
  standstill::sweep::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (value != nullptr && word == "--sample")
      options.sample = std::strtoul(value, nullptr, 10);
    else if (value != nullptr && word == "--seed")
      options.seed = static_cast<std::uint32_t>(std::strtoul(value, nullptr, 10));
    else if (value != nullptr && word == "--jobs")
      options.jobs = std::max(1U, static_cast<unsigned>(std::strtoul(value, nullptr, 10)));
    else if (value != nullptr && word == "--only")
      options.only = value;
    else if (value != nullptr && word == "--call")
      options.call = value;
    else {
      std::fprintf(
          stderr,
          "usage: sweep [--sample BLOWS] [--seed N] [--jobs N] [--only 'guard'|'cutter 1'|'cutter 2'|"
          "'supervisor'] [--call NAME]\n"
          "Kills each process at each of its system calls, and lets calls fail; prints a table and a "
          "count.\n");
      return 2;
    }
    ++i;
  }
  if (!standstill::test::Tracer::allowed()) {
    std::printf("sweep: this user may not trace processes (ptrace); skipped\n");
    return 77;
  }
  return standstill::sweep::run(options);
}
