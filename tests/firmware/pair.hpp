// The engine's image in QEMU and the engine that is compiled for this machine, at one plant, in step.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/loco/flash.hpp"
#include "sim/loco/model.hpp"
#include "tests/firmware/machine.hpp"
#include "wire/dcc/edge_decoder.hpp"
#include "wire/dcc/encoder.hpp"

namespace standstill::firmware {

using namespace standstill::loco;

constexpr std::uint16_t closed = 770;

// The rails, half by half: what ends within a cycle belongs to it.
class Rails {
 public:
  bool station = true;
  bool garbage = false;  // every packet's sum is wrong
  std::uint8_t step = 0;
  bool emergency = false;
  std::vector<dcc::Packet> first;  // before the next refresh

  std::vector<Duration> until(Instant end) {
    std::vector<Duration> halves;
    if (!station) {
      at_ = end;
      waiting_.clear();
      return halves;
    }
    for (;;) {
      if (waiting_.empty()) {
        dcc::Packet packet =
            ++turn_ % 2 == 0 ? dcc::idle() : dcc::speed126({3, false}, step, true, emergency);
        if (!first.empty()) {
          packet = first.front();
          first.erase(first.begin());
        }
        if (garbage) packet.bytes[1] = static_cast<std::uint8_t>(packet.bytes[1] ^ 0x10U);
        dcc::send(packet, {}, [this](Duration half) { waiting_.push_back(half); });
      }
      if (at_ + waiting_.front() > end) return halves;
      at_ += waiting_.front();
      halves.push_back(waiting_.front());
      waiting_.erase(waiting_.begin());
    }
  }
  void begin(Instant at) { at_ = at; }
  [[nodiscard]] Instant last() const { return at_; }

 private:
  Instant at_{};
  std::vector<Duration> waiting_;
  std::uint32_t turn_ = 0;
};

struct Said final : Lines {
  std::string text;
  void say(std::string_view line) override { text += std::string(line) + "\n"; }
};

// Image and native engine at one plant. This machine's engine goes ahead by a few cycles and moves the plant;
// each of its decisions is held against the image's, so that the image moves it just as well.
class Pair {
 public:
  explicit Pair(const std::filesystem::path& folder)
      : machine(folder, "loco"), plant(machine), folder_(folder) {}

  Machine machine;
  Plant plant;
  sim::loco::Model model;
  Rails rails;
  Instant now = instant_from_ns(1'000'000'000);
  std::uint64_t cycles = 0;
  std::function<void()> in_the_middle;  // of every cycle

  [[nodiscard]] testing::AssertionResult boot(BootReason reason = BootReason::power_on) {
    if (!machine.started()) return testing::AssertionFailure() << "QEMU did not start";
    if (!plant.drive(std::chrono::seconds(60))) return testing::AssertionFailure() << "no first frame";
    plant.boot_reason = static_cast<std::uint8_t>(reason);
    native_ = std::make_unique<Engine>(flash_, lines_);
    decoder_ = {};
    wanted_.clear();
    native_->boot(now, reason);
    rails.begin(now);
    if (!plant.send(now, model.measure(now), {}, {}))
      return testing::AssertionFailure() << "the image is gone";
    return testing::AssertionSuccess();
  }

  // Two frames, because the image reads its sensors in the middle of a cycle too.
  [[nodiscard]] testing::AssertionResult cycle() {
    ++cycles;
    Measured measured = half();
    const auto between = measured.watch.readings;
    if (in_the_middle) in_the_middle();
    const bool taken = taken_;
    measured = half();
    if (!taken || !taken_)
      return testing::AssertionFailure() << "the image takes nothing in cycle " << cycles;
    measured.watch.between = between;
    const Outputs& is = native_->decide(now, measured);
    native_->finish(now);
    wanted_.push_back({cycles, frame_of(is), std::string(native_->chain().reason().view())});
    return wanted_.size() < ahead ? testing::AssertionSuccess() : compare();
  }
  // What the image drove in the newest cycle.
  [[nodiscard]] board::DriveFrame drove() {
    EXPECT_TRUE(caught_up());
    return drove_;
  }
  [[nodiscard]] testing::AssertionResult caught_up() {
    while (!wanted_.empty())
      if (const auto one = compare(); !one) return one;
    return testing::AssertionSuccess();
  }
  [[nodiscard]] testing::AssertionResult run(Duration time) {
    for (const Instant end = now + time; now < end;)
      if (const auto one = cycle(); !one) return one;
    return caught_up();
  }
  [[nodiscard]] testing::AssertionResult drive(std::uint8_t step) {
    model.preheat();
    if (const auto booted = boot(); !booted) return booted;
    if (const auto stood = run(3s); !stood) return stood;
    rails.step = step;
    return run(2s);
  }
  [[nodiscard]] const Engine& native() const { return *native_; }
  // Every line that the image has said since its start is one that this machine's engine said, in order.
  [[nodiscard]] testing::AssertionResult said_the_same() {
    if (const auto all = caught_up(); !all) return all;
    const std::string& wanted = lines_.text;
    const std::size_t last = wanted.rfind('\n', wanted.size() - 2);
    if (!machine.says(wanted.substr(last == std::string::npos ? 0 : last + 1)))
      return testing::AssertionFailure() << "the image did not say\n" << wanted << "but\n" << machine.said();
    if (machine.said() == wanted) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "the image said\n" << machine.said() << "this machine\n" << wanted;
  }
  [[nodiscard]] bool parked() const { return native_->chain().sequence().running(); }

 private:
  static constexpr std::size_t ahead = 12;  // a cycle is two frames, and the mailbox holds 32
  struct Wanted {
    std::uint64_t cycle = 0;
    board::DriveFrame frame;
    std::string reason;
  };

  // The plant's next 10 ms, told to both.
  Measured half() {
    model.step(loco::cycle / 2, native_->outputs(), closed, 1280);
    now += loco::cycle / 2;
    const std::vector<Duration> halves = rails.until(now);
    Instant at = rails.last();
    for (const Duration one : halves) at -= one;
    for (const Duration one : halves) {
      at += one;
      if (const auto packet = decoder_.edge(at)) native_->packet(*packet, at);
    }
    const Measured measured = model.measure(now);
    taken_ = plant.send(now, measured, halves, now - rails.last());
    return measured;
  }

  static board::DriveFrame frame_of(const Outputs& is) {
    board::DriveFrame frame;
    frame.boiler = is.drive.boiler_permille;
    frame.superheater = is.drive.superheater_permille;
    frame.servo_tenths = is.drive.servo_tenths;
    frame.flags = static_cast<std::uint8_t>((is.drive.servo_power ? 1 : 0) | (is.drive.forward ? 2 : 0) |
                                            (is.acknowledge ? 4 : 0) | (is.asleep ? 8 : 0));
    frame.lamp = static_cast<std::uint8_t>(is.lamp);
    return frame;
  }

  [[nodiscard]] testing::AssertionResult compare() {
    const Wanted one = wanted_.front();
    wanted_.pop_front();
    const auto answer = plant.drive(std::chrono::seconds(60));
    if (!answer) return testing::AssertionFailure() << "no answer in cycle " << one.cycle;
    drove_ = *answer;
    const auto said = [](const board::DriveFrame& frame) {
      return std::to_string(frame.boiler) + " " + std::to_string(frame.superheater) + " " +
             std::to_string(frame.servo_tenths) + " " + std::to_string(frame.flags) + " " +
             std::to_string(frame.lamp);
    };
    if (said(drove_) == said(one.frame)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "cycle " << one.cycle << ": the image says " << said(drove_)
                                       << ", this machine " << said(one.frame) << "; " << one.reason;
  }

  board::DriveFrame drove_;
  bool taken_ = false;  // the newest frame
  std::deque<Wanted> wanted_;
  std::filesystem::path folder_;
  sim::loco::MemoryFlash flash_;
  Said lines_;
  dcc::EdgeDecoder decoder_;
  std::unique_ptr<Engine> native_;
};

}  // namespace standstill::firmware
