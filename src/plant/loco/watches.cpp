#include "plant/loco/watches.hpp"

#include "plant/loco/reason.hpp"

namespace standstill::loco {

namespace {

constexpr std::size_t at(Watched which) { return static_cast<std::size_t>(which); }

// The ranges are those of docs/locomotive.md. What heat can do to a kettle of this size: 20 °C need half a
// minute, so 6 °C in a fifth of a second are a broken wire, and a sensor that does not rise by a third of a
// degree in 20 s at half the heater's duty hangs beside the boiler.
constexpr std::array<SensorRules, sensor_count> rules{{
    {"logic", "°C", 0, 100'000, 8'000, 300s, 0, 0, 0},
    {"boiler", "°C", 0, 150'000, 6'000, 10s, 300, 8'000, 90'000},
    {"superheater", "°C", 0, 280'000, 12'000, 5s, 1'000, 20'000, 180'000},
    {"pressure", "kPa", -7'000, 250'000, 60'000, 20s, 1'000, 60'000, 60'000},
}};

// The boiler's shell is this warm before its water makes pressure.
constexpr Milli steam_from = 92'000;

constexpr std::array<Cv, sensor_count> limit_cvs{Cv::logic_limit, Cv::boiler_limit, Cv::superheater_limit,
                                                 Cv::pressure_limit};
constexpr std::array<Milli, sensor_count> hysteresis{3'000, 5'000, 10'000, 10'000};

LimitWatch limit_watch(std::size_t index, std::int32_t limit) {
  LimitSettings set;
  set.tag = rules[index].name;
  set.unit = rules[index].unit;
  set.high = limit * 1000.0;  // in thousandths, as the sensor counts
  set.hysteresis = hysteresis[index];
  set.valid_low = rules[index].lowest;
  set.valid_high = rules[index].highest;
  set.max_age = Sensor::most_age;
  set.first_within = Sensor::most_age;
  return LimitWatch(set);
}

HealthWatch health_watch(Watched which, CauseCode code) {
  return HealthWatch(HealthSettings{watch_names[at(which)], code, Duration::zero()});
}

Sentence& put_milli(Sentence& words, Milli value) {
  if (value % 1000 == 0) return words.integer(value / 1000);
  return put_value(words, value / 100, 1);
}

Sentence& begin(Sentence& words, Reason reason) { return words.text(word(reason)).text("("); }

Health health(bool good) { return good ? Health::healthy : Health::unhealthy; }

}  // namespace

Watches::Watches()
    : sensors_{Sensor{rules[0]}, Sensor{rules[1]}, Sensor{rules[2]}, Sensor{rules[3]}},
      limits_{limit_watch(0, 0), limit_watch(1, 0), limit_watch(2, 0), limit_watch(3, 0)},
      signal_(health_watch(Watched::signal, CauseCode::signal_lost)),
      track_(health_watch(Watched::track, CauseCode::power_lost)),
      memory_(health_watch(Watched::memory, CauseCode::memory_low)),
      loop_(health_watch(Watched::loop, CauseCode::loop_overrun)) {
  configure(Settings{});
}

void Watches::configure(const Settings& settings) {
  for (std::size_t i = 0; i < sensor_count; ++i) {
    const std::int32_t limit = settings[limit_cvs[i]];
    if (limit == limit_values_[i]) continue;
    limit_values_[i] = limit;
    limits_[i] = limit_watch(i, limit);
  }
  signal_limit_ = settings[Cv::signal_timeout] * 100ms;
  track_limit_ = settings[Cv::power_timeout] * 100ms;
}

const Watches::Findings& Watches::judge(Instant now, const WatchInput& input) {
  const bool first = begun_ == Instant{};  // with no cycle before it
  if (first) begun_ = now;
  for (std::size_t i = 0; i < sensor_count; ++i) {
    if (!first) sensors_[i].sense(now, input.between[i]);
    sensors_[i].update(now, input.readings[i], heat(i, input));
    findings_[i] = limits_[i].judge(now, sample(i));
  }
  judge_signal(now, input);
  judge_track(now, input);
  judge_own(now, input);
  return findings_;
}

Sample Watches::sample(std::size_t index) const {
  const Sensor& sensor = sensors_[index];
  Sample sample;
  sample.value = sensor.value();
  sample.at = sensor.read_at();
  sample.awaited = begun_;
  const Flaw flaw = sensor.flaw();
  // An excess is an excess, however strange the way to it.
  const bool excess = (flaw == Flaw::jump || flaw == Flaw::frozen || flaw == Flaw::duty) &&
                      sensor.value() >= limit_values_[index] * 1000;
  if (flaw == Flaw::none || excess)
    sample.quality = SampleQuality::good;
  else if (flaw != Flaw::unread)
    sample.quality = SampleQuality::out_of_range;
  return sample;
}

Heat Watches::heat(std::size_t index, const WatchInput& input) const {
  if (index == at(Watched::superheater)) return {input.superheater_permille, true};
  if (index == at(Watched::pressure)) {
    const Sensor& boiler = sensors_[at(Watched::boiler)];
    return {input.boiler_permille, boiler.flaw() == Flaw::none && boiler.value() >= steam_from};
  }
  return {input.boiler_permille, true};
}

void Watches::judge_signal(Instant now, const WatchInput& input) {
  const bool heard = input.last_packet != Instant{};
  signal_silence_ = now - (heard ? input.last_packet : begun_);
  const bool late = signal_silence_ > signal_limit_;
  const Health state = heard ? health(!late) : (late ? Health::overdue : Health::unreported);
  findings_[at(Watched::signal)] = signal_.judge(now, state);
}

void Watches::judge_track(Instant now, const WatchInput& input) {
  const bool stands = findings_[at(Watched::track)].standing == Standing::present;
  // "Not at least" instead of "less than": what is not a number is no power.
  const bool below = !(input.track_volts >= (stands ? track_volts_back : least_track_volts));
  if (!below)
    below_since_ = Instant{};
  else if (below_since_ == Instant{})
    below_since_ = now;
  track_below_ = below ? now - below_since_ : Duration::zero();
  powered_ = powered_ || !below;
  const bool late = track_below_ > track_limit_ || (stands && below);
  const Health state = powered_ ? health(!late) : (late ? Health::overdue : Health::unreported);
  findings_[at(Watched::track)] = track_.judge(now, state);
}

void Watches::judge_own(Instant now, const WatchInput& input) {
  free_memory_ = input.free_memory;
  const bool low = findings_[at(Watched::memory)].standing == Standing::present;
  findings_[at(Watched::memory)] =
      memory_.judge(now, health(free_memory_ >= (low ? memory_back : least_memory)));
  const bool slow = input.execution > most_execution;
  overrun_ = slow ? input.execution : input.lateness;
  findings_[at(Watched::loop)] = loop_.judge(now, health(!slow && input.lateness <= most_lateness));
}

CauseDetail Watches::reason(Watched which) const {
  const std::size_t index = at(which);
  Sentence words;
  switch (which) {
    case Watched::signal:
      return begin(words, Reason::dcc_timeout).integer(to_ms(signal_silence_)).text("ms)").view();
    case Watched::track:
      return begin(words, Reason::power_loss).integer(to_ms(track_below_)).text("ms)").view();
    case Watched::memory:
      return begin(words, Reason::memory_exhaustion).integer(free_memory_).text(" bytes free)").view();
    case Watched::loop:
      begin(words, Reason::loop_overrun).integer(to_ms(overrun_)).text("ms > ");
      return words.integer(to_ms(most_execution)).text("ms)").view();
    default:
      break;
  }
  const Sensor& sensor = sensors_[index];
  if (findings_[index].code != CauseCode::limit) {
    begin(words, Reason::sensor_fault).text(rules[index].name).text(": ").text(name(sensor.flaw()));
    return words.text(")").view();
  }
  const Milli limit = limit_values_[index] * 1000;
  begin(words, static_cast<Reason>(index));
  // Never "110.0 > 110".
  if (sensor.value() > limit && sensor.value() - limit < 100)
    put_value(words, sensor.value(), 3);
  else
    put_milli(words, sensor.value());
  words.text(rules[index].unit);
  words.text(sensor.value() > limit ? " > " : sensor.value() == limit ? " >= " : ", not yet below ");
  put_milli(words, sensor.value() >= limit ? limit : limit - hysteresis[index]);
  return words.text(rules[index].unit).text(")").view();
}

}  // namespace standstill::loco
