#include "config/build.hpp"

namespace standstill::config {

namespace {

const std::initializer_list<std::string_view> levels = {"low", "high"};
const std::initializer_list<std::string_view> drives = {"push-pull", "open-drain", "open-source"};
const std::initializer_list<std::string_view> patterns = {"off", "on", "slow", "rapid"};

SerialLine serial_line(const Reader& in) {
  SerialLine line;
  line.device = in.path("device");
  line.baud = in.whole("baud");
  if (in.has("framing")) line.framing = in.text("framing");
  return line;
}

std::string run_reply(const Reader& in) {
  if (!in.has("run")) return "";
  return in.has("expect_reply_run") ? in.text("expect_reply_run") : in.text("expect_reply");
}

std::optional<Request> request(const std::optional<Reader>& in) {
  if (!in) return std::nullopt;
  return Request{in->text("method"), in->text("url"), in->text("body"), in->text("content_type")};
}

HttpOutput http(const Reader& in) {
  HttpOutput result;
  result.safe = request(in.nested("safe")).value_or(Request{});
  result.run = request(in.nested("run"));
  result.expect_reply = in.text("expect_reply");
  result.expect_reply_run = run_reply(in);
  result.user = in.text("user");
  result.password = in.secret("password");
  result.token = in.secret("token");
  result.probe = in.ms("probe_ms");
  if (!result.password.empty() && !result.token.empty())
    in.report(Fault::one_of, in.where(in.has("token_file") ? "token_file" : "token_env"),
              "a password and a token are both set", "keep one of them");
  return result;
}

IndicatorOutput indicator(const Reader& in) {
  IndicatorOutput result;
  result.chip = in.text("chip");
  result.line = in.whole("line");
  result.active = in.choice<Level>("active", levels);
  result.drive = in.choice<Drive>("drive", drives);
  if (const auto states = in.nested("patterns")) {
    result.running = states->choice<Pattern>("running", patterns);
    result.ready = states->choice<Pattern>("ready", patterns);
    result.tripped = states->choice<Pattern>("tripped", patterns);
    result.acknowledged = states->choice<Pattern>("acknowledged", patterns);
  }
  return result;
}

WatchdogOutput watchdog(const Reader& in, const SourceLocation& where) {
  in.exactly_one(where, "this [[output]]", "device", "chip");
  if (in.has("chip") != in.has("line"))
    in.report(Fault::one_of, in.has("chip") ? in.where("chip") : in.where("line"),
              "'chip' and 'line' belong together", "give both, or 'device'");
  WatchdogOutput result{in.path("device"), in.text("chip"), in.whole("line"), in.ms("pulse_ms"),
                        in.ms("expires_ms")};
  if (!result.is_device()) {
    // Two edges a period, and one of them may come late.
    if (!result.chip.empty() && result.expires < 4 * result.pulse)
      in.report(Fault::contradiction, in.has("expires_ms") ? in.where("expires_ms") : in.where("pulse_ms"),
                "'expires_ms' is shorter than four pulses, so that one late pulse would drop the relay",
                "lower 'pulse_ms', or use a relay that holds longer");
    return result;
  }
  if (result.expires.count() > 0 && result.expires < milliseconds(1000))
    in.report(Fault::contradiction, in.where("expires_ms"), "a watchdog device counts whole seconds",
              "write 1000 or more, or give 'chip' and 'line'");
  for (const char* key : {"readback", "escalate"})
    if (in.has(key))
      in.report(Fault::contradiction, in.where(key),
                "'" + std::string(key) +
                    "' belongs to an output that is cut, and a watchdog device resets the machine",
                "remove it, or give 'chip' and 'line'");
  return result;
}

ModbusCoilOutput modbus_coil(const Reader& in, const SourceLocation& where) {
  in.exactly_one(where, "this [[output]]", "device", "host");
  return {serial_line(in),
          in.text("host"),
          in.whole<std::uint16_t>("port"),
          in.whole("unit"),
          in.whole<std::uint16_t>("address"),
          in.flag("safe"),
          in.ms("probe_ms")};
}

Readback readback(const Reader& in, const SourceLocation& where) {
  Readback result;
  result.where = where;
  result.within = in.ms("within_ms");
  if (in.text("kind") == "gpio") {
    GpioReadback input{in.text("chip"), in.whole("line"),
                       in.choice<Bias>("bias", {"external", "pull-up", "pull-down"}),
                       in.choice<Level>("expect", levels), in.has("expect_run")};
    if (!in.text("expect_run").empty() && in.text("expect_run") == in.text("expect"))
      in.report(Fault::contradiction, in.where("expect_run"),
                "'expect_run' equals 'expect', so running and safe could not be told apart",
                "write the opposite level");
    result.input = std::move(input);
  } else if (in.text("kind") == "tag") {
    TagReadback input{in.tag("tag"), in.number("expect"), in.number("below"), in.number("expect_run"), {}};
    in.exactly_one(where, "this readback", "expect", "below");
    const bool same = (input.expect && input.expect_run && *input.expect == *input.expect_run) ||
                      (input.below && input.expect_run && *input.expect_run < *input.below);
    if (same)
      in.report(Fault::contradiction, in.where("expect_run"),
                "'expect_run' would also prove safe, so running and safe could not be told apart",
                "write the value that the input shows while running");
    result.input = std::move(input);
  } else if (in.text("kind") == "modbus-input") {
    TagReadback input;
    input.input = in.whole<std::uint16_t>("address");
    input.source = {in.text("link"), input_tag(*input.input)};
    input.expect = in.flag("expect") ? 1.0 : 0.0;
    if (in.has("expect_run")) input.expect_run = in.flag("expect_run") ? 1.0 : 0.0;
    if (input.expect_run == input.expect)
      in.report(Fault::contradiction, in.where("expect_run"),
                "'expect_run' equals 'expect', so running and safe could not be told apart",
                "write the opposite, or leave it out");
    result.input = std::move(input);
  }
  return result;
}

}  // namespace

Output build_output(const Reader& in, const SourceLocation& where) {
  Output result;
  result.where = where;
  result.id = in.text("id");
  result.kind = in.text("kind");
  if (result.kind.empty()) return result;
  result.timeout = in.ms("timeout_ms");
  if (const auto nested = in.nested("readback"); nested && nested->has("kind"))
    result.readback = readback(*nested, in.where("readback"));
  result.escalate = in.text("escalate");
  result.commandable = in.flag("commandable");
  if (in.has("prooftest_days")) result.prooftest_days = in.whole("prooftest_days");
  if (result.kind == "gpio")
    result.device = GpioOutput{in.text("chip"), in.whole("line"), in.choice<Level>("safe", levels),
                               in.choice<Drive>("drive", drives)};
  else if (result.kind == "serial")
    result.device = SerialOutput{serial_line(in), in.text("safe"), in.text("run"), in.text("expect_reply"),
                                 run_reply(in)};
  else if (result.kind == "http")
    result.device = http(in);
  else if (result.kind == "program")
    result.device = ProgramOutput{in.texts("safe"), in.texts("run")};
  else if (result.kind == "indicator")
    result.device = indicator(in);
  else if (result.kind == "watchdog")
    result.device = watchdog(in, where);
  else if (result.kind == "guard-board")
    result.device = GuardBoardOutput{serial_line(in)};
  else if (result.kind == "modbus-coil")
    result.device = modbus_coil(in, where);
  else if (result.kind == "s7-bit")
    result.device = S7BitOutput{build_plc(in), in.text("address"), in.flag("safe"), in.ms("probe_ms")};
  else
    result.device = MqttOutput{in.text("url"),  in.text("topic"),      in.text("safe"),  in.text("run"),
                               in.text("user"), in.secret("password"), in.ms("probe_ms")};
  return result;
}

}  // namespace standstill::config
