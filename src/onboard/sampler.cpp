#include "onboard/sampler.hpp"

#include <algorithm>
#include <limits>

#include "os/clock.hpp"

namespace standstill::onboard {

std::expected<std::unique_ptr<Sampler>, std::string> Sampler::open(const config::Loco& settings) {
  std::unique_ptr<Sampler> made(new Sampler);
  for (std::size_t i = 0; i <= loco::sensor_count; ++i) {
    Input& input = i < loco::sensor_count ? made->sensors_[i] : made->track_;
    input.set = i < loco::sensor_count ? settings.sensors[i] : settings.track;
    auto file = NumberFile::open(input.set.file);
    if (!file) return std::unexpected(file.error());
    input.file = std::move(*file);
  }
  return made;
}

Sampler::~Sampler() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Sampler::begin() {
  thread_ = std::thread([this] {
    while (!ending_) {
      const Instant next = os::now() + loco::cycle / 2;
      round(os::now());
      const Duration left = next - os::now();
      if (left > Duration::zero()) std::this_thread::sleep_for(left);
    }
  });
}

loco::Reading Sampler::read(const Input& input, Instant now) {
  const auto raw = input.file.read();
  loco::Reading reading;
  if (!raw) return reading;  // no time: not a new one
  reading.at = now;
  if (input.set.low && static_cast<double>(*raw) <= *input.set.low)
    reading.rail = loco::Rail::low;
  else if (input.set.high && static_cast<double>(*raw) >= *input.set.high)
    reading.rail = loco::Rail::high;
  else
    reading.value = static_cast<float>(static_cast<double>(*raw) * input.set.scale + input.set.offset);
  return reading;
}

// Each reading is published as soon as it is there: a sensor that blocks makes no other one stale but those
// behind it, and those stop being new, which is what the watches look at.
void Sampler::round(Instant now) {
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    const Instant asked = i == 0 ? now : std::max(now, thread_.joinable() ? os::now() : now);
    const loco::Reading reading = read(sensors_[i], asked);
    if (reading.at == Instant{}) continue;
    const std::lock_guard lock(mutex_);
    newest_.between[i] = newest_.readings[i];
    newest_.readings[i] = reading;
  }
  const loco::Reading volts = read(track_, now);
  const std::lock_guard lock(mutex_);
  const bool known = volts.at != Instant{} && volts.rail == loco::Rail::none;
  newest_.track_volts = known ? volts.value : std::numeric_limits<float>::quiet_NaN();
}

Sampler::Newest Sampler::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace standstill::onboard
