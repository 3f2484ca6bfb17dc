#include "app/settings.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/config.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

std::string_view level(config::Level of) { return of == config::Level::low ? "low" : "high"; }

// How a PLC is reached; never its password.
void put_plc(ordered_json& json, const config::PlcPeer& plc) {
  json["host"] = plc.host;
  json["port"] = plc.port;
  if (plc.remote_tsap != 0) {
    json["remote_tsap"] = plc.remote_tsap;
  } else {
    json["rack"] = plc.rack;
    json["slot"] = plc.slot;
    json["connection"] = plc.connection;
  }
  json["local_tsap"] = plc.local_tsap;
}

ordered_json link_json(const config::Link& link) {
  ordered_json json{{"id", link.id}, {"kind", link.kind}, {"critical", link.critical}};
  if (const auto* rocrail = std::get_if<config::RocrailLink>(&link.peer)) {
    json["host"] = rocrail->host;
    json["port"] = rocrail->port;
    json["on_goodbye"] = rocrail->on_goodbye == config::OnGoodbye::safe ? "safe" : "hold";
  } else if (const auto* meter = std::get_if<config::ModbusLink>(&link.peer)) {
    if (meter->devices.empty()) {
      json["host"] = meter->host;
      json["port"] = meter->port;
      json["at_once"] = meter->at_once;
    } else {
      json["devices"] = meter->devices;
      json["baud"] = meter->baud;
      json["framing"] = meter->framing;
      json["rs485"] = meter->rs485;
    }
    json["unit"] = meter->unit;
    if (meter->profile.empty())
      json["registers"] = meter->registers.size();
    else
      json["profile"] = meter->profile;
    json["poll_ms"] = meter->poll.count();
    if (meter->gap.count() > 0) json["gap_ms"] = meter->gap.count();  // else the profile's
    json["timeout_ms"] = meter->time_out.count();
    json["retries"] = meter->retries;
    if (meter->probe_register) json["probe_register"] = *meter->probe_register;
    if (meter->publish)
      json["publish"] = {{"url", meter->publish->url},
                         {"topic", meter->publish->topic},
                         {"home_assistant", meter->publish->home_assistant},
                         {"buffer_mb", meter->publish->buffer_mb}};
  } else if (const auto* plc = std::get_if<config::S7Link>(&link.peer)) {
    put_plc(json, plc->plc);
    json["poll_ms"] = plc->poll.count();
    for (const auto& tag : plc->tags) json["tags"][tag.name] = tag.address;
    if (plc->heartbeat)
      json["heartbeat"] = {{"tag", plc->heartbeat->tag},
                           {"changes_within_ms", plc->heartbeat->changes_within.count()}};
    json["allow_write"] = plc->allow_write;
    json["allow_control"] = plc->allow_control;
    if (plc->write_heartbeat)
      json["write_heartbeat"] = {{"address", plc->write_heartbeat->address},
                                 {"every_ms", plc->write_heartbeat->every.count()}};
  } else if (const auto* engine = std::get_if<config::LocoLink>(&link.peer)) {
    json["device"] = engine->device;
    json["baud"] = engine->baud;
    json["poll_ms"] = engine->poll.count();
  }
  json["probe_ms"] = link.probe.count();
  json["silence_ms"] = link.silence.count();
  json["connect_timeout_ms"] = link.connect_timeout.count();
  json["reconnect"] = {{"first_ms", link.reconnect.first.count()},
                       {"factor", link.reconnect.factor},
                       {"max_ms", link.reconnect.longest.count()},
                       {"jitter", link.reconnect.jitter},
                       {"max_tries", link.reconnect.max_tries}};
  json["breaker"] = {{"failures", link.breaker.failures}, {"open_ms", link.breaker.open.count()}};
  return json;
}

ordered_json watch_json(const config::Watch& watch) {
  ordered_json json{{"id", watch.id}, {"kind", watch.kind}};
  if (const auto* limit = std::get_if<config::LimitWatch>(&watch.rule)) {
    json["source"] = limit->source.text();
    if (limit->high) json["high"] = *limit->high;
    if (limit->low) json["low"] = *limit->low;
    if (limit->warn) json["warn"] = *limit->warn;
    if (limit->valid) json["valid"] = {limit->valid->lowest, limit->valid->highest};
    json["hysteresis"] = limit->hysteresis;
    json["for_ms"] = limit->lasts.count();
    json["stale_ms"] = limit->stale.count();
  } else if (const auto* frozen = std::get_if<config::FrozenWatch>(&watch.rule)) {
    json["source"] = frozen->source.text();
    json["changes_within_ms"] = frozen->changes_within.count();
  } else if (const auto* silence = std::get_if<config::SilenceWatch>(&watch.rule)) {
    json["link"] = silence->link;
    json["for_ms"] = silence->lasts.count();
  } else if (const auto* health = std::get_if<config::HealthWatch>(&watch.rule)) {
    json["source"] = health->source.text();
    json["healthy"] = health->healthy;
    json["for_ms"] = health->lasts.count();
    json["stale_ms"] = health->stale.count();
    json["code"] = health->code;
  } else if (const auto* demand = std::get_if<config::DemandWatch>(&watch.rule)) {
    json["chip"] = demand->chip;
    json["line"] = demand->line;
    if (demand->line_b) json["line_b"] = *demand->line_b;
    json["closed"] = level(demand->closed);
    if (demand->line_b) json["discrepancy_ms"] = demand->discrepancy.count();
    json["lockout_ms"] = demand->lockout.count();
  }
  return json;
}

// Where it goes; never a secret, nor an address that may hold one.
ordered_json alert_json(const config::Alert& alert) {
  ordered_json json{{"id", alert.id}, {"kind", alert.kind}, {"on", alert.on}};
  if (const auto* program = std::get_if<config::ProgramAlert>(&alert.channel)) {
    json["command"] = program->command;
  } else if (const auto* mail = std::get_if<config::SmtpAlert>(&alert.channel)) {
    json["host"] = mail->host;
    json["port"] = mail->port;
    json["from"] = mail->from;
    json["to"] = mail->to;
  } else if (const auto* sms = std::get_if<config::SmsAlert>(&alert.channel)) {
    json["numbers"] = sms->numbers;
  } else if (const auto* mqtt = std::get_if<config::MqttAlert>(&alert.channel)) {
    json["topic"] = mqtt->topic;
  } else if (const auto* database = std::get_if<config::PostgresAlert>(&alert.channel)) {
    json["table"] = database->table;
  }
  json["escalate_s"] = alert.escalate.count() / 1000;
  json["remind_s"] = alert.remind.count() / 1000;
  json["timeout_ms"] = alert.timeout.count();
  json["retries"] = alert.retries;
  return json;
}

ordered_json output_json(const config::Output& output) {
  ordered_json json{{"id", output.id}, {"kind", output.kind}};
  if (const auto* gpio = std::get_if<config::GpioOutput>(&output.device)) {
    json["chip"] = gpio->chip;
    json["line"] = gpio->line;
    json["safe"] = level(gpio->safe);
  } else if (const auto* serial = std::get_if<config::SerialOutput>(&output.device)) {
    json["device"] = serial->port.device;
    json["baud"] = serial->port.baud;
    json["safe"] = serial->safe;
    json["run"] = serial->run;
    if (!serial->expect_reply.empty()) json["expect_reply"] = serial->expect_reply;
  } else if (const auto* board = std::get_if<config::GuardBoardOutput>(&output.device)) {
    json["device"] = board->port.device;
    json["baud"] = board->port.baud;
  } else if (const auto* watchdog = std::get_if<config::WatchdogOutput>(&output.device)) {
    if (watchdog->device.empty()) {
      json["chip"] = watchdog->chip;
      json["line"] = watchdog->line;
      json["pulse_ms"] = watchdog->pulse.count();
    } else {
      json["device"] = watchdog->device;
    }
    json["expires_ms"] = watchdog->expires.count();
  } else if (const auto* http = std::get_if<config::HttpOutput>(&output.device)) {
    json["safe"] = http->safe.method + " " + http->safe.url;
    if (http->run) json["run"] = http->run->method + " " + http->run->url;
  } else if (const auto* coil = std::get_if<config::ModbusCoilOutput>(&output.device)) {
    if (coil->host.empty())
      json["device"] = coil->port.device;
    else
      json["host"] = coil->host, json["port"] = coil->tcp_port;
    json["unit"] = coil->unit;
    json["address"] = coil->address;
    json["safe"] = coil->safe;
  } else if (const auto* mqtt = std::get_if<config::MqttOutput>(&output.device)) {
    json["url"] = mqtt->url;
    json["topic"] = mqtt->topic;
    json["safe"] = mqtt->safe;
    json["run"] = mqtt->run;
  } else if (const auto* program = std::get_if<config::ProgramOutput>(&output.device)) {
    json["safe"] = program->safe;
    json["run"] = program->run;
  } else if (const auto* bit = std::get_if<config::S7BitOutput>(&output.device)) {
    put_plc(json, bit->plc);
    json["address"] = bit->address;
    json["safe"] = bit->safe;
    json["probe_ms"] = bit->probe.count();
  } else if (const auto* lamp = std::get_if<config::IndicatorOutput>(&output.device)) {
    json["chip"] = lamp->chip;
    json["line"] = lamp->line;
  }
  if (output.timeout.count() > 0) json["timeout_ms"] = output.timeout.count();
  if (output.readback) {
    ordered_json back{{"within_ms", output.readback->within.count()}};
    if (const auto* gpio = std::get_if<config::GpioReadback>(&output.readback->input)) {
      back["chip"] = gpio->chip;
      back["line"] = gpio->line;
      back["expect"] = level(gpio->expect);
    } else {
      back["tag"] = std::get<config::TagReadback>(output.readback->input).source.text();
    }
    json["readback"] = std::move(back);
  }
  if (!output.escalate.empty()) json["escalate"] = output.escalate;
  if (output.is_safety()) json["prooftest_days"] = output.prooftest_days;
  return json;
}

ordered_json loco_json(const config::Loco& loco) {
  ordered_json json;
  const auto input = [&json](const char* name, const config::NumberInput& one) {
    json[name] = {{"file", one.file}, {"scale", one.scale}, {"offset", one.offset}};
    if (one.low) json[name]["low"] = *one.low;
    if (one.high) json[name]["high"] = *one.high;
  };
  constexpr std::array sensors{"logic", "boiler", "superheater", "pressure"};
  for (std::size_t i = 0; i < sensors.size(); ++i) input(sensors[i], loco.sensors[i]);
  input("track", loco.track);
  const auto pwm = [&json](const char* name, const config::PwmChannel& one) {
    json[name] = {{"chip", one.chip}, {"channel", one.channel}};
  };
  pwm("boiler_heater", loco.boiler_heater);
  pwm("superheater_heater", loco.superheater_heater);
  pwm("servo", loco.servo);
  json["heater_period_us"] = loco.heater_period_us;
  json["servo_zero_us"] = loco.servo_zero_us;
  json["servo_full_us"] = loco.servo_full_us;
  const auto line = [&json](const char* name, const std::optional<config::EdgeLine>& one) {
    if (one) json[name] = {{"chip", one->chip}, {"line", one->line}};
  };
  line("servo_power", loco.servo_power);
  line("dcc", loco.dcc);
  line("encoder", loco.encoder);
  if (loco.device.empty()) {
    json["pty"] = loco.pty;
  } else {
    json["device"] = loco.device;
    json["baud"] = loco.baud;
  }
  json["watchdog"] = loco.watchdog;
  return json;
}

}  // namespace

ordered_json settings_json(const config::Config& config) {
  ordered_json json;
  json["site"] = {{"name", config.site.name},
                  {"state_dir", config.site.state_dir.string()},
                  {"timezone", config.site.timezone}};
  for (const auto& one : config.site.metadata)
    std::visit(
        [&](const auto& value) {
          json["site"]["metadata"][one.name + (one.from_environment ? "_env" : "")] = value;
        },
        one.value);
  json["guard"] = {{"permit_timeout_ms", config.guard.permit_timeout.count()},
                   {"settle_ms", config.guard.settle.count()},
                   {"heartbeat_timeout_ms", config.guard.heartbeat_timeout.count()}};
  if (config.loco) json["loco"] = loco_json(*config.loco);
  json["link"] = ordered_json::array();
  for (const auto& link : config.links) json["link"].push_back(link_json(link));
  json["watch"] = ordered_json::array();
  for (const auto& watch : config.watches) json["watch"].push_back(watch_json(watch));
  json["output"] = ordered_json::array();
  for (const auto& output : config.outputs) json["output"].push_back(output_json(output));
  json["stage"] = ordered_json::array();
  for (const auto& stage : config.stages) {
    ordered_json one{{"at_ms", stage.at.count()}};
    if (const auto* send = std::get_if<config::Send>(&stage.act))
      one["send"] = {{"link", send->link}, {"command", send->command}};
    else
      one["output"] = std::get<std::string>(stage.act);
    json["stage"].push_back(std::move(one));
  }
  json["alert"] = ordered_json::array();
  for (const auto& alert : config.alerts) json["alert"].push_back(alert_json(alert));
  if (config.watchdog)
    json["watchdog"] = {{"check", config.watchdog->check},
                        {"devices", config.watchdog->devices},
                        {"restart", config.watchdog->restart},
                        {"interval_ms", config.watchdog->interval.count()},
                        {"timeout_ms", config.watchdog->time_out.count()},
                        {"failures", config.watchdog->failures},
                        {"restarts_per_hour", config.watchdog->restarts_per_hour}};
  json["terminal"] = {
      {"listen", (config.terminal.host.find(':') == std::string::npos ? config.terminal.host
                                                                      : "[" + config.terminal.host + "]") +
                     ":" + std::to_string(config.terminal.port)},
      {"insecure", config.terminal.insecure}};
  return json;
}

std::string settings_text(const ordered_json& settings) {
  std::string made;
  const auto section = [&made](const std::string& title, const ordered_json& values) {
    made += (made.empty() ? "" : "\n\n") + title;
    for (const auto& [key, value] : values.items()) made += "\n  " + key + " = " + value.dump();
  };
  for (const auto& [name, value] : settings.items()) {
    if (value.is_object())
      section("[" + name + "]", value);
    else
      for (const auto& one : value) section("[[" + name + "]]", one);
  }
  return made;
}

}  // namespace standstill::app
