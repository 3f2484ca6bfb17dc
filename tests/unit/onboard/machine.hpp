// A machine made of files: converters, PWM chips and a GPIO line as the kernel shows them
// (Documentation/ABI/testing/sysfs-bus-iio, sysfs-class-pwm; linux/gpio.h).
#pragma once

#include <fcntl.h>
#include <linux/gpio.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "onboard/controller.hpp"
#include "sim/loco/flash.hpp"
#include "sim/loco/model.hpp"
#include "support/temporary_folder.hpp"
#include "wire/dcc/encoder.hpp"
#include "wire/dcc/programmer.hpp"

namespace standstill::onboard {

class FileMachine final : private loco::Lines {
 public:
  config::Loco set;
  sim::loco::Model model;
  std::vector<std::string> said;
  Instant now = instant_from_ns(1'000'000'000);
  bool station = true;
  std::uint8_t step = 0;
  std::vector<dcc::Packet> first;  // on the rails before the next refresh
  Duration late{};                 // of every second cycle

  FileMachine() {
    namespace fs = std::filesystem;
    fs::create_directories(folder / "iio/iio:device3");
    fs::create_directories(folder / "hwmon/hwmon5");
    for (const char* one : {"0", "1", "2"}) {
      fs::create_directories(folder / "pwm/pwmchip0/pwm" + one);
      for (const char* file : {"period", "duty_cycle", "enable"})
        put("pwm/pwmchip0/pwm" + std::string(one) + "/" + file, "0");
    }
    // Thousandths of °C as hwmon has them; a converter's counts for the rest.
    set.sensors = {{{folder / "hwmon/hwmon*/temp1_input", 0.001, 0, {}, {}},
                    {folder / "iio/iio:device*/in_voltage0_raw", 0.05, 0, 10, 4090},
                    {folder / "iio/iio:device*/in_voltage1_raw", 0.1, 0, 10, 4090},
                    {folder / "iio/iio:device*/in_voltage2_raw", 0.1, -50, 10, 4090}}};
    set.track = {folder / "iio/iio:device*/in_voltage3_raw", 0.01, 0, {}, {}};
    set.boiler_heater = {folder / "pwm/pwmchip*", 0};
    set.superheater_heater = {folder / "pwm/pwmchip*", 1};
    set.servo = {folder / "pwm/pwmchip*", 2};
    model.preheat();
    sense();
  }

  // As sysfs does, each value is made anew: what a reader gets is never half of one.
  void put(const std::string& file, const std::string& text) const {
    std::ofstream(folder / file) << text << '\n';
  }
  [[nodiscard]] long get(const std::string& file) const {
    std::ifstream in(folder / file);
    long value = -1;
    in >> value;
    return value;
  }
  void overwrite(const std::string& file, long value) const {
    const os::Fd fd(::open((folder / file).c_str(), O_WRONLY | O_CLOEXEC));
    std::string text = std::to_string(value) + "\n";
    text.resize(12, ' ');
    (void)!::pwrite(fd.get(), text.data(), text.size(), 0);
  }
  // What the model's sensors say, into the files.
  void sense() {
    const loco::Measured is = model.measure(now);
    const auto raw = [&](std::size_t i) {
      const auto& input = set.sensors[i];
      const loco::Reading& one = is.watch.readings[i];
      if (one.rail == loco::Rail::low) return 0L;
      if (one.rail == loco::Rail::high) return 4095L;
      return static_cast<long>((static_cast<double>(one.value) - input.offset) / input.scale);
    };
    write("hwmon/hwmon5/temp1_input", raw(0));
    for (int i = 1; i < 4; ++i)
      write("iio/iio:device3/in_voltage" + std::to_string(i - 1) + "_raw", raw(static_cast<std::size_t>(i)));
    write("iio/iio:device3/in_voltage3_raw",
          static_cast<long>(static_cast<double>(is.watch.track_volts) / set.track.scale));
  }

  // Opens everything and boots.
  [[nodiscard]] std::string open(loco::BootReason reason = loco::BootReason::power_on) {
    Hardware hardware;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return "no pipe";
    ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 18);
    hardware.dcc = Edges(os::Fd(ends[0]));
    rails_ = os::Fd(ends[1]);
    Pwm* outputs[] = {&hardware.boiler, &hardware.superheater, &hardware.servo};
    const config::PwmChannel* channels[] = {&set.boiler_heater, &set.superheater_heater, &set.servo};
    for (int i = 0; i < 3; ++i) {
      auto made = Pwm::open(channels[i]->chip, channels[i]->channel, 20'000'000);
      if (!made) return made.error();
      *outputs[i] = std::move(*made);
    }
    auto sampler = Sampler::open(set);
    if (!sampler) return sampler.error();
    sampler_ = std::move(*sampler);
    controller_ = std::make_unique<Controller>(set, std::move(hardware), *sampler_, flash,
                                               static_cast<loco::Lines&>(*this));
    controller_->boot(now, reason);
    return "";
  }

  void cycle() {
    if (station) send_packets();
    now += loco::cycle + late;
    late = -late;
    loco::Outputs outputs = controller_->engine().outputs();
    outputs.drive.boiler_permille = static_cast<std::uint16_t>(duty(0) / 20'000);
    outputs.drive.superheater_permille = static_cast<std::uint16_t>(duty(1) / 20'000);
    model.step(loco::cycle, outputs, 770, 1280);
    if (measuring) sense();
    if (reading) sampler_->round(now);
    fit = controller_->cycle(now, 1ms, Duration::zero(), 1 << 20);
  }
  void run(Duration time) {
    for (const Instant end = now + time; now < end;) cycle();
  }
  // To `running`, under steam.
  [[nodiscard]] bool drive(std::uint8_t wanted) {
    run(4s);
    step = wanted;
    run(2s);
    return controller_->engine().chain().latch().state() == LatchState::running;
  }
  [[nodiscard]] long duty(int channel) const {
    return get("pwm/pwmchip0/pwm" + std::to_string(channel) + "/duty_cycle");
  }
  [[nodiscard]] Controller& controller() { return *controller_; }
  [[nodiscard]] std::string reason() const {
    return std::string(controller_->engine().chain().reason().view());
  }

  test::TemporaryFolder folder;
  sim::loco::MemoryFlash flash;
  bool measuring = true, reading = true, fit = false;

 private:
  void say(std::string_view line) override { said.emplace_back(line); }
  void write(const std::string& file, long value) {
    if (!std::filesystem::exists(folder / file)) put(file, "0");
    overwrite(file, value);
  }
  // Edges with the kernel's structure and its times, as the interrupt would have noted them.
  void send_packets() {
    const Instant end = now + loco::cycle;
    while (edge_at_ < end) {
      auto packet = ++turn_ % 2 == 0 ? dcc::idle() : dcc::speed126({3, false}, step, true);
      if (!first.empty()) {
        packet = first.front();
        first.erase(first.begin());
      }
      dcc::send(packet, {.preamble = dcc::service_preamble}, [&](Duration half) {
        edge_at_ += half;
        gpio_v2_line_event event{};
        event.timestamp_ns = static_cast<std::uint64_t>(to_ns(edge_at_));
        event.id = GPIO_V2_LINE_EVENT_RISING_EDGE;
        (void)!::write(rails_.get(), &event, sizeof event);
      });
    }
  }

  os::Fd rails_;
  Instant edge_at_ = now;
  std::uint32_t turn_ = 0;
  std::unique_ptr<Sampler> sampler_;
  std::unique_ptr<Controller> controller_;
};

}  // namespace standstill::onboard
