#include "supervise/plan_compiler.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "config/formats.hpp"
#include "config/secret.hpp"
#include "supervise/plc_tsaps.hpp"
#include "wire/rocrail/command.hpp"
#include "wire/s7/user_data.hpp"
#include "wire/s7/value.hpp"

namespace standstill::supervise {

namespace {

using config::to_string;

class Compiler {
 public:
  explicit Compiler(const config::Config& config) : config_(config) { made_.plan.reset(new plan::Plan()); }

  std::expected<CompiledPlan, std::string> run() {
    plan::Plan& plan = *made_.plan;
    plan.site.assign(config_.site.name);
    plan.permit_timeout_ms = static_cast<std::uint32_t>(config_.guard.permit_timeout.count());
    plan.settle_ms = static_cast<std::uint32_t>(config_.guard.settle.count());
    plan.heartbeat_timeout_ms = static_cast<std::uint32_t>(config_.guard.heartbeat_timeout.count());
    for (const char* name : {"guard", "supervisor", "cutter-1", "cutter-2", "operator"})
      source(name, plan::SourceKind::internal);
    for (const auto& link : config_.links) add_link(link);
    for (const auto& watch : config_.watches) add_watch(watch);
    if (config_.bus) made_.watches["bus"] = source("bus", plan::SourceKind::watch);
    for (const auto& output : config_.outputs) add_output(output);
    for (std::size_t i = 0; i < config_.outputs.size() && problem_.empty(); ++i)
      if (const auto& next = config_.outputs[i].escalate; !next.empty())
        plan.outputs[i].escalate = made_.outputs.at(next);
    for (const auto& stage : config_.stages) add_stage(stage);
    make_stages();
    if (!problem_.empty()) return std::unexpected(problem_);
    plan::seal(plan);
    made_.hash = plan::hash(plan);
    return std::move(made_);
  }

 private:
  SourceIndex source(std::string_view name, plan::SourceKind kind) {
    plan::Plan& plan = *made_.plan;
    if (plan.source_count >= plan::max_sources) {
      problem_ = "links, watches and outputs are more than " + std::to_string(plan::max_sources - 5) +
                 " together; use two supervisors";
      return 0;
    }
    plan.sources[plan.source_count].name.assign(name);
    plan.sources[plan.source_count].kind = kind;
    return plan.source_count++;
  }

  void add_link(const config::Link& link) {
    if (const auto* plc = std::get_if<config::S7Link>(&link.peer); plc != nullptr)
      if (secret(plc->plc.password, link.where).size() > s7::longest_password)
        problem_ = to_string(link.where) + ": the password of link '" + link.id + "' is longer than " +
                   std::to_string(s7::longest_password) + " characters, which no PLC has";
    if (!link.critical) return;
    made_.links[link.id] = source(link.id, plan::SourceKind::link);
    if (const auto behind = source_behind(link); !behind.empty())
      made_.behind[link.id] = source(link.id + "." + std::string(behind), plan::SourceKind::watch);
  }

  static void line(plan::GpioLine& into, const std::string& chip, unsigned offset) {
    into.chip.assign(chip);
    into.line = offset;
  }

  void add_watch(const config::Watch& watch) {
    const auto* button = std::get_if<config::DemandWatch>(&watch.rule);
    if (button == nullptr) {
      made_.watches[watch.id] = source(watch.id, plan::SourceKind::watch);
      return;
    }
    plan::Plan& plan = *made_.plan;
    if (plan.demand_count >= plan::max_demands) {
      problem_ = to_string(watch.where) + ": more than " + std::to_string(plan::max_demands) + " buttons";
      return;
    }
    plan::Demand& demand = plan.demands[plan.demand_count++];
    demand.source = source(watch.id, plan::SourceKind::demand);
    made_.watches[watch.id] = demand.source;
    line(demand.a, button->chip, button->line);
    demand.a.bias = static_cast<std::uint8_t>(button->bias);
    demand.b = demand.a;
    demand.two_channels = button->line_b ? 1 : 0;
    demand.b.line = button->line_b.value_or(0);
    demand.closed_high = button->closed == config::Level::high ? 1 : 0;
    demand.discrepancy_ms = static_cast<std::uint32_t>(button->discrepancy.count());
    demand.lock_out_ms = static_cast<std::uint32_t>(button->lockout.count());
  }

  template <std::size_t N>
  void put(FixedText<N>& into, const std::string& text, const config::Output& output, const char* key) {
    if (text.size() >= N)
      problem_ = to_string(output.where) + ": '" + key + "' of output '" + output.id + "' is longer than " +
                 std::to_string(N - 1) + " bytes";
    into.assign(text);
  }

  void arguments(plan::Arguments& into, const std::vector<std::string>& argv, const config::Output& output) {
    std::size_t at = 0;
    for (const auto& argument : argv) {
      if (at + argument.size() + 2 > into.size()) {
        problem_ = to_string(output.where) + ": the command of output '" + output.id +
                   "' is longer than 510 bytes; call a script";
        return;
      }
      std::copy(argument.begin(), argument.end(), into.begin() + static_cast<std::ptrdiff_t>(at));
      at += argument.size() + 1;
    }
  }

  std::string secret(const config::SecretSource& from, const config::SourceLocation& where) {
    if (from.empty()) return {};
    auto read = config::resolve_secret(from);
    if (read) return read->value;
    problem_ = to_string(where) + ": " + read.error();
    return {};
  }

  static std::string base64(const std::string& text) {
    std::string coded(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    coded.resize(static_cast<std::size_t>(length));
    return coded;
  }

  struct Url {
    std::string host, path;
    std::uint16_t port = 80;
  };
  std::optional<Url> split(const std::string& url, const config::Output& output) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) {
      problem_ = to_string(output.where) + ": output '" + output.id +
                 "': only http:// relays are commanded directly, so that a cut needs no "
                 "handshake; for https use kind = \"program\" with curl";
      return std::nullopt;
    }
    Url made;
    const std::size_t path = url.find_first_of("/?", scheme.size());
    std::string authority =
        url.substr(scheme.size(), path == std::string::npos ? path : path - scheme.size());
    made.path = path == std::string::npos ? "/" : url.substr(path);
    if (made.path.starts_with('?')) made.path.insert(0, "/");
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
      made.port =
          static_cast<std::uint16_t>(std::stoul(authority.substr(colon + 1)));  // the loader has checked it
      authority.resize(colon);
    }
    made.host = authority.starts_with('[') ? authority.substr(1, authority.size() - 2) : authority;
    return made;
  }

  std::string request(const config::Request& wanted, const Url& url, const config::HttpOutput& http,
                      const config::Output& output) {
    const bool v6 = url.host.find(':') != std::string::npos;
    std::string text = wanted.method + " " + url.path +
                       " HTTP/1.1\r\nHost: " + (v6 ? "[" + url.host + "]" : url.host) +
                       (url.port == 80 ? "" : ":" + std::to_string(url.port)) +
                       "\r\nConnection: close\r\nUser-Agent: standstill\r\n";
    if (!http.user.empty())
      text +=
          "Authorization: Basic " + base64(http.user + ":" + secret(http.password, output.where)) + "\r\n";
    if (!http.token.empty()) text += "Authorization: Bearer " + secret(http.token, output.where) + "\r\n";
    if (!wanted.content_type.empty()) text += "Content-Type: " + wanted.content_type + "\r\n";
    if (!wanted.body.empty() || wanted.method != "GET")
      text += "Content-Length: " + std::to_string(wanted.body.size()) + "\r\n";
    return text + "\r\n" + wanted.body;
  }

  void add_http(plan::Output& into, const config::HttpOutput& http, const config::Output& output) {
    into.kind = plan::OutputKind::http;
    const auto safe = split(http.safe.url, output);
    if (!safe) return;
    put(into.host, safe->host, output, "url");
    into.port = safe->port;
    into.probe_ms = static_cast<std::uint32_t>(http.probe.count());
    put(into.safe_request, request(http.safe, *safe, http, output), output, "safe");
    if (http.run) {
      const auto run = split(http.run->url, output);
      if (!run) return;
      if (run->host != safe->host || run->port != safe->port) {
        problem_ = to_string(output.where) + ": output '" + output.id +
                   "': safe and run must go to the same host and port; use two outputs";
        return;
      }
      put(into.run_request, request(*http.run, *run, http, output), output, "run");
    }
    into.probe_ms = static_cast<std::uint32_t>(http.probe.count());
    put(into.reply, http.expect_reply, output, "expect_reply");
    put(into.reply_run, http.expect_reply_run, output, "expect_reply_run");
  }

  void add_s7_bit(plan::Output& into, const config::S7BitOutput& bit, const config::Output& output) {
    into.kind = plan::OutputKind::s7_bit;
    put(into.host, bit.plc.host, output, "host");
    into.port = bit.plc.port;
    into.probe_ms = static_cast<std::uint32_t>(bit.probe.count());
    const auto tsaps = tsaps_of(bit.plc);
    into.plc.local_tsap = tsaps.local;
    into.plc.remote_tsap = tsaps.remote;
    put(into.plc.password, secret(bit.plc.password, output.where), output, "password");
    const auto address = s7::parse_address(bit.address);
    if (!address) return;  // the loader has said it
    into.plc.area = static_cast<std::uint8_t>(address->area);
    into.plc.db = address->db;
    into.plc.byte = address->byte;
    into.plc.bit = address->bit;
    into.plc.safe = bit.safe ? 1 : 0;
  }

  void add_coil(plan::Output& into, const config::ModbusCoilOutput& coil, const config::Output& output) {
    into.kind = plan::OutputKind::modbus_coil;
    put(into.device, coil.port.device, output, "device");
    into.baud = coil.port.baud;
    into.framing.assign(coil.port.framing);
    put(into.host, coil.host, output, "host");
    into.port = coil.tcp_port;
    into.unit = static_cast<std::uint8_t>(coil.unit);
    into.coil = coil.address;
    into.safe_on = coil.safe ? 1 : 0;
    into.probe_ms = static_cast<std::uint32_t>(coil.probe.count());
  }

  void add_mqtt(plan::Output& into, const config::MqttOutput& mqtt, const config::Output& output) {
    into.kind = plan::OutputKind::mqtt;
    const auto broker = config::parse_url(mqtt.url);
    const bool wild = mqtt.topic.find_first_of("+#") != std::string::npos;
    if (!broker || broker->scheme != "mqtt" || wild) {
      problem_ = to_string(output.where) + ": output '" + output.id + "': " +
                 (wild ? "'topic' is no topic to publish to; leave out '+' and '#'"
                       : "only mqtt:// brokers are commanded directly, so that a cut needs no handshake; for "
                         "mqtts use kind = \"program\" with mosquitto_pub");
      return;
    }
    put(into.host, broker->host, output, "url");
    into.port = broker->port.value_or(1883);
    put(into.topic, mqtt.topic, output, "topic");
    put(into.safe_request, mqtt.safe, output, "safe");
    put(into.run_request, mqtt.run, output, "run");
    put(into.user, mqtt.user, output, "user");
    put(into.password, secret(mqtt.password, output.where), output, "password");
    into.probe_ms = static_cast<std::uint32_t>(mqtt.probe.count());
  }

  void add_readback(plan::Output& into, const config::Readback& readback) {
    into.readback.within_ms = static_cast<std::uint32_t>(readback.within.count());
    if (const auto* gpio = std::get_if<config::GpioReadback>(&readback.input)) {
      into.readback.kind = plan::ReadbackKind::gpio;
      line(into.readback.gpio, gpio->chip, gpio->line);
      into.readback.gpio.bias = static_cast<std::uint8_t>(gpio->bias);
      into.readback.expect_high = gpio->expect == config::Level::high ? 1 : 0;
      into.readback.expect_run = gpio->check_run ? 1 : 0;
    } else {
      into.readback.kind = plan::ReadbackKind::tag;
      into.readback.expect_run = std::get<config::TagReadback>(readback.input).expect_run ? 1 : 0;
    }
  }

  void add_output(const config::Output& output) {
    plan::Plan& plan = *made_.plan;
    const std::uint8_t index = plan.output_count++;
    made_.outputs[output.id] = index;
    plan::Output& into = plan.outputs[index];
    into.name.assign(output.id);
    into.source = source(output.id, plan::SourceKind::output);
    into.commandable = output.commandable ? 1 : 0;
    if (output.timeout.count() > 0) into.timeout_ms = static_cast<std::uint32_t>(output.timeout.count());
    if (output.readback) add_readback(into, *output.readback);
    if (const auto* gpio = std::get_if<config::GpioOutput>(&output.device)) {
      into.kind = plan::OutputKind::gpio;
      line(into.gpio, gpio->chip, gpio->line);
      into.gpio.drive = static_cast<std::uint8_t>(gpio->drive);
      into.safe_high = gpio->safe == config::Level::high ? 1 : 0;
    } else if (const auto* serial = std::get_if<config::SerialOutput>(&output.device)) {
      into.kind = plan::OutputKind::serial;
      put(into.device, serial->port.device, output, "device");
      into.baud = serial->port.baud;
      into.framing.assign(serial->port.framing);
      put(into.safe_bytes, serial->safe, output, "safe");
      put(into.run_bytes, serial->run, output, "run");
      put(into.reply, serial->expect_reply, output, "expect_reply");
      put(into.reply_run, serial->expect_reply_run, output, "expect_reply_run");
    } else if (const auto* http = std::get_if<config::HttpOutput>(&output.device)) {
      add_http(into, *http, output);
    } else if (const auto* coil = std::get_if<config::ModbusCoilOutput>(&output.device)) {
      add_coil(into, *coil, output);
    } else if (const auto* mqtt = std::get_if<config::MqttOutput>(&output.device)) {
      add_mqtt(into, *mqtt, output);
    } else if (const auto* program = std::get_if<config::ProgramOutput>(&output.device)) {
      into.kind = plan::OutputKind::program;
      arguments(into.safe_argv, program->safe, output);
      arguments(into.run_argv, program->run, output);
    } else if (const auto* dog = std::get_if<config::WatchdogOutput>(&output.device)) {
      into.expires_ms = static_cast<std::uint32_t>(dog->expires.count());
      into.pulse_ms = static_cast<std::uint32_t>(dog->pulse.count());
      into.kind = dog->is_device() ? plan::OutputKind::watchdog : plan::OutputKind::pulse;
      if (dog->is_device())
        put(into.device, dog->device, output, "device");
      else
        line(into.gpio, dog->chip, dog->line);
    } else if (const auto* lamp = std::get_if<config::IndicatorOutput>(&output.device)) {
      into.kind = plan::OutputKind::indicator;
      line(into.gpio, lamp->chip, lamp->line);
      into.gpio.drive = static_cast<std::uint8_t>(lamp->drive);
      into.safe_high = lamp->active == config::Level::high ? 0 : 1;
      into.patterns = {pattern(lamp->running), pattern(lamp->ready), pattern(lamp->tripped),
                       pattern(lamp->acknowledged)};
    } else if (const auto* bit = std::get_if<config::S7BitOutput>(&output.device)) {
      add_s7_bit(into, *bit, output);
    } else {
      const auto& port = std::get<config::GuardBoardOutput>(output.device).port;
      into.kind = plan::OutputKind::guard_board;
      put(into.device, port.device, output, "device");
      into.baud = port.baud;
    }
  }

  static plan::Pattern pattern(config::Pattern from) { return static_cast<plan::Pattern>(from); }

  void add_stage(const config::Stage& stage) {
    plan::Plan& plan = *made_.plan;
    plan::Stage& into = plan.stages[plan.stage_count++];
    into.at_ms = static_cast<std::uint32_t>(stage.at.count());
    if (const auto* send = std::get_if<config::Send>(&stage.act)) {
      into.send = 1;
      check_command(stage, *send);
      if (const auto link = made_.links.find(send->link); link != made_.links.end())
        into.link_source = link->second;
    } else {
      into.output = made_.outputs.at(std::get<std::string>(stage.act));
      plan.outputs[into.output].at_ms = into.at_ms;
    }
  }

  // What is sent on the way to the safe state must be understood now, and must not be able to energise
  // anything.
  void check_command(const config::Stage& stage, const config::Send& send) {
    if (const auto* link = config_.link(send.link);
        link != nullptr && std::holds_alternative<config::S7Link>(link->peer))
      return check_write(stage, send, std::get<config::S7Link>(link->peer));
    if (const auto* link = config_.link(send.link);
        link != nullptr && std::holds_alternative<config::LocoLink>(link->peer)) {
      if (send.command != "stop")
        problem_ =
            to_string(stage.where) + ": send.command: an engine takes `stop`, not '" + send.command + "'";
      return;
    }
    const auto command = rocrail::parse_command(send.command);
    if (!command)
      problem_ = to_string(stage.where) + ": send.command: " + command.error();
    else if (command->may_energise)
      problem_ = to_string(stage.where) + ": send.command '" + send.command +
                 "' may set something in motion; a stage may only stop: ebreak, stop, auto off";
  }

  // Which bit of a PLC stops its machine only its programmer knows: what stands here is taken at its word, as
  // an output's `safe` is.
  void check_write(const config::Stage& stage, const config::Send& send, const config::S7Link& peer) {
    if (send.command == "cpu stop") {
      if (!peer.allow_control)
        problem_ = to_string(stage.where) + ": link '" + send.link +
                   "' may not stop its CPU; set allow_control = true there";
      return;
    }
    constexpr std::string_view word = "write ";
    const std::size_t blank = send.command.find(' ', word.size());
    const auto address = blank == std::string::npos || !send.command.starts_with(word)
                             ? std::unexpected<std::string>("say what to write: write DB1.DBX0.0 true")
                             : s7::parse_address(send.command.substr(word.size(), blank - word.size()));
    const auto value = address ? s7::parse_value(*address, send.command.substr(blank + 1))
                               : std::unexpected<std::string>(address.error());
    if (!value)
      problem_ = to_string(stage.where) + ": send.command: " + value.error();
    else if (!peer.allow_write)
      problem_ =
          to_string(stage.where) + ": link '" + send.link + "' is read only; set allow_write = true there";
  }

  void make_stages() {
    const plan::Plan& plan = *made_.plan;
    std::array<Stage, Stages::most_stages> stages{};
    for (std::size_t i = 0; i < plan.stage_count; ++i)
      stages[i] = {std::chrono::milliseconds(plan.stages[i].at_ms),
                   plan.stages[i].send != 0 ? Stage::Act::send : Stage::Act::output,
                   plan.stages[i].send != 0 ? std::uint8_t{0} : plan.stages[i].output};
    made_.stages =
        Stages::make(std::span(stages).first(plan.stage_count), plan.output_count).value_or(Stages{});
  }

  const config::Config& config_;
  CompiledPlan made_;
  std::string problem_;
};

}  // namespace

std::string_view source_behind(const config::Link& link) {
  if (std::holds_alternative<config::RocrailLink>(link.peer)) return "station";
  if (std::holds_alternative<config::ModbusLink>(link.peer)) return "sensor";
  return std::holds_alternative<config::S7Link>(link.peer) ? "cpu" : "";
}

std::expected<CompiledPlan, std::string> compile_plan(const config::Config& config) {
  return Compiler(config).run();
}

}  // namespace standstill::supervise
