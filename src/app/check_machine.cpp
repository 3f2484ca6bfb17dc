#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "app/finding.hpp"
#include "app/rocrail_peer.hpp"
#include "config/config.hpp"
#include "config/formats.hpp"
#include "config/secret.hpp"
#include "plant/sensor/chip.hpp"
#include "supervise/alert_settings.hpp"
#include "supervise/bus_member.hpp"
#include "supervise/guard_process.hpp"

namespace standstill::app {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mebibyte = 1024ULL * 1024ULL;
constexpr std::uint64_t least_space = 32 * mebibyte, enough_space = 500 * mebibyte;
constexpr std::size_t locked_by_guard = 8 * mebibyte;  // guard and cutters stay below 6 MB each

void program(const std::string& subject, const std::string& path, Findings& into) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0)
    into.push_back({Grade::bad, subject, path + ": " + std::strerror(errno)});
  else if (!S_ISREG(found.st_mode) || ::access(path.c_str(), X_OK) != 0)
    into.push_back({Grade::bad, subject, path + " cannot be executed: chmod +x, and check the user"});
  else
    into.push_back({Grade::good, subject, path + " can be executed"});
}

// Not opened: opening a serial line moves its control lines, and some relays switch on that.
void serial(const std::string& subject, const std::string& path, Findings& into) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0)
    into.push_back(
        {Grade::bad, subject,
         path + ": " + std::strerror(errno) + ": is it plugged in? `ls /dev/serial/by-id` lists adapters"});
  else if (!S_ISCHR(found.st_mode))
    into.push_back({Grade::bad, subject, path + " is no serial device"});
  else if (::access(path.c_str(), R_OK | W_OK) != 0)
    into.push_back({Grade::bad, subject,
                    path + ": " + std::strerror(errno) +
                        ": add the user to the group that owns it (usually dialout), then log in anew"});
  else if (path.starts_with("/dev/ttyUSB") || path.starts_with("/dev/ttyACM"))
    into.push_back(
        {Grade::warning, subject,
         path + " can be opened, but its number may change: use its name below /dev/serial/by-id"});
  else
    into.push_back({Grade::good, subject, path + " can be opened"});
}

// Not opened: opening starts it, and this command does not stay to keep it quiet.
void watchdog(const std::string& subject, const std::string& path, Findings& into) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0)
    into.push_back({Grade::bad, subject,
                    path + ": " + std::strerror(errno) +
                        ": is its driver loaded? `modprobe softdog` loads one that needs no hardware"});
  else if (!S_ISCHR(found.st_mode))
    into.push_back({Grade::bad, subject, path + " is no watchdog device; `ls /dev/watchdog*` lists them"});
  else if (::access(path.c_str(), W_OK) != 0)
    into.push_back(
        {Grade::bad, subject,
         path + ": " + std::strerror(errno) + ": let the guard's user write it (packaging/udev has a rule)"});
  else
    into.push_back({Grade::good, subject, path + " can be opened"});
}

void peer(const std::string& subject, const std::string& host, std::uint16_t port, Duration time_out,
          Grade when_not, Findings& into) {
  const auto socket = dial(host, port, std::min<Duration>(time_out, 2s));
  if (socket)
    into.push_back({Grade::good, subject, host + ":" + std::to_string(port) + " accepts connections"});
  else
    into.push_back({when_not, subject,
                    socket.error() + (when_not == Grade::bad ? ": `start` is refused until it can be reached"
                                                             : ": dialed again until it answers")});
}

struct Place {
  std::string host;
  std::uint16_t port = 0;
};
// "http://host:port/…", "mqtt://…"; the loader has checked it.
std::optional<Place> place_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return std::nullopt;
  const std::string protocol = url.substr(0, scheme);
  std::string authority = url.substr(scheme + 3, url.find_first_of("/?", scheme + 3) - scheme - 3);
  Place place{.host = authority,
              .port = static_cast<std::uint16_t>(protocol == "https"   ? 443
                                                 : protocol == "mqtt"  ? 1883
                                                 : protocol == "mqtts" ? 8883
                                                                       : 80)};
  const auto bracket = authority.rfind(']'), colon = authority.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    place.port = static_cast<std::uint16_t>(std::atoi(authority.c_str() + colon + 1));
    place.host = authority.substr(0, colon);
  }
  if (place.host.starts_with('[')) place.host = place.host.substr(1, place.host.size() - 2);
  return place;
}

void secret(const std::string& subject, const config::SecretSource& source, Findings& into) {
  if (source.empty()) return;
  const auto read = config::resolve_secret(source);
  if (!read)
    into.push_back({Grade::bad, subject, read.error()});
  else if (!read->warning.empty())
    into.push_back({Grade::warning, subject, read->warning});
}

}  // namespace

void check_folder(const config::Config& config, Findings& into) {
  const fs::path& folder = config.site.state_dir;
  fs::path there = folder;
  std::error_code ignored;
  while (!there.empty() && !fs::exists(there, ignored) && there != there.root_path())
    there = there.parent_path();
  if (!fs::is_directory(there, ignored)) {
    into.push_back(
        {Grade::bad, "state_dir", there.string() + " is no folder: choose another [site] state_dir"});
    return;
  }
  if (::access(there.c_str(), W_OK | X_OK) != 0)
    into.push_back({Grade::bad, "state_dir",
                    there.string() + " cannot be written: " + std::strerror(errno) +
                        ": run as its owner, or change the owner"});
  else
    into.push_back({Grade::good, "state_dir",
                    folder.string() + (there == folder ? " can be written" : " will be made")});
  struct statvfs space{};
  if (::statvfs(there.c_str(), &space) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  const std::string text = std::to_string(free / mebibyte) + " MB are free for journal and snapshots";
  if (free < least_space)
    into.push_back({Grade::bad, "disk", text + ": at least 32 MB are needed"});
  else if (free < enough_space)
    into.push_back({Grade::warning, "disk", text + ": 500 MB or more are advised"});
  else
    into.push_back({Grade::good, "disk", text});
}

void check_programs(const config::Config& config, Findings& into) {
  for (const char* own : {"standstill-guard", "standstill-cutter"})
    program(own, supervise::program_beside(own), into);
  for (const auto& output : config.outputs)
    if (const auto* calls = std::get_if<config::ProgramOutput>(&output.device)) {
      if (!calls->safe.empty()) program("output " + output.id, calls->safe.front(), into);
      if (!calls->run.empty() && (calls->safe.empty() || calls->run.front() != calls->safe.front()))
        program("output " + output.id, calls->run.front(), into);
    }
  for (const auto& alert : config.alerts)
    if (const auto* calls = std::get_if<config::ProgramAlert>(&alert.channel);
        calls != nullptr && !calls->command.empty())
      program("alert " + alert.id, calls->command.front(), into);
  if (config.watchdog) {
    program("watchdog", config.watchdog->restart.front(), into);
    if (!config.watchdog->check.empty()) program("watchdog", config.watchdog->check.front(), into);
  }
}

void check_devices(const config::Config& config, Findings& into) {
  for (const auto& output : config.outputs) {
    const std::string subject = "output " + output.id;
    if (const auto* relay = std::get_if<config::SerialOutput>(&output.device))
      serial(subject, relay->port.device, into);
    if (const auto* coil = std::get_if<config::ModbusCoilOutput>(&output.device);
        coil != nullptr && !coil->port.device.empty())
      serial(subject, coil->port.device, into);
    if (const auto* board = std::get_if<config::GuardBoardOutput>(&output.device))
      serial(subject, board->port.device, into);
    if (const auto* dog = std::get_if<config::WatchdogOutput>(&output.device);
        dog != nullptr && dog->is_device())
      watchdog(subject, dog->device, into);
  }
  for (const auto& link : config.links) {
    if (const auto* meter = std::get_if<config::ModbusLink>(&link.peer))
      for (const auto& device : meter->devices) serial("link " + link.id, device, into);
    if (const auto* engine = std::get_if<config::LocoLink>(&link.peer))
      serial("link " + link.id, engine->device, into);
  }
  if (config.loco && !config.loco->device.empty()) serial("engine line", config.loco->device, into);
  if (config.loco && !config.loco->watchdog.empty()) watchdog("engine watchdog", config.loco->watchdog, into);
}

void check_sensors(const config::Config& config, Findings& into) {
  for (const auto& link : config.links) {
    const auto* wanted = std::get_if<config::HwmonLink>(&link.peer);
    if (wanted == nullptr) continue;
    const auto chip = sensor::Chip::find({wanted->chip, wanted->address});
    into.push_back(chip ? Finding{Grade::good, "link " + link.id, wanted->chip + " is " + chip->where()}
                        : Finding{Grade::warning, "link " + link.id, chip.error()});
  }
}

void check_network(const config::Config& config, Findings& into) {
  if (config.bus && config.bus->sentinels.empty() && !config::socket_path(config.bus->url))
    if (const auto url = config::parse_url(config.bus->url))
      peer("bus", url->host, url->port.value_or(6379), 2s, Grade::warning, into);
  if (config.bus)
    for (const auto& sentinel : config.bus->sentinels)
      if (const auto place = config::parse_host_port(sentinel))
        peer("bus sentinel", place->host, place->port, 2s, Grade::warning, into);
  for (const auto& output : config.outputs) {
    const std::string subject = "output " + output.id;
    std::optional<Place> place;
    if (const auto* http = std::get_if<config::HttpOutput>(&output.device))
      place = place_of(http->safe.url);
    else if (const auto* mqtt = std::get_if<config::MqttOutput>(&output.device))
      place = place_of(mqtt->url);
    else if (const auto* plc = std::get_if<config::S7BitOutput>(&output.device))
      place = Place{plc->plc.host, plc->plc.port};
    else if (const auto* coil = std::get_if<config::ModbusCoilOutput>(&output.device);
             coil != nullptr && !coil->host.empty())
      place = Place{coil->host, coil->tcp_port};
    if (place) peer(subject, place->host, place->port, output.timeout, Grade::bad, into);
  }
  for (const auto& link : config.links) {
    const std::string subject = "link " + link.id;
    if (const auto* server = std::get_if<config::RocrailLink>(&link.peer))
      peer(subject, server->host, server->port, link.connect_timeout, Grade::warning, into);
    if (const auto* meter = std::get_if<config::ModbusLink>(&link.peer);
        meter != nullptr && !meter->host.empty())
      peer(subject, meter->host, meter->port, link.connect_timeout, Grade::warning, into);
    if (const auto* meter = std::get_if<config::ModbusLink>(&link.peer); meter != nullptr && meter->publish)
      if (const auto broker = place_of(meter->publish->url))
        peer(subject + " publish", broker->host, broker->port, link.connect_timeout, Grade::warning, into);
    if (const auto* plc = std::get_if<config::S7Link>(&link.peer))
      peer(subject, plc->plc.host, plc->plc.port, link.connect_timeout, Grade::warning, into);
  }
}

void check_secrets(const config::Config& config, Findings& into) {
  if (config.bus) {
    // As `run` reads it: permissions, content, and whose key it is; the password, too.
    const auto start = supervise::prepare_bus(config);
    if (!start)
      into.push_back({Grade::bad, "bus", start.error()});
    else if (start->keys.of(estop::everyone).empty())
      into.push_back({Grade::warning, "bus",
                      config.bus->key_file +
                          " has no key for stops by datagram: derive it anew with `standstill bus keygen`"});
    else
      into.push_back(
          {Grade::good, "bus", config.bus->key_file + " is the right key, and nobody else can read it"});
    const config::BusTls& tls = config.bus->tls;
    for (const auto& file : {tls.ca_file, tls.certificate_file, tls.key_file})
      if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
        into.push_back({Grade::bad, "bus",
                        file + ": " + std::strerror(errno) + "; without it nobody reaches the server"});
  }
  for (const auto& link : config.links)
    if (const auto* plc = std::get_if<config::S7Link>(&link.peer))
      secret("link " + link.id, plc->plc.password, into);
  for (const auto& output : config.outputs) {
    const std::string subject = "output " + output.id;
    if (const auto* http = std::get_if<config::HttpOutput>(&output.device)) {
      secret(subject, http->password, into);
      secret(subject, http->token, into);
    }
    if (const auto* bit = std::get_if<config::S7BitOutput>(&output.device))
      secret(subject, bit->plc.password, into);
    if (const auto* mqtt = std::get_if<config::MqttOutput>(&output.device))
      secret(subject, mqtt->password, into);
  }
  for (const auto& link : config.links)
    if (const auto* meter = std::get_if<config::ModbusLink>(&link.peer); meter != nullptr && meter->publish)
      secret("link " + link.id, meter->publish->password, into);
  for (const auto& alert : config.alerts) {
    const std::string subject = "alert " + alert.id;
    const std::size_t before = into.size();
    if (const auto* hook = std::get_if<config::WebhookAlert>(&alert.channel)) {
      secret(subject, hook->url_source, into);
      secret(subject, hook->token, into);
    }
    if (const auto* mail = std::get_if<config::SmtpAlert>(&alert.channel))
      secret(subject, mail->password, into);
    if (const auto* mqtt = std::get_if<config::MqttAlert>(&alert.channel))
      secret(subject, mqtt->password, into);
    if (const auto* sms = std::get_if<config::SmsAlert>(&alert.channel)) {
      secret(subject, sms->gateway.url_source, into);
      secret(subject, sms->gateway.token, into);
    }
    if (const auto* postgres = std::get_if<config::PostgresAlert>(&alert.channel))
      secret(subject, {postgres->connection_file, {}}, into);
    // Its program is looked at with the others; a secret that cannot be read has been said.
    const bool said = std::ranges::any_of(into.begin() + static_cast<std::ptrdiff_t>(before), into.end(),
                                          [](const Finding& one) { return one.grade == Grade::bad; });
    if (said || std::holds_alternative<config::ProgramAlert>(alert.channel)) continue;
    if (const auto made = supervise::alert_of(alert); !made)
      into.push_back({Grade::bad, subject, made.error()});
  }
}

void check_realtime(const config::Config& config, Findings& into) {
  // Tried in a thread that does nothing and ends at once: the only sure way to know (limits, capabilities,
  // groups, containers).
  bool granted = false;
  std::thread([&granted] {
    sched_param priority{};
    priority.sched_priority = 1;
    granted = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority) == 0;
  }).join();
  const std::string consequence =
      ": under load the milliseconds below may be exceeded, and a process that gets no processor for "
      "heartbeat_timeout_ms (" +
      std::to_string(config.guard.heartbeat_timeout.count()) +
      ") trips the plant: raise [guard] heartbeat_timeout_ms where that happens";
  const char* off = std::getenv("STANDSTILL_NO_REALTIME");
  if (off != nullptr && *off != '\0' && *off != '0')
    into.push_back({Grade::warning, "real time", "turned off by STANDSTILL_NO_REALTIME" + consequence});
  else if (granted)
    into.push_back({Grade::good, "real time", "may be used"});
  else
    into.push_back(
        {Grade::warning, "real time",
         "is not granted" + consequence + ". Give CAP_SYS_NICE, or 'rtprio 60' in /etc/security/limits.d"});
  void* memory = ::mmap(nullptr, locked_by_guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool locked = memory != MAP_FAILED && ::mlock(memory, locked_by_guard) == 0;
  if (memory != MAP_FAILED) ::munmap(memory, locked_by_guard);
  if (locked)
    into.push_back({Grade::good, "locked memory", "may be used"});
  else
    into.push_back({Grade::warning, "locked memory",
                    "is not granted: the guard may be swapped out. Give CAP_IPC_LOCK, or 'memlock 65536' in "
                    "/etc/security/limits.d"});
}

}  // namespace standstill::app
