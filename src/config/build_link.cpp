#include "config/build.hpp"
#include "wire/s7/address.hpp"

namespace standstill::config {

namespace {

RocrailLink rocrail(const Reader& in) {
  return {in.text("host"), in.whole<std::uint16_t>("port"),
          in.choice<OnGoodbye>("on_goodbye", {"safe", "hold"})};
}

Register modbus_register(const Reader& in, const SourceLocation& where) {
  Register result;
  result.where = where;
  result.name = in.text("name");
  result.function = in.whole("function");
  result.address = in.whole<std::uint16_t>("address");
  result.type = in.text("type");
  result.low_word_first = in.text("word_order") == "low_first";
  result.scale = in.number("scale").value_or(1.0);
  result.unit = in.text("unit");
  result.valid = in.range("valid");
  result.counter = in.flag("counter");
  if (result.function < 3 && in.text("type") != "bool" && !in.text("type").empty())
    in.report(Fault::contradiction, in.where("function"), "functions 1 and 2 read single bits",
              "write type = \"bool\", or function 3 or 4");
  return result;
}

ModbusLink modbus(const Reader& in, const SourceLocation& where) {
  ModbusLink result;
  for (const std::string& device : in.texts("devices")) result.devices.push_back(in.absolute(device));
  if (in.has("baud")) result.baud = in.whole("baud");
  if (in.has("framing")) result.framing = in.text("framing");
  if (in.has("rs485")) result.rs485 = in.flag("rs485");
  result.host = in.text("host");
  if (in.has("port")) result.port = in.whole<std::uint16_t>("port");
  result.unit = in.whole("unit");
  result.profile = in.text("profile");
  in.exactly_one(where, "this [[link]]", "profile", "registers");
  for (const auto& [reader, place] : in.list("registers"))
    result.registers.push_back(modbus_register(reader, place));
  result.poll = in.ms("poll_ms");
  result.gap = in.ms("gap_ms");
  result.retries = in.whole("retries");
  result.time_out = in.ms("timeout_ms");
  if (in.has("probe_register")) result.probe_register = in.whole<std::uint16_t>("probe_register");
  if (in.has("at_once")) result.at_once = in.whole<std::size_t>("at_once");
  if (const auto publish = in.nested("publish"))
    result.publish =
        Publish{publish->text("url"),       publish->text("topic"), publish->flag("home_assistant"),
                publish->path("ca_file"),   publish->text("user"),  publish->secret("password"),
                publish->whole("buffer_mb")};
  return result;
}

WriteHeartbeat write_heartbeat(const Reader& in, const S7Link& link) {
  WriteHeartbeat result{in.where("address"), in.text("address"), in.ms("every_ms")};
  const auto address = s7::parse_address(result.address);
  if (address && !s7::largest_count(*address))
    in.report(Fault::contradiction, result.where,
              "a heartbeat is counted up, and '" + result.address + "' is no whole number",
              "write a type such as INT, UINT, WORD or DINT");
  if (!link.allow_write)
    in.report(Fault::contradiction, result.where, "the heartbeat is to be written, and the link is read only",
              "add allow_write = true to the link");
  return result;
}

S7Link s7(const Reader& in) {
  S7Link result;
  result.plc = build_plc(in);
  result.poll = in.ms("poll_ms");
  for (const auto& [reader, place] : in.list("tags"))
    result.tags.push_back({place, reader.text("name"), reader.text("address"), reader.text("unit")});
  if (const auto heartbeat = in.nested("heartbeat")) {
    const auto within = heartbeat->ms("changes_within_ms");
    result.heartbeat = Heartbeat{heartbeat->where("tag"), heartbeat->text("tag"), within};
    if (within.count() > 0 && within <= result.poll)
      in.report(Fault::contradiction, heartbeat->where("changes_within_ms"),
                "the heartbeat must change within " + std::to_string(within.count()) +
                    " ms, and it is read every " + std::to_string(result.poll.count()) + " ms only",
                "lower the link's poll_ms, or raise changes_within_ms");
  }
  result.allow_write = in.flag("allow_write");
  result.allow_control = in.flag("allow_control");
  if (const auto beat = in.nested("write_heartbeat")) result.write_heartbeat = write_heartbeat(*beat, result);
  return result;
}

Reconnect reconnect(const Reader& in, const SourceLocation& where) {
  Reconnect result;
  result.first = in.ms("first_ms");
  result.factor = in.number("factor").value_or(result.factor);
  result.longest = in.ms("max_ms");
  result.jitter = in.number("jitter").value_or(result.jitter);
  result.max_tries = in.whole("max_tries");
  if (result.longest.count() > 0 && result.first > result.longest)
    in.report(Fault::contradiction, where,
              "the first wait is longer than the longest: first_ms is above max_ms",
              "lower first_ms or raise max_ms");
  return result;
}

}  // namespace

Link build_link(const Reader& in, const SourceLocation& where) {
  Link result;
  result.where = where;
  result.id = in.text("id");
  result.kind = in.text("kind");
  if (result.kind.empty()) return result;
  result.critical = in.flag("critical");
  result.probe = in.ms("probe_ms");
  result.silence = in.ms("silence_ms");
  result.connect_timeout = in.ms("connect_timeout_ms");
  if (const auto nested = in.nested("reconnect"))
    result.reconnect = reconnect(*nested, in.where("reconnect"));
  if (const auto nested = in.nested("breaker"))
    result.breaker = {nested->whole("failures"), nested->ms("open_ms")};
  if (result.kind == "rocrail")
    result.peer = rocrail(in);
  else if (result.kind == "s7")
    result.peer = s7(in);
  else if (result.kind == "hwmon")
    result.peer = HwmonLink{in.text("chip"), in.text("address"), in.ms("poll_ms")};
  else if (result.kind == "loco")
    result.peer = LocoLink{in.path("device"), in.whole("baud"), in.ms("poll_ms")};
  else
    result.peer = modbus(in, where);
  return result;
}

}  // namespace standstill::config
