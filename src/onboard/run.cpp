#include "onboard/run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>

#include "link/serial.hpp"
#include "onboard/controller.hpp"
#include "onboard/flash_file.hpp"
#include "onboard/keeper.hpp"
#include "os/clock.hpp"
#include "os/end_signals.hpp"
#include "os/lock_file.hpp"
#include "os/pseudo_terminal.hpp"
#include "os/realtime.hpp"
#include "output/line/edge_line.hpp"
#include "output/line/watchdog_device.hpp"

namespace standstill::onboard {

namespace {

int refuse(const std::string& why) {
  std::fprintf(stderr, "standstill loco: %s\n", why.c_str());
  return 2;
}

// Where lines go: what nobody takes is dropped, as on a UART.
class Telemetry final : public loco::Lines {
 public:
  explicit Telemetry(int fd) : fd_(fd) {}
  void say(std::string_view line) override {
    std::array<char, 256> bytes{};
    const std::size_t size = std::min(line.size(), bytes.size() - 1);
    std::copy_n(line.data(), size, bytes.data());
    bytes[size] = '\n';
    if (::write(fd_, bytes.data(), size + 1) < 0) return;
  }

 private:
  int fd_;
};

// A power cycle starts the kernel anew. A second start of this program within one boot is none, so it needs a
// person, as a reset by the hardware watchdog does on a microcontroller.
std::expected<loco::BootReason, std::string> boot_reason(const std::string& path) {
  std::array<char, 64> now{};
  std::array<char, 64> before{};
  const os::Fd kernel(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  const ssize_t size = ::read(kernel.get(), now.data(), now.size());
  if (size <= 0) return std::unexpected("the kernel does not tell which boot this is");
  const os::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return std::unexpected(path + ": " + std::strerror(errno));
  const ssize_t had = ::pread(file.get(), before.data(), before.size(), 0);
  if (had == size && before == now) return loco::BootReason::software;
  if (::pwrite(file.get(), now.data(), static_cast<std::size_t>(size), 0) != size ||
      ::ftruncate(file.get(), size) != 0 || ::fdatasync(file.get()) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  return loco::BootReason::power_on;
}

std::uint32_t free_memory() {
  struct sysinfo about{};
  if (::sysinfo(&about) != 0) return 0;
  const std::uint64_t bytes = std::uint64_t{about.freeram} * about.mem_unit;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
}

plan::GpioLine place(const config::EdgeLine& line) {
  plan::GpioLine made;
  made.chip.assign(line.chip);
  made.line = line.line;
  return made;
}

std::expected<Edges, std::string> edges_of(const config::EdgeLine& line, const char* consumer) {
  auto fd = output::request_edges(place(line), consumer, Edges::kept);
  if (!fd) return std::unexpected(fd.error());
  return Edges(std::move(*fd));
}

// Everything that can fail is opened before there is a second process, so that its error reaches whoever
// typed the command.
struct Opened {
  Hardware hardware;
  std::unique_ptr<Sampler> sampler;
  os::Fd line;
  os::PseudoTerminal terminal;
  std::unique_ptr<output::WatchdogDevice> watchdog;
  loco::BootReason reason = loco::BootReason::power_on;

  [[nodiscard]] int line_fd() const { return line ? line.get() : terminal.fd(); }
};

template <class Value>
std::optional<std::string> take(std::expected<Value, std::string> made, Value& into) {
  if (!made) return made.error();
  into = std::move(*made);
  return std::nullopt;
}

std::optional<std::string> open_all(const config::Loco& set, const std::string& state_dir, Opened& into) {
  Hardware& hardware = into.hardware;
  const std::uint32_t heat_ns = set.heater_period_us * 1000;
  constexpr std::uint32_t servo_ns = 20'000'000;
  if (auto why = take(Pwm::open(set.boiler_heater.chip, set.boiler_heater.channel, heat_ns), hardware.boiler))
    return why;
  if (auto why = take(Pwm::open(set.superheater_heater.chip, set.superheater_heater.channel, heat_ns),
                      hardware.superheater))
    return why;
  if (auto why = take(Pwm::open(set.servo.chip, set.servo.channel, servo_ns), hardware.servo)) return why;
  if (set.servo_power) {
    auto line = output::GpioLine::request_output(place(*set.servo_power), true, "standstill servo power");
    if (!line) return line.error();
    hardware.servo_power = std::move(*line);
  }
  if (set.dcc)
    if (auto why = take(edges_of(*set.dcc, "standstill rails"), hardware.dcc)) return why;
  if (set.encoder) {
    Edges edges;
    if (auto why = take(edges_of(*set.encoder, "standstill encoder"), edges)) return why;
    hardware.encoder = std::move(edges);
  }
  if (auto why = take(Sampler::open(set), into.sampler)) return why;
  if (set.device.empty()) {
    if (auto why = into.terminal.open(set.pty)) return why;
  } else {
    const auto format = link::serial_format(set.baud, "8N1");
    if (!format) return format.error();
    if (auto why = take(link::open_serial(set.device, *format), into.line)) return why;
  }
  if (!set.watchdog.empty()) {
    auto device = output::WatchdogDevice::open(set.watchdog, 2s);
    if (!device) return device.error();
    into.watchdog = std::make_unique<output::WatchdogDevice>(std::move(*device));
  }
  auto reason = boot_reason(state_dir + "/loco-boot");
  if (!reason) return reason.error();
  into.reason = into.watchdog && into.watchdog->reset_machine() ? loco::BootReason::watchdog : *reason;
  return std::nullopt;
}

void sleep_until(Instant when) {
  const std::int64_t ns = to_ns(when);
  const timespec at{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  ::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, nullptr);
}

int turn(const config::Loco& set, Opened& opened, loco::Flash& flash, const os::EndSignals& signals,
         Heartbeat& beat) {
  Telemetry telemetry(opened.line_fd());
  Controller controller(set, std::move(opened.hardware), *opened.sampler, flash, telemetry);
  opened.sampler->begin();
  controller.boot(os::now(), opened.reason);
  Instant next = os::now();
  Duration execution{};
  while (!signals.take()) {
    next += loco::cycle;
    sleep_until(next);
    const Instant begun = os::now();
    beat.at_ns = to_ns(begun);
    beat.closed_ns = controller.closed_ns();
    std::array<std::uint8_t, 256> typed{};
    const ssize_t got = ::read(opened.line_fd(), typed.data(), typed.size());
    for (ssize_t i = 0; i < got; ++i) controller.typed(typed[static_cast<std::size_t>(i)], begun);
    const bool fit = controller.cycle(begun, execution, begun - next, free_memory());
    if (fit && opened.watchdog) (void)opened.watchdog->pet();
    const Instant done = os::now();
    execution = done - begun;
    if (done > next + loco::cycle) next = done;  // what was missed is not made up for
  }
  // Held until steam is off, and heard meanwhile: the keeper takes silence for death.
  for (const Instant until = os::now() + servo_holds; os::now() < until;) {
    beat.at_ns = to_ns(os::now());
    controller.secure();
    sleep_until(os::now() + loco::cycle);
  }
  controller.release_servo();
  if (opened.watchdog) (void)opened.watchdog->disarm();
  beat.ended = true;
  return 0;
}

}  // namespace

int run(const config::Loco& settings, const std::string& state_dir) {
  const auto lock = os::take_lock(state_dir + "/loco.lock", "standstill loco");
  if (!lock) return refuse(lock.error());
  Opened opened;
  if (const auto why = open_all(settings, state_dir, opened)) return refuse(*why);
  if (!settings.dcc)
    std::fprintf(
        stderr,
        "standstill loco: no 'dcc' line is configured, so no signal is ever heard: it stays parked\n");
  if (settings.watchdog.empty())
    std::fprintf(stderr,
                 "standstill loco: no 'watchdog' is configured: a machine that stands still as a whole "
                 "keeps its heaters as they are\n");
  std::printf("line %s\n",
              settings.device.empty() ? opened.terminal.device().c_str() : settings.device.c_str());
  std::fflush(stdout);
  const auto output = [](const Pwm& pwm) {
    return SafeOutputs::Output{pwm.duty_fd(), pwm.period_fd(), pwm.period()};
  };
  SafeOutputs safe;
  safe.boiler = output(opened.hardware.boiler);
  safe.superheater = output(opened.hardware.superheater);
  safe.servo = output(opened.hardware.servo);
  safe.closed_ns = Controller::pulse_of(settings, 770);  // CV46's default, until the loop has read it
  const auto code = keep(safe, [&](Heartbeat& beat) {
    const os::EndSignals signals;
    auto flash = FlashFile::open(state_dir + "/loco-flash");
    if (!flash) {
      beat.ended = true;  // nothing was driven yet
      return refuse(flash.error());
    }
    // Below the kernel's interrupt threads, which have 50: above them, each cycle would cost edges of the
    // rails.
    const os::RealTime real = os::enter_realtime(os::guard_priority - 1, true);
    if (!real.warning.empty()) std::fprintf(stderr, "standstill loco: %s\n", real.warning.c_str());
    return turn(settings, opened, **flash, signals, beat);
  });
  return code ? *code : refuse(code.error());
}

}  // namespace standstill::onboard
