// What a device's answers mean.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "plant/meter/device.hpp"

namespace standstill::meter {

using link::Quality;
using modbus::Exception;
using modbus::Outcome;

namespace {

std::string serial_text(std::span<const std::uint8_t> reply) {
  std::string text;
  bool readable = true;
  for (std::size_t i = 2; i < reply.size(); ++i) {
    const char c = static_cast<char>(reply[i]);
    if (c == '\0' || c == ' ') continue;
    readable = readable && c > ' ' && c < '\x7F';
    text += c;
  }
  if (readable) return text;
  std::string hex;
  for (std::size_t i = 2; i < reply.size(); ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", reply[i]);
    hex += two.data();
  }
  return hex;
}

std::string place(const Register& reg) {
  return "'" + reg.name + "' (function " + std::to_string(reg.function) + ", address " +
         std::to_string(reg.address) + ")";
}

}  // namespace

Device::Identity Device::outcome(const Outcome& outcome, Instant now) {
  if (!std::exchange(in_flight_, false)) return Identity::fine;
  switch (outcome.what) {
    case Outcome::What::answered:
      return answered(outcome, now);
    case Outcome::What::refused:
      ++exception_count_;
      if (outcome.exception == Exception::gateway_path || outcome.exception == Exception::gateway_target) {
        failed(outcome, now);
      } else {
        refused(outcome, now);
      }
      return Identity::fine;
    case Outcome::What::timed_out:
    case Outcome::What::corrupt:
      failed(outcome, now);
  }
  return Identity::fine;
}

Device::Identity Device::answered(const Outcome& outcome, Instant now) {
  failures_ = 0;
  again_ = false;
  const auto reply = outcome.reply.bytes();
  status_.rtt = outcome.rtt;
  if (phase_ == Phase::waiting) phase_ = Phase::asking;
  if (phase_ == Phase::asking && step_ == Step::probe) {
    const auto& expected = settings_.profile.probe_answers;
    if (expected && modbus::register_at(reply, 0) != *expected) {
      lose("unit " + std::to_string(settings_.unit) + " says it is " +
               std::to_string(modbus::register_at(reply, 0)) + ", and profile " + settings_.profile.name +
               " is " + std::to_string(*expected) + ": choose another profile or unit",
           now);
      return Identity::fine;
    }
    if (settings_.profile.serial) {
      step_ = Step::serial;
    } else {
      enter_online(now);
    }
    return Identity::fine;
  }
  if (phase_ == Phase::asking) {
    const Identity identity = identified(serial_text(reply));
    if (identity == Identity::fine) enter_online(now);
    return identity;
  }
  status_.last_heard = now;
  if (step_ == Step::values && !queue_.empty()) {
    const Block block = std::move(queue_.front());
    queue_.erase(queue_.begin());
    take(block, outcome, now);
    if (queue_.empty()) cycle_done();
  }
  return Identity::fine;
}

Device::Identity Device::identified(const std::string& serial) {
  const bool known = !serial_.empty();
  if (known && serial != serial_ && path_ != serial_path_) {
    if (listener_.said)
      listener_.said("another_meter", path_ + " leads to meter " + serial + ", not to " + serial_ +
                                          ": it is not read; correct `devices`");
    return Identity::another;
  }
  if (known && serial != serial_ && listener_.said)
    listener_.said("serial_changed", "the meter is another one now: serial number " + serial + ", before " +
                                         serial_ + "; its counters begin anew");
  if (!known && listener_.said) listener_.said("identified", "serial number " + serial);
  if (serial != serial_) {
    std::ranges::fill(highest_, std::numeric_limits<double>::quiet_NaN());
    backwards_.assign(backwards_.size(), false);
  }
  serial_ = serial;
  serial_path_ = path_;
  return Identity::fine;
}

void Device::failed(const Outcome& outcome, Instant now) {
  again_ = true;
  ++failures_;
  const bool corrupt = outcome.what == Outcome::What::corrupt;
  if (outcome.what != Outcome::What::refused) ++(corrupt ? corrupt_count_ : time_out_count_);
  // A device that was lost gets one request at a time; a living one is asked again before it counts as
  // absent.
  const unsigned most = phase_ == Phase::waiting ? 0 : settings_.retries;
  if (failures_ <= most) return;
  std::string why = "unit " + std::to_string(settings_.unit);
  if (outcome.what == Outcome::What::refused)
    why += ": " + std::string(modbus::name(outcome.exception));
  else if (corrupt)
    why += " answers, but garbled, " + std::to_string(failures_) +
           " times in a row: check the cable, its ends, and baud and framing";
  else
    why += " did not answer " + std::to_string(failures_) +
           (failures_ == 1 ? " request" : " requests in a row") +
           ": is it powered, and is the unit number right?";
  lose(why, now);
}

void Device::refused(const Outcome& outcome, Instant now) {
  failures_ = 0;
  again_ = false;
  status_.rtt = outcome.rtt;
  if (phase_ != Phase::online) {
    // Whoever refuses a question lives. Without a serial number it is taken for what it is said to be.
    if (phase_ == Phase::waiting) phase_ = Phase::asking;
    if (step_ == Step::probe && settings_.profile.probe_answers) {
      lose("unit " + std::to_string(settings_.unit) + " refuses the register that says what it is (" +
               std::string(modbus::name(outcome.exception)) + "): is it a " + settings_.profile.name + "?",
           now);
    } else if (step_ == Step::probe && settings_.profile.serial) {
      step_ = Step::serial;
    } else {
      enter_online(now);
    }
    return;
  }
  status_.last_heard = now;
  if (step_ != Step::values || queue_.empty()) return;
  const Block block = std::move(queue_.front());
  queue_.erase(queue_.begin());
  if (outcome.exception == Exception::busy || outcome.exception == Exception::acknowledge) {
    if (queue_.empty()) cycle_done();
    return;  // its values grow older, and are asked for in the next cycle
  }
  if (const auto halves = split(settings_.profile, block)) {
    queue_.insert(queue_.begin(), {halves->first, halves->second});
    // From now on these are asked for apart.
    std::vector<Block> plan;
    for (const Block& one : plan_) {
      if (one.function != block.function || one.address != block.address || one.count != block.count) {
        plan.push_back(one);
        continue;
      }
      plan.push_back(halves->first);
      plan.push_back(halves->second);
    }
    plan_ = std::move(plan);
    return;
  }
  const std::size_t value = block.values.front();
  const link::Tag& tag = tags_.get(tags_of_[value]);
  tags_.set(tags_of_[value], tag.value, Quality::refused, tag.at, tag.wall_ns);
  if (wanted_[value]) {
    wanted_[value] = false;
    if (listener_.said)
      listener_.said("refused", "the device refuses " + place(settings_.profile.registers[value]) + ": " +
                                    std::string(modbus::name(outcome.exception)) +
                                    "; it is not asked for again on this connection");
    std::erase_if(plan_, [&](const Block& one) { return one.values.size() == 1 && one.values[0] == value; });
  }
  if (queue_.empty()) cycle_done();
}

void Device::take(const Block& block, const Outcome& outcome, Instant now) {
  const auto reply = outcome.reply.bytes();
  const std::int64_t wall = wall_ns_() - (now - outcome.read_at).count();
  for (const std::size_t value : block.values) {
    const Register& reg = settings_.profile.registers[value];
    std::array<std::uint16_t, 4> words{};
    const std::size_t first = reg.address - block.address;
    const std::size_t size = width(reg.type);
    for (std::size_t i = 0; i < size; ++i)
      words[i] = block.function < 3 ? static_cast<std::uint16_t>(modbus::bit_at(reply, first + i))
                                    : modbus::register_at(reply, first + i);
    const Decoded read = decode(reg, std::span(words).first(size));
    // What does not fit or is not plausible is shown as it came, never as a number to rely on.
    tags_.set(tags_of_[value], read.value, read.quality, outcome.read_at, wall);
    ++readings_;
    if (reg.counter && read.quality == Quality::good) count(value, read.value);
  }
  if (std::ranges::find(backwards_, true) != backwards_.end() || sensor_told_) tell_sensor();
}

void Device::count(std::size_t value, double reading) {
  double& highest = highest_[value];
  const Register& reg = settings_.profile.registers[value];
  // Past the top of its register a counter begins at zero: that is no running backwards.
  const double top = std::ldexp(std::abs(reg.scale), reg.type == ValueType::int32 ? 31 : 32);
  const bool rolled = width(reg.type) == 2 && highest > 0.9 * top && reading < 0.1 * top;
  if (std::isnan(highest) || reading >= highest || rolled) {
    highest = reading;
    backwards_[value] = false;
  } else {
    backwards_[value] = true;
  }
}

void Device::tell_sensor() {
  if (!listener_.sensor) return;
  const auto bad = std::ranges::find(backwards_, true);
  const bool broken = bad != backwards_.end();
  if (broken == sensor_told_) return;
  sensor_told_ = broken;
  if (!broken) return listener_.sensor({Standing::clear, CauseCode::none, {}, false});
  const auto value = static_cast<std::size_t>(bad - backwards_.begin());
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), "%s.%s runs backwards: it was %.10g %s and is %.10g now",
                settings_.id.c_str(), settings_.profile.registers[value].name.c_str(), highest_[value],
                settings_.profile.registers[value].unit.c_str(), tags_.get(tags_of_[value]).value);
  listener_.sensor({Standing::present, CauseCode::sensor_fault, CauseDetail(text.data()), false});
}

void Device::cycle_done() {
  if (!std::exchange(cycle_open_, false)) return;
  if (listener_.sampled) listener_.sampled();
}

}  // namespace standstill::meter
