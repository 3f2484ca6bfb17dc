#include "plant/loco/engine.hpp"

#include "kernel/format.hpp"
#include "plant/loco/reason.hpp"

namespace standstill::loco {

namespace {

constexpr Duration frame_every = 1s;

// Settings that change by themselves are memory that cannot be trusted. Cheaper than a checksum, every cycle.
std::uint32_t fold(const Settings& settings) {
  std::uint32_t sum = 0x9E3779B9U;
  for (const std::int32_t value : settings.values())
    sum = (sum << 5U | sum >> 27U) ^ static_cast<std::uint32_t>(value);
  return sum;
}

}  // namespace

void Engine::boot(Instant now, BootReason reason) {
  booted_ = now;
  next_frame_ = now + frame_every;
  const CvOrigin origin = cvs_.load(settings_);
  (void)log_.prepare();
  configure();
  chain_.boot(now, reason, log_.record().epoch);
  (void)cvs_.keep(settings_, true);  // before the first cycle: nothing waits for it
  lines_.say(name(origin));
  if (origin == CvOrigin::spare || origin == CvOrigin::defaults)
    chain_.note(now, EventKind::store_damaged, static_cast<std::int32_t>(origin));
  say_state();
}

void Engine::configure() {
  settings_sum_ = fold(settings_);
  chain_.configure(settings_);
  control_.configure(settings_);
  const std::int32_t flags = settings_[Cv::configuration];
  dcc::Identity identity;
  identity.long_address = (flags & 0x20) != 0;
  identity.few_steps = (flags & 0x02) == 0;
  identity.reversed = (flags & 0x01) != 0;
  const std::int32_t address = identity.long_address
                                   ? (settings_[Cv::long_high] - 192) * 256 + settings_[Cv::long_low]
                                   : settings_[Cv::address];
  identity.address = static_cast<std::uint16_t>(address);
  // Nobody could take back what was commanded under another address.
  if (receiver_.configure(identity)) throttle_.step = 0;
  packet_timeout_ = settings_[Cv::packet_timeout] * 1000ms;
}

void Engine::packet(const dcc::Packet& packet, Instant now) { obey(receiver_.take(packet, now), now); }

void Engine::obey(const dcc::Action& action, Instant now) {
  switch (action.kind) {
    case dcc::Action::Kind::speed:
      throttle_ = {action.step, action.steps, action.forward};
      chain_.commanded(now, action.step);
      break;
    case dcc::Action::Kind::emergency_stop:
      throttle_.step = 0;
      chain_.emergency_stop(now);
      break;
    case dcc::Action::Kind::cv:
      access(action.cv, false, now);
      break;
    case dcc::Action::Kind::service_cv:
      access(action.cv, true, now);
      break;
    case dcc::Action::Kind::none:
    case dcc::Action::Kind::functions:
      break;
  }
}

void Engine::access(const dcc::CvAccess& access, bool service, Instant now) {
  const int is = settings_.dcc_byte(access.number);
  const unsigned place = access.data & 7U;
  const bool bit = (access.data & 8U) != 0;
  bool yes = false;
  switch (access.act) {
    case dcc::CvAct::verify:
      yes = is == access.data;
      break;
    case dcc::CvAct::bit_verify:
      yes = is >= 0 && ((static_cast<unsigned>(is) >> place & 1U) != 0) == bit;
      break;
    case dcc::CvAct::write:
    case dcc::CvAct::bit_write: {
      std::uint8_t value = access.data;
      if (access.act == dcc::CvAct::bit_write) {
        if (is < 0) return;
        const unsigned old = static_cast<unsigned>(is) & ~(1U << place);
        value = static_cast<std::uint8_t>(old | (bit ? 1U << place : 0U));
      }
      const Settings::Written written = settings_.write_dcc(access.number, value);
      write(written, access.number, now);
      yes = written.done;
      break;
    }
  }
  // On the main line nobody listens for the pulse.
  acknowledge_ = service && yes;
}

void Engine::write(const Settings::Written& written, std::uint32_t cv, Instant now) {
  lines_.say(written.answer.view());
  if (!written.changed) return;
  configure();
  cvs_.changed();
  store_told_ = false;
  chain_.note(now, EventKind::cv_written, static_cast<std::int32_t>(cv));
}

void Engine::typed(const Typed& typed, Instant now) {
  switch (typed.kind) {
    case Typed::Kind::cv_write:
      write(settings_.write(typed.cv, typed.value), typed.cv, now);
      return;
    case Typed::Kind::cv_read: {
      Sentence words;
      const int index = index_of(typed.cv);
      words.text(index < 0 ? "there is no CV" : "CV").integer(typed.cv);
      if (index >= 0) {
        const auto place = static_cast<std::size_t>(index);
        put_value(words.text("="), settings_.values()[place], variables[place].decimals);
      }
      lines_.say(words.view());
      return;
    }
    case Typed::Kind::state:
      say_state();
      return;
    case Typed::Kind::log:
      log_line_ = 0;
      return;
    case Typed::Kind::stop:
      lines_.say("stopping");
      break;
    case Typed::Kind::unreadable:
    case Typed::Kind::too_long:
      // S9: what cannot be read on a line that can stop, stops.
      lines_.say("cannot be read, so it stops; there are CVn=VALUE, CVn?, STATE, LOG, STOP");
      break;
  }
  throttle_.step = 0;
  chain_.emergency_stop(now);
}

const Outputs& Engine::decide(Instant now, Measured& measured) {
  WatchInput& input = measured.watch;
  input.boiler_permille = outputs_.drive.boiler_permille;
  input.superheater_permille = outputs_.drive.superheater_permille;
  input.last_packet = receiver_.last_packet();
  // An erase stops the processor of some boards for longer than a cycle, and is begun only while heaters and
  // regulator are off: it is no overrun that could park the engine.
  if (cvs_.erased()) input.execution = Duration::zero();
  const bool is_sound = sound();
  if (!is_sound) chain_.distrust(now, self_check_failed);
  Orders orders = chain_.decide(now, input, control_.wheels_turn());
  const bool unheard = packet_timeout_ > Duration::zero() && now - receiver_.last_own() > packet_timeout_;
  // For good: whoever is heard again says anew how fast it is to go, and a lamp's packet does not.
  if (unheard && orders.regulator == Regulator::follow) throttle_.step = 0;
  if (receiver_.in_service(now)) {
    orders.heat = false;
    orders.servo_power = false;
    if (orders.regulator == Regulator::follow) orders.regulator = Regulator::closed;
  }
  outputs_.drive = control_.step(orders, throttle_, chain_.watches(), measured.encoder);
  outputs_.lamp = orders.lamp;
  outputs_.acknowledge = acknowledge_ && !orders.heat;
  acknowledge_ = false;
  outputs_.asleep = orders.asleep;
  outputs_.feed = is_sound && input.execution <= most_execution && input.lateness <= most_lateness;
  return outputs_;
}

bool Engine::sound() const { return fold(settings_) == settings_sum_; }

void Engine::finish(Instant now) {
  chain_.tell(now);
  if (chain_.latch().state() != told_state_ || chain_.latch().epoch() != told_epoch_) say_state();
  keep_log(now);
  const bool safe = chain_.latch().state() == LatchState::tripped &&
                    (!chain_.sequence().running() || chain_.orders().asleep);
  if (cvs_.keep(settings_, safe)) {
    if (cvs_.failed()) {
      chain_.note(now, EventKind::store_damaged, -1);
      lines_.say("the flash does not take the CVs: they hold until power is lost");
    } else if (!safe && !store_told_ && cvs_.waits()) {
      store_told_ = true;
      lines_.say("the flash is full: the CVs hold until power is lost, unless the engine is stopped before");
    }
  }
  if (chain_.orders().last_frame) {
    lines_.say(frame_line(frame()).view());
    say_state();
  }
  if (now >= next_frame_ && !outputs_.asleep) {
    next_frame_ += frame_every;
    if (next_frame_ <= now) next_frame_ = now + frame_every;
    lines_.say(frame_line(frame()).view());
  }
  if (log_line_ != no_line) say_log();
}

Frame Engine::frame() const {
  const auto value = [&](Watched which) { return chain_.watches().sensor(which).value(); };
  return {control_.speed(),       value(Watched::pressure),
          value(Watched::boiler), value(Watched::superheater),
          value(Watched::logic),  outputs_.drive.servo_tenths};
}

void Engine::keep_log(Instant now) {
  if (!chain_.orders().save_log) return;
  if (!log_begun_) {
    log_begun_ = true;
    LogRecord& record = log_.blank();
    record.epoch = chain_.latch().epoch();
    record.code = chain_.latch().first_out().code;
    record.uptime_ns = (now - booted_).count();
    record.servo_tenths = outputs_.drive.servo_tenths;
    record.speed = control_.speed();
    for (std::size_t i = 0; i < sensor_count; ++i)
      record.readings[i] = chain_.watches().sensor(static_cast<Watched>(i)).value();
    record.reason = chain_.reason().view();
    const EventRing& events = chain_.events();
    record.event_count = static_cast<std::uint8_t>(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) record.events[i] = events.at(i);
    log_.begin();
  }
  const LogStore::Progress progress = log_.step();
  if (progress == LogStore::Progress::failed && !log_told_) {
    log_told_ = true;
    chain_.note(now, EventKind::stage_failed, Sequence::save_log);
    lines_.say("the flash does not take the log");
  }
}

void Engine::say_state() {
  told_state_ = chain_.latch().state();
  told_epoch_ = chain_.latch().epoch();
  Sentence words;
  words.text("STATE ").text(name(chain_.latch().state())).text(" ");
  words.integer(chain_.latch().epoch()).text(" ").text(chain_.reason().view());
  lines_.say(words.view());
}

void Engine::say_log() {
  Sentence words;
  const LogRecord& log = log_.record();
  if (log.epoch == 0) {
    log_line_ = no_line;
    lines_.say("LOG none: no shutdown was saved");
    return;
  }
  if (log_line_ == 0) {
    words.text("LOG ").integer(log.epoch).text(" ").text(log.reason.view()).text(" at ");
    words.integer(log.uptime_ns / 1'000'000).text(" ms, ").integer(log.event_count).text(" events");
  } else {
    const Event& event = log.events[log_line_ - 1U];
    words.text("EVENT ").integer(event.at_ns / 1'000'000).text(" ").text(name(event.kind)).text(" ");
    words.text(event.which < watch_count ? watch_names[event.which] : "-").text(" ");
    words.text(name(event.code)).text(" ").integer(event.value);
  }
  lines_.say(words.view());
  log_line_ = log_line_ < log.event_count ? static_cast<std::uint8_t>(log_line_ + 1) : no_line;
}

}  // namespace standstill::loco
