// A process of Standstill is killed or stopped → the last relay's safe command was written.
//
// The yardstick for a kill watches one end of a socket pair whose other end a victim of a few hundred KB
// holds, and writes one command; ours watches supervisors of 20 and of 200 MB, a guard, a cutter, and must
// make two relays safe. A stop has no yardstick: its time-out plus 10 ms is printed beside the worst.
//
// usage: bench_deaths [SAMPLES]   (default 200 a victim)
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "bench/peer.hpp"
#include "bench/plant.hpp"
#include "bench/sample.hpp"
#include "bench/yardstick.hpp"
#include "os/clock.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr double limit = 3;
constexpr double not_in_time_ns = 1.5e9;  // a slow sample is not a missing one
constexpr int batches = 3;

enum class Victim : std::uint8_t { supervisor, guard, cutter };

struct Case {
  const char* name;
  Victim victim;
  std::size_t megabytes;    // of the supervisor, beside its own
  double stopped_after_ms;  // the time-out that notices a stop
};
constexpr std::array<Case, 4> cases{Case{"supervisor of 20 MB", Victim::supervisor, 0, 500},
                                    Case{"supervisor of 200 MB", Victim::supervisor, 180, 500},
                                    Case{"guard", Victim::guard, 0, 100},
                                    Case{"cutter", Victim::cutter, 0, 100}};

class Course {
 public:
  explicit Course(bool realtime) : realtime_(realtime) {
    const std::string plan = recorded_plan();
    for (std::size_t i = 0; i < cases.size(); ++i) peers_.add(plan);
    peers_.begin();
    yardstick_ = std::make_unique<Yardstick>(Yardstick::of_process(bare_relay_.device(), realtime));
    for (std::size_t i = 0; i < cases.size(); ++i)
      plants_.push_back(std::make_unique<Plant>(PlantSettings{
          .port = peers_.port(i), .relays = 2, .megabytes = cases[i].megabytes, .realtime = realtime}));
  }

  // One sample of each case, or of those that are `wanted`.
  void sample(const std::array<bool, cases.size()>& wanted, int signal, std::array<Row, cases.size()>& rows) {
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (wanted[i]) plants_[i]->ask_release();
    std::array<bool, cases.size()> running{};
    for (std::size_t i = 0; i < cases.size(); ++i) running[i] = wanted[i] && plants_[i]->released();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!running[i]) continue;
      if (signal == SIGKILL) take_yardstick(rows[i]);
      take_ours(i, signal, rows[i]);
    }
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (running[i] && cases[i].victim == Victim::supervisor) {
        plants_[i]->collect();
        plants_[i]->start_supervisor();
      }
  }

 private:
  std::int64_t send(pid_t victim, int signal) const {
    if (realtime_) become_realtime(1);
    const std::int64_t at = to_ns(os::now());
    ::kill(victim, signal);
    if (realtime_) become_realtime(0);
    return at;
  }

  void take_yardstick(Row& row) {
    yardstick_->arm();
    ::usleep(25'000);
    const std::int64_t died = send(yardstick_->victim(), SIGKILL);
    std::int64_t at = 0;
    for (int waited = 0; at <= died && waited < 1500; waited += 25) {
      ::usleep(25'000);
      at = yardstick_->written_ns();
    }
    row.yardstick.push_back(at > died ? static_cast<double>(at - died) : not_in_time_ns);
  }

  void take_ours(std::size_t i, int signal, Row& row) {
    Plant& plant = *plants_[i];
    const pid_t victim = cases[i].victim == Victim::supervisor ? plant.supervisor()
                         : cases[i].victim == Victim::guard    ? plant.guard()
                                                               : plant.active_cutter();
    if (victim <= 0) return;
    plant.arm();
    ::usleep(25'000);
    const std::int64_t died = send(victim, signal);
    std::optional<std::int64_t> at;
    for (int waited = 0; !at && waited < 1500; waited += 25) {
      ::usleep(25'000);
      at = plant.written_ns(died);
    }
    row.ours.push_back(at ? static_cast<double>(*at - died) : not_in_time_ns);
    // What is stopped was fenced by the others, except a supervisor: nothing waits for that one.
    if (signal == SIGSTOP && cases[i].victim == Victim::supervisor) ::kill(victim, SIGKILL);
  }

  bool realtime_;
  Peers peers_;
  Relay bare_relay_;
  std::unique_ptr<Yardstick> yardstick_;
  std::vector<std::unique_ptr<Plant>> plants_;
};

bool measure(bool realtime, std::size_t samples, bool stops) {
  const std::string mode = realtime ? ", real time" : ", ordinary";
  Course course(realtime);
  std::array<Row, cases.size()> warm_up, killed, stopped;
  const std::array<bool, cases.size()> all{true, true, true, true};
  course.sample(all, SIGKILL, warm_up);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    killed[i].what = std::string(cases[i].name) + " killed: written" + mode;
    killed[i].limit = limit;
    stopped[i].what = std::string(cases[i].name) + " stopped: written" + mode;
  }
  for (int batch = 1; batch <= batches; ++batch) {
    std::array<bool, cases.size()> wanted{};
    bool any = false;
    for (std::size_t i = 0; i < cases.size(); ++i) any = (wanted[i] = batch == 1 || killed[i].fails()) || any;
    for (std::size_t n = 0; any && n < samples; ++n) course.sample(wanted, SIGKILL, killed);
  }
  for (int n = 0; stops && n < 8; ++n) course.sample(all, SIGSTOP, stopped);
  bool good = true;
  for (const Row& row : killed) good = print(row) && good;
  for (std::size_t i = 0; stops && i < cases.size(); ++i) {
    const double most = (cases[i].stopped_after_ms + 10) * 1e6;
    stopped[i].note =
        (percentile(stopped[i].ours, 1) <= most ? "within " : "reported, over ") + time_text(most);
    print(stopped[i]);
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t samples = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
  const bool allowed = become_realtime(1);
  become_realtime(0);
  bool good = measure(false, samples, !allowed);
  if (allowed)
    good = measure(true, samples / 2, true) && good;
  else
    std::fprintf(stderr,
                 "bench: deaths in real time: not measured, this machine allows no real-time scheduling\n");
  return good ? 0 : 1;
}
