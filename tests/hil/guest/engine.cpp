#include "hil/guest/engine.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "hil/guest/chain.hpp"

namespace standstill::hil {

namespace {

int made = 0;

constexpr long one_ns = 58'000, zero_ns = 100'000;  // half bits, S-9.1 section A

void sleep_to(timespec& at, long more_ns) {
  at.tv_nsec += more_ns;
  at.tv_sec += at.tv_nsec / 1'000'000'000;
  at.tv_nsec %= 1'000'000'000;
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

Station::Station(const SimChip& chip) : pull_(chip.open_pull(0)) {
  thread_ = std::thread([this] {
    // Rails ask no scheduler. Above the kernel's interrupt threads it would starve them, but it sleeps
    // between two edges.
    sched_param first{};
    first.sched_priority = 80;
    ::sched_setscheduler(0, SCHED_FIFO, &first);
    while (!end_) {
      if (!silent_) send();
      ::usleep(50'000);
    }
  });
}

Station::~Station() {
  end_ = true;
  thread_.join();
  ::close(pull_);
}

// 128 speed steps, forward: 0x03 0x3F 1SSSSSSS and their sum; preamble of 16 ones, a zero before each byte, a
// one at the end.
void Station::send() {
  const std::array<std::uint8_t, 3> bytes{0x03, 0x3F, static_cast<std::uint8_t>(0x80U | step_.load())};
  std::vector<bool> bits(16, true);
  const auto put = [&](std::uint8_t byte) {
    bits.push_back(false);
    for (int i = 7; i >= 0; --i) bits.push_back((byte >> i & 1U) != 0);
  };
  for (const std::uint8_t byte : bytes) put(byte);
  put(bytes[0] ^ bytes[1] ^ bytes[2]);
  bits.push_back(true);
  bits.push_back(true);  // of what follows on real rails: the end's second half ends with it
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  for (const bool bit : bits)
    for (const bool up : {true, false}) {
      (void)!(up ? ::pwrite(pull_, "pull-up", 7, 0) : ::pwrite(pull_, "pull-down", 9, 0));
      sleep_to(at, bit ? one_ns : zero_ns);
    }
}

Engine::Engine() : folder_("/tmp/engine-" + std::to_string(++made)) {
  record_spinners();
  ::mkdir(folder_.c_str(), 0700);
  logic.set(35);
  boiler.set(105);
  const auto channel = [](int number) {
    return "{ chip = \"/sys/bus/i2c/devices/0-0040/pwm/pwmchip*\", channel = " + std::to_string(number) +
           " }\n";
  };
  const auto temperature = [](const Lm75& one) {
    return "{ file = \"" + one.folder() + "/hwmon/hwmon*/temp1_input\", scale = 0.001 }\n";
  };
  const auto counts = [](const Ads1015& one, const std::string& scale) {
    return "{ file = \"" + one.folder() + "/iio:device*/in_voltage0_raw\", " + scale + " }\n";
  };
  write_file(folder_ + "/c.toml",
             "[site]\nname = \"tank engine\"\nstate_dir = \"" + folder_ +
                 "\"\n[loco]\nlogic = " + temperature(logic) + "boiler = " + temperature(boiler) +
                 "superheater = " + counts(superheater, "scale = 0.2, low = 10, high = 1590") +
                 "pressure = " + counts(pressure, "scale = 0.19, offset = -25.0, low = 80, high = 1590") +
                 "track = " + counts(track, "scale = 0.02") + "boiler_heater = " + channel(boiler_heater) +
                 "superheater_heater = " + channel(superheater_heater) + "servo = " + channel(servo) +
                 "dcc = { chip = \"sim\", line = 0 }\npty = \"" + folder_ + "/line\"\n");
  fire_ = std::thread([this] {
    for (int i = 0; !end_; ++i) {
      if (boiler.plugged()) boiler.set(105 + i % 2 * 0.125);
      superheater.set(1000 + i % 2);
      pressure.set(658 + i % 2);
      ::usleep(200'000);
    }
  });
  keeper_ = ::fork();
  if (keeper_ == 0) {
    const int log = ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execl("/bin/standstill", "standstill", "-c", (folder_ + "/c.toml").c_str(), "loco", nullptr);
    ::_exit(127);
  }
  const std::string line = folder_ + "/line";
  if (!until([&] {
        return has_ended() || (line_ = ::open(line.c_str(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) >= 0;
      }) ||
      line_ < 0)
    throw std::runtime_error("standstill loco does not start: " + read_file(folder_ + "/log"));
}

Engine::~Engine() {
  end_ = true;
  fire_.join();
  if (!has_ended()) end();
  ::waitpid(keeper_, nullptr, 0);
  ::close(line_);
  EXPECT_EQ(who_spun(), "");
}

bool Engine::drive() {
  // A speed counts only after a reset, and a reset only when all has been fine for a while.
  if (!until([&] { return state() == "ready"; }, 30s)) return false;
  station.command(40);
  return until([&] { return state() == "running" && pwm.duty(boiler_heater) > 0 && pulse() > 1500; }, 30s);
}

void Engine::end() {
  ::kill(keeper_, SIGTERM);
  if (!until([&] { return has_ended(); }, 30s)) ::kill(keeper_, SIGKILL);
}

bool Engine::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(keeper_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == keeper_;
}

pid_t Engine::loop() const {
  const std::string pid = std::to_string(keeper_);
  return std::atoi(read_file("/proc/" + pid + "/task/" + pid + "/children").c_str());
}

void Engine::hear() {
  char bytes[512];
  for (ssize_t count; (count = ::read(line_, bytes, sizeof bytes)) > 0;)
    heard_.append(bytes, static_cast<std::size_t>(count));
}

// "STATE tripped 8 THERMAL_BOILER_LIMIT(112°C > 110°C)"
std::string Engine::state() {
  hear();
  const auto end = heard_.rfind('\n');
  const auto at = heard_.rfind("STATE ", end);
  if (end == std::string::npos || at == std::string::npos) return {};
  return heard_.substr(at + 6, heard_.find_first_of(" \r\n", at + 6) - at - 6);
}

std::string Engine::reason() {
  hear();
  const auto at = heard_.rfind("STATE ");
  if (at == std::string::npos) return {};
  const std::string line = heard_.substr(at, heard_.find_first_of("\r\n", at) - at);
  const auto number = line.find(' ', 6);
  const auto words = number == std::string::npos ? number : line.find(' ', number + 1);
  return words == std::string::npos ? "" : line.substr(words + 1);
}

bool Engine::answers(const std::string& line, const std::string& beginning) {
  hear();
  const auto from = heard_.size();
  (void)!::write(line_, (line + "\n").c_str(), line.size() + 1);
  return until([&] {
    hear();
    return heard_.find("\n" + beginning, from == 0 ? 0 : from - 1) != std::string::npos;
  });
}

std::string Engine::about() {
  hear();
  return heard_.substr(heard_.size() - std::min<std::size_t>(heard_.size(), 600)) +
         read_file(folder_ + "/log") + "pulse " + std::to_string(pulse()) + " µs, heaters " +
         std::to_string(pwm.duty(boiler_heater)) + " " + std::to_string(pwm.duty(superheater_heater));
}

}  // namespace standstill::hil
