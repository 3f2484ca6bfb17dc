#include "supervise/plc_job.hpp"

#include "config/secret.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "plant/plc/bit_write.hpp"
#include "supervise/plc_tsaps.hpp"

namespace standstill::supervise {

namespace {

constexpr Duration cpu_every = 1s;  // how often the CPU is asked for its state

plc::SessionSettings settings_of(const config::Link& config) {
  const auto& peer = std::get<config::S7Link>(config.peer);
  plc::SessionSettings settings;
  settings.peer = peer.plc.host + ":" + std::to_string(peer.plc.port);
  settings.tsaps = tsaps_of(peer.plc);
  settings.answer_within = config.silence;
  settings.allow_write = peer.allow_write;
  settings.allow_control = peer.allow_control;
  if (!peer.plc.password.empty())
    if (const auto secret = config::resolve_secret(peer.plc.password))  // the plan compiler has read it too
      settings.password = secret->value;
  return settings;
}

FrozenSettings heartbeat_of(const config::Link& config) {
  FrozenSettings settings;
  const auto& peer = std::get<config::S7Link>(config.peer);
  if (!peer.heartbeat) return settings;
  settings.tag.assign(config.id + "." + peer.heartbeat->tag);
  settings.changes_within = peer.heartbeat->changes_within;
  return settings;
}

constexpr plc::Terms at_once{.on_loss = plc::OnLoss::fail, .idempotent = false, .give_up = never};

}  // namespace

PlcJob::PlcJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
               Listener listener)
    : LinkJob(config, std::move(listener), [&](Listener&) { return plc::Session(settings_of(config)); }),
      loop_(loop),
      tags_(tags),
      schedule_(os::now(), peer().poll),
      heartbeat_(heartbeat_of(config)) {
  link_up(loop,
          std::make_unique<link::TcpTransport>(
              loop, link::TcpTransport::Settings{peer().plc.host, peer().plc.port, config.silence}),
          timing_of(config), jitter_seed,
          [this](const link::Status& status, link::State previous, std::string_view why) {
            listener_.changed(status, previous, why);
            if (status.state == link::State::online)
              begin_work();
            else
              forget_cpu();
          });
  if (const auto& beat = peer().write_heartbeat)
    if (const auto address = s7::parse_address(beat->address))  // the loader has checked it
      counter_.emplace(session_, *address, beat->every, [this](const std::string& trouble) {
        if (!trouble.empty() && counter_trouble_.empty()) listener_.said("problem", trouble);
        counter_trouble_ = trouble;
        judge();
      });
  std::vector<s7::Address> addresses;
  for (const auto& tag : peer().tags)
    if (const auto address = s7::parse_address(tag.address)) {  // the loader has checked it
      addresses.push_back(*address);
      polled_.push_back(tags_.declare(config.id, tag.name, tag.unit));
    }
  polled_group_ = std::make_shared<const plc::Group>(std::move(addresses));
}

void PlcJob::begin() { link_->begin(); }

void PlcJob::begin_work() {
  const Instant now = os::now();
  schedule_ = plc::Schedule(now, peer().poll);
  poll_timer_ = loop_.after(Duration::zero(), [this] { poll(); });
  if (!counter_) return;
  counter_trouble_.clear();
  counter_->online(now);
  count_timer_ = loop_.after(Duration::zero(), [this] { count(); });
}

// What the CPU said on a connection that is over is no word of what it does now (S7).
void PlcJob::forget_cpu() {
  cpu_known_ = false;
  if (told_.standing == Standing::unknown) return;
  tell({Standing::unknown, CauseCode::none,
        CauseDetail("the PLC's CPU has not told its state since the connection ended"), false});
}

void PlcJob::count() {
  if (state() != link::State::online) return;
  counter_->turn(os::now());
  link_->send_now();
  count_timer_ = loop_.at(counter_->due(), [this] { count(); });
}

void PlcJob::close() {
  poll_timer_.cancel();
  count_timer_.cancel();
  judge_timer_.cancel();
  session_.say_goodbye();
  link_->send_now();
  link_->close_for_good();
}

void PlcJob::poll() {
  const Instant now = os::now();
  if (state() != link::State::online) return;
  // A PLC slower than its poll is asked again when it has answered.
  if (!polling_ && !polled_.empty()) {
    polling_ = true;
    plc::read_values(session_, polled_group_, at_once, now,
                     [this, now](const plc::Outcome<plc::Values>& outcome) { polled(outcome, now); });
  }
  if (!asking_cpu_ && (!cpu_known_ || now - cpu_asked_ >= cpu_every)) ask_cpu();
  link_->send_now();
  schedule_.made(now);
  poll_timer_ = loop_.at(schedule_.due(), [this] { poll(); });
}

// A value is as old as its question: what the PLC read is not younger than the moment it was asked.
void PlcJob::polled(const plc::Outcome<plc::Values>& outcome, Instant asked) {
  polling_ = false;
  if (!outcome) {
    if (outcome.error().kind != plc::Failure::refused) return;  // the link says it
    bool news = false;
    for (const auto one : polled_) {
      news = news || tags_.get(one).quality != link::Quality::refused;
      tags_.set(one, tags_.get(one).value, link::Quality::refused, asked, os::wall_ns());
    }
    if (news) listener_.said("problem", outcome.error().text);
  } else {
    for (std::size_t i = 0; i < polled_.size(); ++i) {
      const auto& value = (*outcome)[i];
      const auto number = value ? s7::number(*value) : std::nullopt;
      const auto& old = tags_.get(polled_[i]);
      if (number) {
        tags_.set(polled_[i], *number, link::Quality::good, asked, os::wall_ns());
      } else {
        if (!value && old.quality != link::Quality::refused) listener_.said("problem", value.error());
        tags_.set(polled_[i], old.value, value ? link::Quality::out_of_range : link::Quality::refused, asked,
                  os::wall_ns());
      }
    }
  }
  judge();
  listener_.tags();
}

void PlcJob::ask_cpu() {
  asking_cpu_ = true;
  cpu_asked_ = os::now();
  session_.ask(s7::UserFunction::status_list, s7::status_list_question(0x0424, 0), at_once, cpu_asked_,
               [this](const plc::Outcome<s7::Bytes>& outcome) {
                 asking_cpu_ = false;
                 if (!outcome && outcome.error().kind != plc::Failure::refused) return;  // the link says it
                 const auto state = outcome ? s7::read_cpu_state(*outcome)
                                            : std::unexpected<std::string>(outcome.error().text);
                 cpu_known_ = true;
                 cpu_ = state.value_or(s7::CpuState::unknown);
                 cpu_trouble_ = state ? "" : state.error();
                 // Some PLCs have no such list. A counter that their program keeps changing proves more.
                 by_heartbeat_ = !outcome && peer().heartbeat;
                 judge();
               });
}

// What the link's own state does not show. A PLC that has not told its state is not known to run (S7).
void PlcJob::judge() {
  const Instant now = os::now();
  if (state() != link::State::online || !cpu_known_) return;
  Verdict verdict{Standing::clear, CauseCode::none, {}, false};
  if (cpu_ == s7::CpuState::stopped) {
    verdict = {Standing::present, CauseCode::device_fault, CauseDetail("the PLC's CPU is in STOP"), false};
  } else if (cpu_ == s7::CpuState::unknown && !by_heartbeat_) {
    verdict = {Standing::present, CauseCode::device_fault,
               CauseDetail("the PLC does not tell whether its CPU runs: add a heartbeat to the link" +
                           (cpu_trouble_.empty() ? std::string() : "; " + cpu_trouble_)),
               false};
  } else if (!counter_trouble_.empty()) {
    verdict = {
        Standing::present, CauseCode::device_fault,
        CauseDetail("the heartbeat is not written, so that the PLC cannot tell whether Standstill lives; " +
                    counter_trouble_),
        false};
  } else if (peer().heartbeat) {
    const auto id = tags_.find(config().id + "." + peer().heartbeat->tag);
    Sample sample;
    if (id) {
      const auto& tag = tags_.get(*id);
      sample = {tag.value, static_cast<SampleQuality>(tag.quality), tag.at};
    }
    verdict = heartbeat_.update(now, sample);
    if (const Instant when = heartbeat_.deadline(); when != never)
      judge_timer_ = loop_.at(when, [this] { judge(); });
  }
  tell(verdict);
}

void PlcJob::tell(const Verdict& verdict) {
  // A standing heartbeat stands longer and longer; every other sentence is news of its own.
  const bool same_words =
      verdict.code == CauseCode::link_frozen || verdict.detail.view() == told_.detail.view();
  if (verdict.standing == told_.standing && verdict.code == told_.code && same_words) return;
  told_ = verdict;
  listener_.behind(verdict);
}

std::expected<void, std::string> PlcJob::stop_cpu(const std::string& command) {
  if (!peer().allow_control)
    return std::unexpected("link '" + config().id +
                           "' may not stop its CPU: set allow_control = true to allow it");
  if (state() != link::State::online)
    return std::unexpected("not stopped, because there is no connection to the PLC");
  session_.stop_cpu(at_once, os::now(), [this, command](const plc::Outcome<s7::Bytes>& outcome) {
    written(command, outcome ? plc::Outcome<bool>(true) : std::unexpected(outcome.error()));
  });
  link_->send_now();
  return {};
}

std::expected<void, std::string> PlcJob::send(const std::string& command, bool) {
  constexpr std::string_view word = "write ";
  if (command == "cpu stop") return stop_cpu(command);
  if (!command.starts_with(word))
    return std::unexpected("'" + command + "' is not understood: write DB1.DBW2:INT 42, or cpu stop");
  const std::size_t blank = command.find(' ', word.size());
  if (blank == std::string::npos) return std::unexpected("the value is missing: write DB1.DBW2:INT 42");
  const std::string place = command.substr(word.size(), blank - word.size());
  const auto address = s7::parse_address(place);
  if (!address) return std::unexpected(place + ": " + address.error());
  const auto value = s7::parse_value(*address, command.substr(blank + 1));
  if (!value) return std::unexpected(place + ": " + value.error());
  if (!peer().allow_write)
    return std::unexpected("link '" + config().id +
                           "' is read only: set allow_write = true to write to this PLC");
  if (state() != link::State::online)
    return std::unexpected("not written, because there is no connection to the PLC");
  if (address->type == s7::Type::boolean && address->count == 1) {
    plc::write_bit(session_, *address, std::get<bool>(value->front()), at_once, os::now,
                   [this, command](const plc::Outcome<plc::BitWritten>& outcome) {
                     if (outcome && outcome->neighbours_changed)
                       listener_.said("problem", command + ": another bit of that byte changed meanwhile");
                     written(command, outcome ? plc::Outcome<bool>(true) : std::unexpected(outcome.error()));
                   });
  } else {
    plc::write_value(session_, *address, *value, at_once, os::now(),
                     [this, command](const plc::Outcome<bool>& outcome) { written(command, outcome); });
  }
  link_->send_now();
  return {};
}

void PlcJob::written(const std::string& command, const plc::Outcome<bool>& outcome) {
  if (outcome)
    listener_.said("written", command);
  else
    listener_.said("problem", command + ": " + outcome.error().text);
}

}  // namespace standstill::supervise
