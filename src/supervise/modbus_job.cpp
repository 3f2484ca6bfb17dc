#include "supervise/modbus_job.hpp"

#include <charconv>
#include <sstream>

#include "link/serial.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::supervise {

namespace {

const config::ModbusLink& peer_of(const config::Link& config) {
  return std::get<config::ModbusLink>(config.peer);
}

std::string place_of(const config::ModbusLink& peer) {
  if (peer.devices.empty()) return peer.host + ":" + std::to_string(peer.port);
  std::string place;
  for (const auto& device : peer.devices) place += device + "\n";
  return place;
}

meter::Profile profile_of(const config::ModbusLink& peer) {
  meter::Profile made;
  std::vector<meter::Register> registers;
  {
    for (const auto& one : peer.registers) {
      meter::Register reg;
      reg.name = one.name;
      reg.function = static_cast<std::uint8_t>(one.function);
      reg.address = one.address;
      reg.type = one.function < 3 ? meter::ValueType::bit
                                  : meter::value_type(one.type).value_or(meter::ValueType::int16);
      reg.low_word_first = one.low_word_first;
      reg.scale = one.scale;
      reg.unit = one.unit;
      if (one.valid) reg.valid = std::pair(one.valid->lowest, one.valid->highest);
      reg.counter = one.counter;
      registers.push_back(std::move(reg));
    }
  }
  if (auto known = meter::profile(peer.profile)) {
    made = std::move(*known);
    // What a read-back wants beside the profile.
    made.registers.insert(made.registers.end(), registers.begin(), registers.end());
  } else {
    made = meter::profile_of(std::move(registers));
  }
  if (peer.probe_register) {
    made.probe = {3, *peer.probe_register, 1};
    made.probe_answers.reset();
  }
  made.gap = std::max<Duration>(made.gap, peer.gap);
  return made;
}

// A device may owe an answer from a few cycles ago.
Duration latest_answer(const config::ModbusLink& peer) {
  return std::clamp<Duration>(peer.time_out + 4 * std::max<Duration>(peer.poll, peer.time_out), 2s, 30s);
}

std::optional<unsigned> number(const std::string& text, unsigned most) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || at != end || value > most) return std::nullopt;
  return value;
}

}  // namespace

ModbusLine::ModbusLine(os::Loop& loop, const config::Link& config, std::uint32_t jitter_seed) : loop_(loop) {
  const auto& peer = peer_of(config);
  std::unique_ptr<modbus::Client> client;
  std::unique_ptr<link::Transport> transport;
  if (peer.devices.empty()) {
    modbus::TcpClient::Settings settings;
    settings.time_out = peer.time_out;
    settings.at_once = peer.at_once;
    settings.gap = profile_of(peer).gap;
    settings.first_number = static_cast<std::uint16_t>(jitter_seed * 0x9E3779B9U >> 16U);
    client = std::make_unique<modbus::TcpClient>(settings);
    transport = std::make_unique<link::TcpTransport>(
        loop, link::TcpTransport::Settings{peer.host, peer.port, config.silence});
  } else {
    modbus::RtuClient::Settings settings;
    settings.baud = peer.baud;
    settings.time_out = peer.time_out;
    settings.gap = profile_of(peer).gap;
    settings.latest = latest_answer(peer);
    client = std::make_unique<modbus::RtuClient>(settings);
    // The configuration allows only what serial_format() knows.
    auto format = link::serial_format(peer.baud, peer.framing).value_or(link::SerialFormat{});
    format.rs485 = peer.rs485;
    transport =
        std::make_unique<link::SerialTransport>(loop, link::SerialTransport::Settings{peer.devices, format});
  }
  bus_ = std::make_unique<meter::Bus>(
      std::move(client), peer.time_out,
      [this, one = peer.devices.empty() ? peer.host + ":" + std::to_string(peer.port) : std::string()] {
        return link_->status().peer.empty() ? one : link_->status().peer;
      });
  link_ = std::make_unique<link::Link>(
      loop, *bus_, std::move(transport),
      link::Link::Settings{config.id, config.kind, config.critical, timing_of(config), jitter_seed},
      [this](const link::Status& status, link::State, std::string_view why) {
        bus_->link_changed(status.state, why, loop_.now());
      });
}

void ModbusLine::begin() {
  if (!std::exchange(begun_, true)) link_->begin();
}

void ModbusLine::close() {
  if (std::exchange(begun_, false)) link_->close_for_good();
}

ModbusJob::ModbusJob(os::Loop& loop, const config::Link& config, link::TagTable& tags,
                     std::uint32_t jitter_seed, Listener listener, ModbusLines& lines,
                     const std::filesystem::path& state_dir)
    : Job(config), listener_(std::move(listener)), tags_(tags) {
  const auto& peer = peer_of(config);
  auto& known = lines[place_of(peer)];
  line_ = known.lock();
  if (!line_) known = line_ = std::make_shared<ModbusLine>(loop, config, jitter_seed);
  meter::DeviceSettings settings;
  settings.id = config.id;
  settings.kind = config.kind;
  settings.critical = config.critical;
  settings.unit = static_cast<std::uint8_t>(peer.unit);
  settings.profile = profile_of(peer);
  settings.poll = peer.poll;
  settings.retries = peer.retries;
  settings.time_out = peer.time_out;
  settings.timing = timing_of(config);
  meter::Device::Listener hear;
  hear.changed = [this](const link::Status& status, link::State previous, std::string_view why) {
    listener_.changed(status, previous, why);
    if (publisher_) publisher_->link_changed(status, previous, why, *device_, tags_, os::now());
    if (status.state != link::State::online) return;
    if (!sensor_broken_) listener_.behind({Standing::clear, CauseCode::none, {}, false});
    if (auto remark = line_->link().remark(); remark != remark_) {
      if (!remark.empty()) listener_.said("remark", remark);
      remark_ = std::move(remark);
    }
  };
  hear.sensor = [this](const Verdict& verdict) {
    sensor_broken_ = verdict.standing == Standing::present;
    listener_.behind(verdict);
  };
  hear.said = [this](std::string_view code, const std::string& detail) { listener_.said(code, detail); };
  hear.sampled = [this] {
    listener_.tags();
    if (publisher_) publisher_->sampled(*device_, tags_);
  };
  if (peer.publish)
    publisher_ = std::make_unique<ReadingPublisher>(
        loop, config, settings.profile, state_dir,
        [this](std::string_view code, const std::string& detail) { listener_.said(code, detail); });
  device_ = &line_->bus().add(std::make_unique<meter::Device>(
      std::move(settings), tags, [] { return os::wall_ns(); }, std::move(hear), jitter_seed));
}

void ModbusJob::close() {
  line_->close();
  if (publisher_) publisher_->ask_to_end();
}

std::optional<tell::PublisherStatus> ModbusJob::publishing() const {
  if (!publisher_) return std::nullopt;
  return publisher_->status();
}

link::Status ModbusJob::status() const {
  link::Status status = device_->status_at(os::now());
  const link::Status line = line_->link().status_now();
  if (status.peer.empty()) status.peer = line.peer;
  if (status.next_dial == never) status.next_dial = line.next_dial;
  if (status.state != link::State::online && status.last_error.empty()) status.last_error = line.last_error;
  // Of the whole line: whom a late answer was meant for is not known.
  status.faults.push_back({"stale", line_->bus().counters().stale});
  return status;
}

std::expected<void, std::string> ModbusJob::send(const std::string& command, bool running) {
  std::istringstream words(command);
  std::string what, address, value, more;
  words >> what >> address >> value;
  const auto at = number(address, 0xFFFF);
  const bool coil = what == "coil" && (value == "on" || value == "off");
  const auto word = what == "register" ? number(value, 0xFFFF) : std::nullopt;
  if (!at || (!coil && !word) || words >> more)
    return std::unexpected("'" + command +
                           "' is not understood; write `coil ADDRESS on|off` or `register ADDRESS "
                           "VALUE`, numbers from 0 to 65535");
  if (!running)
    return std::unexpected("not sent, because a write could start something and the plant is not running: " +
                           command);
  if (state() != link::State::online)
    return std::unexpected("not sent, because the device is not online: " + command);
  const auto unit = device_->settings().unit;
  const auto request =
      coil ? modbus::write_coil(unit, static_cast<std::uint16_t>(*at), value == "on")
           : modbus::write_register(unit, static_cast<std::uint16_t>(*at), static_cast<std::uint16_t>(*word));
  const bool taken = line_->bus().order(request, [this, command](const modbus::Outcome* outcome) {
    if (outcome == nullptr) return listener_.said("write_failed", command + ": the connection ended before");
    if (outcome->what == modbus::Outcome::What::answered) return listener_.said("written", command);
    listener_.said("write_failed", command + ": " +
                                       (outcome->what == modbus::Outcome::What::refused
                                            ? std::string(modbus::name(outcome->exception))
                                            : std::string("no answer; whether it was done is not known")));
  });
  if (!taken)
    return std::unexpected("not sent, because too much is waiting for this line already: " + command);
  line_->link().send_now();
  return {};
}

}  // namespace standstill::supervise
