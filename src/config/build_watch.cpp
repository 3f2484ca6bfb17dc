#include "config/build.hpp"

namespace standstill::config {

namespace {

LimitWatch limit(const Reader& in, const SourceLocation& where) {
  LimitWatch result{
      in.tag("source"), in.number("high"), in.number("low"),  in.number("hysteresis").value_or(0.0),
      in.ms("for_ms"),  in.range("valid"), in.number("warn"), in.ms("stale_ms")};
  const auto refuse = [&in](std::string_view key, const std::string& message, const std::string& hint) {
    in.report(Fault::contradiction, in.where(key), message, hint);
  };
  if (!in.has("high") && !in.has("low")) {
    in.report(Fault::one_of, where, "this [[watch]] has neither of 'high' and 'low'",
              "give one of them, or both");
    return result;
  }
  if (result.high && result.low && *result.low + result.hysteresis >= *result.high - result.hysteresis)
    refuse("low", "between 'low' and 'high', less 'hysteresis' on both sides, no value is left that is fine",
           "lower 'low', raise 'high' or lower 'hysteresis'");
  if (result.warn && result.high && *result.warn >= *result.high)
    refuse("warn", "'warn' is not below 'high', so the warning would never come first", "lower 'warn'");
  if (result.warn && !result.high && result.low && *result.warn <= *result.low)
    refuse("warn", "'warn' is not above 'low', so the warning would never come first", "raise 'warn'");
  for (const std::string_view key : {"high", "low"}) {
    const std::optional<double> value = in.number(key);
    if (value && result.valid && (*value < result.valid->lowest || *value > result.valid->highest))
      refuse(key, "'" + std::string(key) + "' lies outside 'valid', so the limit could never be reached",
             "widen 'valid'");
  }
  return result;
}

DemandWatch demand(const Reader& in) {
  DemandWatch result;
  result.chip = in.text("chip");
  result.line = in.whole("line");
  if (in.has("line_b")) result.line_b = in.whole("line_b");
  result.closed = in.choice<Level>("closed", {"low", "high"});
  result.discrepancy = in.ms("discrepancy_ms");
  result.lockout = in.ms("lockout_ms");
  const Bias safe_bias = result.closed == Level::low ? Bias::pull_up : Bias::pull_down;
  result.bias =
      in.text("bias").empty() ? safe_bias : in.choice<Bias>("bias", {"external", "pull-up", "pull-down"});
  if (!in.text("closed").empty() && result.bias != safe_bias && result.bias != Bias::external)
    in.report(Fault::broken_wire_unseen, in.where("bias"),
              "with bias = '" + in.text("bias") + "' and closed = '" + in.text("closed") +
                  "' a broken wire would read as a closed contact",
              safe_bias == Bias::pull_up ? "use bias = \"pull-up\"" : "use bias = \"pull-down\"");
  return result;
}

}  // namespace

Watch build_watch(const Reader& in, const SourceLocation& where) {
  Watch result;
  result.where = where;
  result.id = in.text("id");
  result.kind = in.text("kind");
  if (result.kind == "limit")
    result.rule = limit(in, where);
  else if (result.kind == "frozen")
    result.rule = FrozenWatch{in.tag("source"), in.ms("changes_within_ms")};
  else if (result.kind == "silence")
    result.rule = SilenceWatch{in.text("source"), in.ms("for_ms")};
  else if (result.kind == "health")
    result.rule = HealthWatch{in.tag("source"), in.flag("healthy"), in.ms("for_ms"), in.ms("stale_ms"),
                              in.text("code")};
  else if (result.kind == "demand")
    result.rule = demand(in);
  else
    result.rule = RemoteWatch{};
  return result;
}

Stage build_stage(const Reader& in, const SourceLocation& where) {
  Stage result;
  result.where = where;
  result.at = in.ms("at_ms");
  in.exactly_one(where, "this [[stage]]", "send", "output");
  if (const auto send = in.nested("send"))
    result.act = Send{send->text("link"), send->text("command")};
  else
    result.act = in.text("output");
  return result;
}

}  // namespace standstill::config
