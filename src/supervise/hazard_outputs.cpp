// The hazard table's rows about outputs and read-backs: what switches may itself fail to switch.
#include "supervise/hazard_rows.hpp"

namespace standstill::supervise {

using config::milliseconds;

namespace {

constexpr milliseconds serial_probe{250}, program_probe{10000};  // output/peer/*_output.hpp, probe_interval()
constexpr milliseconds line_probe{500};  // guard/guard.cpp: lines are looked at so often

milliseconds probe_of(const config::Output& output) {
  if (std::holds_alternative<config::SerialOutput>(output.device)) return serial_probe;
  if (const auto* http = std::get_if<config::HttpOutput>(&output.device)) return http->probe;
  if (const auto* bit = std::get_if<config::S7BitOutput>(&output.device)) return bit->probe;
  if (const auto* coil = std::get_if<config::ModbusCoilOutput>(&output.device)) return coil->probe;
  if (const auto* mqtt = std::get_if<config::MqttOutput>(&output.device)) return mqtt->probe;
  return program_probe;
}

bool checked_while_running(const config::Readback& readback) {
  if (const auto* gpio = std::get_if<config::GpioReadback>(&readback.input)) return gpio->check_run;
  return std::get<config::TagReadback>(readback.input).expect_run.has_value();
}

// Why an output does not become safe by itself when its way is cut; empty where it does.
std::string holds_because(const config::Output& output) {
  using namespace config;
  if (std::holds_alternative<SerialOutput>(output.device))
    return "a serial relay keeps its last state when its cable is pulled";
  if (std::holds_alternative<HttpOutput>(output.device))
    return "a network relay keeps its last state when it is not reached";
  if (std::holds_alternative<ProgramOutput>(output.device)) return "what a program switched stays as it is";
  if (std::holds_alternative<ModbusCoilOutput>(output.device))
    return "a coil keeps its last state when it is not reached";
  if (std::holds_alternative<S7BitOutput>(output.device))
    return "a PLC's bit keeps its last state when the PLC is not reached";
  if (std::holds_alternative<MqttOutput>(output.device))
    return "a subscriber keeps its last state when the broker is not reached";
  return {};
}

}  // namespace

void HazardRows::escalation(Hazard& row, const config::Output& output, milliseconds notice) const {
  const auto* next = output.escalate.empty() ? nullptr : config_.output(output.escalate);
  if (next == nullptr) {
    row.cover = Cover::not_covered;
    row.cuts.insert(row.cuts.begin(), HazardCut{.output = output.id, .covered = false, .who = {}});
    return;
  }
  HazardCut one = cut(*next, {"guard, by escalation", notice, Order::at_once});
  row.cuts.insert(row.cuts.begin(), one);
}

// A welded contact, a relay that is stuck, a broken wire behind the pin: commanded safe, and still energised.
void HazardRows::does_not_obey(std::vector<Hazard>& into, const config::Output& output) const {
  Hazard row{.part = "output " + output.id,
             .event = "is told to be safe and stays energised",
             .by = {},
             .cuts = {},
             .remedy = {}};
  if (!output.readback) {
    row.by = "nothing looks";
    row.cover = Cover::not_covered;
    row.cuts.push_back({.output = output.id, .covered = false, .who = {}});
    row.remedy = output.escalate.empty()
                     ? "add a readback that proves it, and escalate = another output that removes its power"
                     : "add a readback: escalate needs somebody who notices";
    into.push_back(std::move(row));
    return;
  }
  row.by = "its read-back does not show safe within " + std::to_string(output.readback->within.count()) +
           " ms of the command";
  escalation(row, output, output.readback->within + loop_);
  if (row.cover == Cover::not_covered)
    row.remedy =
        "it is told as 'trip not effective', and nothing else cuts: add escalate = another output that "
        "removes its power";
  into.push_back(std::move(row));
}

// The way to the device is gone while it is energised.
void HazardRows::unplugged(std::vector<Hazard>& into, const config::Output& output) const {
  if (const auto* pulsed = std::get_if<config::WatchdogOutput>(&output.device)) {
    into.push_back(all("output " + output.id, "loses its GPIO chip (one on a cable)",
                       "its pulses fail; without them its relay drops",
                       {"guard", pulsed->pulse + loop_, Order::staged}));
    return;
  }
  const bool serial = std::holds_alternative<config::SerialOutput>(output.device);
  const bool program = std::holds_alternative<config::ProgramOutput>(output.device);
  const bool slow = is_slow(output);
  const bool read_back = !slow && output.readback && checked_while_running(*output.readback);
  const milliseconds probe = slow ? probe_of(output) : read_back ? milliseconds{0} : line_probe;
  const milliseconds notice = probe + (slow && !serial ? output.timeout : milliseconds{0}) + loop_;
  const char* event = !slow     ? "loses its GPIO chip (one on a cable)"
                      : program ? "has no program any more"
                      : serial  ? "is unplugged"
                                : "cannot be reached";
  Hazard row = all("output " + output.id, event, "", {"guard", notice, Order::staged}, output.id);
  row.by = read_back ? "its read-back cannot be read"
                     : "it is probed every " + std::to_string(probe.count()) + " ms";
  // Commanded in vain first: a time-out, and the other cutter's try.
  const milliseconds in_vain = slow ? output.timeout + 2 * heartbeat_ : milliseconds{0};
  escalation(row, output, notice + stage_of(output.id, Order::staged) + in_vain);
  if (row.cover == Cover::not_covered)
    row.remedy =
        slow ? holds_because(output) +
                   ": add escalate = another output that removes its power, or use a relay that "
                   "drops out by itself"
             : "does not concern a processor's own pins; for a chip on a cable add escalate = another "
               "output that removes its power";
  into.push_back(std::move(row));
}

// A read-back that always says safe proves nothing, and nobody sees it until a contact is welded as well.
void HazardRows::readback(std::vector<Hazard>& into, const config::Output& output) const {
  if (!output.readback) return;
  const std::string part = "read-back of " + output.id;
  if (checked_while_running(*output.readback)) {
    into.push_back(all(part, "is stuck at safe, or cannot be read", "while running it must show the opposite",
                       {"guard", output.readback->within + loop_, Order::staged}));
    return;
  }
  Hazard row{.part = part,
             .event = "is stuck at safe",
             .by = "only a proof test finds it",
             .cover = Cover::not_covered,
             .cuts = {},
             .remedy = {}};
  row.cuts.push_back({.output = output.id, .covered = false, .who = {}});
  row.remedy = "add expect_run to the readback, and keep to the proof tests (every " +
               std::to_string(output.prooftest_days) + " days)";
  into.push_back(std::move(row));
}

void HazardRows::outputs(std::vector<Hazard>& into) const {
  for (const auto& output : config_.outputs) {
    if (!output.is_safety()) continue;
    if (std::holds_alternative<config::GuardBoardOutput>(output.device)) {
      board(into, output);
      continue;
    }
    does_not_obey(into, output);
    unplugged(into, output);
    readback(into, output);
  }
}

void HazardRows::list_not_fail_safe(std::vector<std::string>& into) const {
  for (const auto& output : config_.outputs)
    if (const std::string why = holds_because(output); !why.empty()) into.push_back(output.id + ": " + why);
}

}  // namespace standstill::supervise
