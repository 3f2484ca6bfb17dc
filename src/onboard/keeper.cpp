#include "onboard/keeper.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "onboard/sysfs.hpp"
#include "os/clock.hpp"
#include "os/realtime.hpp"

namespace standstill::onboard {

namespace {

void sleep_for(Duration time) {
  const timespec length{0, static_cast<long>(time.count())};
  ::nanosleep(&length, nullptr);
}

bool write(const SafeOutputs::Output& output, std::uint32_t duty_ns) {
  return write_duty(output.duty, output.period, output.period_ns, duty_ns);
}

void say(const char* text) { (void)!::write(STDERR_FILENO, text, std::strlen(text)); }

}  // namespace

bool make_safe(const SafeOutputs& outputs) {
  bool took = write(outputs.boiler, 0);
  took = write(outputs.superheater, 0) && took;
  took = write(outputs.servo, outputs.closed_ns) && took;
  sleep_for(servo_holds);
  took = write(outputs.servo, 0) && took;
  took = write(outputs.boiler, 0) && took;
  return write(outputs.superheater, 0) && took;
}

std::expected<int, std::string> keep(const SafeOutputs& outputs, const std::function<int(Heartbeat&)>& loop) {
  void* shared =
      ::mmap(nullptr, sizeof(Heartbeat), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    return std::unexpected(std::string("no memory to share: ") + std::strerror(errno));
  auto* beat = new (shared) Heartbeat;
  beat->closed_ns = outputs.closed_ns;
  const auto secure = [&] {
    SafeOutputs now = outputs;
    now.closed_ns = beat->closed_ns;
    (void)make_safe(now);
  };
  // Whoever wants to end this ends the loop, which parks the engine first.
  ::signal(SIGINT, SIG_IGN);
  const pid_t keeper = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(std::string("no process for the loop: ") + std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a loop without a keeper parks the engine
    if (::getppid() != keeper) ::_exit(1);
    ::_exit(loop(*beat));
  }
  static pid_t passed_on;
  passed_on = child;
  struct sigaction pass{};
  pass.sa_handler = [](int) { ::kill(passed_on, SIGTERM); };
  ::sigaction(SIGTERM, &pass, nullptr);
  // Whoever watches must not wait for whoever is watched, nor for what else the machine does. What is
  // refused here is refused to the loop, too, which says so.
  (void)os::enter_realtime(os::cutter_priority, true);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) {
      if (beat->ended) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
      secure();
      say("standstill loco: the loop ended; heaters are off and the regulator is closed\n");
      return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1;
    }
    const std::int64_t at = beat->at_ns;
    if (at != 0 && !beat->ended && os::now() - instant_from_ns(at) > heartbeat_lost) {
      // It is killed before its outputs are taken: stopped and continued, it would set them again.
      ::kill(child, SIGKILL);
      (void)write(outputs.boiler, 0);
      (void)write(outputs.superheater, 0);
      ::waitpid(child, &status, 0);
      secure();
      say("standstill loco: the loop stood still; it was ended, heaters are off and the regulator is "
          "closed\n");
      return 1;
    }
    sleep_for(10ms);
  }
}

}  // namespace standstill::onboard
