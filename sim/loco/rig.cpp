#include "sim/loco/rig.hpp"

namespace standstill::sim::loco {

using namespace standstill::loco;

void Rig::power_up(BootReason reason) {
  engine_ = std::make_unique<Engine>(flash, static_cast<Lines&>(*this));
  engine_->boot(now_, reason);
  track.begin(now_);
}

void Rig::type(std::string_view line) {
  LineReader reader;
  for (const char c : line) (void)reader.take(static_cast<std::uint8_t>(c));
  if (reader.take('\n')) engine_->typed(reader.typed(), now_);
}

void Rig::cycle() {
  const Instant next = now_ + standstill::loco::cycle;
  const bool station = track.station;
  track.station = station && !model.faults.track_dead;
  track.run(next, [this](const dcc::Packet& packet, Instant at) { engine_->packet(packet, at); });
  track.station = station;
  live(next);
}

int Rig::program(std::span<const Duration> halves) {
  dcc::EdgeDecoder decoder;
  Instant at = now_;
  std::size_t i = 0;
  int pulses = 0;
  for (int idle = 0; idle < 2;) {
    const Instant next = now_ + standstill::loco::cycle;
    if (i == halves.size()) ++idle;
    for (; i < halves.size() && at + halves[i] <= next; ++i) {
      at += halves[i];
      if (const auto packet = decoder.edge(at)) engine_->packet(*packet, at);
    }
    live(next);
    if (outputs().acknowledge) ++pulses;
  }
  track.begin(now_);
  return pulses;
}

// What the engine does with what it heard until then.
void Rig::live(Instant next) {
  now_ = next;
  const Settings& settings = engine_->settings();
  const double offset = settings[Cv::servo_offset] * 10;
  const auto half = [&](Instant end) {
    model.step(standstill::loco::cycle / 2, engine_->outputs(), settings[Cv::servo_neutral] * 10 + offset,
               settings[Cv::servo_maximum] * 10 + offset);
    return model.measure(end);
  };
  const auto between = half(now_ - standstill::loco::cycle / 2).watch.readings;
  Measured measured = half(now_);
  measured.watch.between = between;
  measured.watch.execution = execution;
  (void)engine_->decide(now_, measured);
  engine_->finish(now_);
}

void Rig::run(Duration time) {
  for (const Instant end = now_ + time; now_ < end;) cycle();
}

bool Rig::drive(std::uint8_t wanted) {
  model.preheat();
  power_up();
  track.step = 0;
  run(4s);
  track.step = wanted;
  run(1s);
  return engine_->chain().latch().state() == LatchState::running;
}

double Rig::opening() const {
  const Settings& settings = engine_->settings();
  const double offset = settings[Cv::servo_offset] * 10;
  return model.opening(settings[Cv::servo_neutral] * 10 + offset, settings[Cv::servo_maximum] * 10 + offset);
}

}  // namespace standstill::sim::loco
