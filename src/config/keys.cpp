#include "config/keys.hpp"

#include <algorithm>
#include <array>

namespace standstill::config {

namespace {

constexpr auto section_table = std::to_array<Section>({
    {.name = "site",
     .title = "[site]",
     .intro = "What this plant is called and where it keeps its files.",
     .required = true,
     .environment = true},
    {.name = "guard",
     .title = "[guard]",
     .intro = "How quickly the guard notices that somebody has died. The defaults suit an ordinary machine.",
     .environment = true},
    {.name = "link",
     .title = "[[link]]",
     .intro = "Each connection that is supervised: one `[[link]]` for each peer.",
     .repeated = true},
    {.name = "link.reconnect", .title = "reconnect of [[link]]", .intro = "How it dials again."},
    {.name = "link.breaker",
     .title = "breaker of [[link]]",
     .intro = "It slows reconnecting down, and nothing else: a suspended link counts as lost."},
    {.name = "link.register", .title = "registers of [[link]]", .intro = "Each entry of a register map."},
    {.name = "link.publish", .title = "publish of [[link]]", .intro = "Where readings go."},
    {.name = "link.tag", .title = "tags of [[link]]", .intro = "Each tag that is read."},
    {.name = "link.heartbeat",
     .title = "heartbeat of [[link]]",
     .intro = "A living program changes something."},
    {.name = "link.write_heartbeat",
     .title = "write_heartbeat of [[link]]",
     .intro = "A counter in the PLC by which its program can tell that Standstill lives."},
    {.name = "watch",
     .title = "[[watch]]",
     .intro =
         "Each rule that can raise a cause. Every critical link has its silence watch without being asked; "
         "what "
         "stands here comes on top. A value that is missing, stale or impossible is a cause, never \"fine\".",
     .repeated = true},
    {.name = "output",
     .title = "[[output]]",
     .intro = "Each way to act on hardware. Without `[[stage]]` all of them go safe at once.",
     .repeated = true},
    {.name = "output.request", .title = "request of [[output]]", .intro = "What an `http` output sends."},
    {.name = "output.readback",
     .title = "readback of [[output]]",
     .intro = "Proof by something that does not depend on the output itself. `start` is refused until it "
              "shows safe."},
    {.name = "output.patterns",
     .title = "patterns of [[output]]",
     .intro = "`slow` blinks once a second, `rapid` five times."},
    {.name = "stage",
     .title = "[[stage]]",
     .intro = "A controlled stop before the cut (stop category 1). Outputs that no stage names go safe at 0 "
              "ms. The guard keeps the times of "
              "outputs also when the supervisor has died; when it or a cutter dies itself, every output goes "
              "safe at once.",
     .repeated = true},
    {.name = "stage.send", .title = "send of [[stage]]", .intro = "What is sent."},
    {.name = "alert",
     .title = "[[alert]]",
     .intro = "Each way to tell people. Telling comes after the cut and can delay nothing.",
     .repeated = true},
    {.name = "terminal",
     .title = "[terminal]",
     .intro = "The HTTP interface for programs and people. A stop needs no login there.",
     .environment = true},
    {.name = "terminal.visitors",
     .title = "visitors of [terminal]",
     .intro = "For displays beside the plant (`#/visitors` of the page), where the usual words do not suit."},
    {.name = "terminal.rehearsal",
     .title = "rehearsal of [terminal]",
     .intro = "Simulated peers that operators may break on purpose from the page. A real peer has no control "
              "socket."},
    {.name = "bus",
     .title = "[bus]",
     .intro = "One emergency stop for several machines.",
     .optional = true,
     .environment = true},
    {.name = "watchdog",
     .title = "[watchdog]",
     .intro = "Another program that is looked after: a systemd unit, a container. `standstill run` does it "
              "beside its own work, `standstill watchdog` does nothing else.",
     .optional = true,
     .environment = true},
    {.name = "loco",
     .title = "[loco]",
     .intro =
         "How this machine is wired to an engine: for `standstill loco`, which is the engine's controller.",
     .optional = true},
    {.name = "loco.input", .title = "sensors of [loco]", .intro = "A number that the kernel reads."},
    {.name = "loco.pwm", .title = "PWM outputs of [loco]", .intro = "An output of a PWM chip."},
    {.name = "loco.line", .title = "lines of [loco]", .intro = "A line of a GPIO chip."},
});

constexpr auto kind_table = std::to_array<Kind>({
    {"link", "rocrail", Support::runs, "a Rocrail server"},
    {"link", "modbus-rtu", Support::runs, "a meter or other Modbus device on a serial line"},
    {"link", "modbus-tcp", Support::runs, "a Modbus device on the network"},
    {"link", "s7", Support::runs, "a Siemens S7 PLC"},
    {"link", "hwmon", Support::runs, "a sensor chip of this machine: temperatures, voltages, fans"},
    {"link", "loco", Support::runs, "a locomotive's telemetry line"},
    {"link.publish", "mqtt", Support::runs, "an MQTT broker"},
    {"watch", "limit", Support::runs, "a value reaches a limit"},
    {"watch", "frozen", Support::runs, "a value that should change does not"},
    {"watch", "silence", Support::runs, "a link is not online for a while"},
    {"watch", "health", Support::runs, "a yes-or-no value says unwell"},
    {"watch", "demand", Support::runs, "a button with a normally-closed contact"},
    {"watch", "remote", Support::later, "somebody else's stop on the bus"},
    {"output", "gpio", Support::runs, "a relay on a GPIO line"},
    {"output", "serial", Support::runs, "a relay board that takes text over a serial line"},
    {"output", "http", Support::runs, "a relay or socket with an HTTP interface"},
    {"output", "program", Support::runs, "a program of yours"},
    {"output", "indicator", Support::runs,
     "a lamp, siren or LED; it follows the state and is no part of safety"},
    {"output", "watchdog", Support::runs, "a watchdog device, or a line kept alive by pulses"},
    {"output", "guard-board", Support::runs, "an external guard: a board that opens its relays by itself"},
    {"output", "modbus-coil", Support::runs, "a coil of a Modbus device"},
    {"output", "s7-bit", Support::runs, "a bit of a Siemens S7 PLC"},
    {"output", "mqtt", Support::runs, "a message to an MQTT broker"},
    {"output", "opcua", Support::reserved, "an OPC UA server"},
    {"output.readback", "gpio", Support::runs, "a GPIO line"},
    {"output.readback", "tag", Support::runs, "a value of a link"},
    {"output.readback", "modbus-input", Support::runs, "a discrete input of a Modbus device"},
    {"alert", "webhook", Support::runs, "an HTTP request, in the form chats understand"},
    {"alert", "smtp", Support::runs, "a mail"},
    {"alert", "program", Support::runs, "a program of yours"},
    {"alert", "sms", Support::runs, "a text message through an HTTP gateway"},
    {"alert", "mqtt", Support::runs, "a message to an MQTT broker"},
    {"alert", "postgres", Support::runs, "a row in a PostgreSQL table"},
    {"bus", "redis", Support::runs, "a Redis server"},
    {"bus", "local", Support::runs, "one machine, no server: the controller serves it"},
});

bool contains(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::vector<Key> joined() {
  std::vector<Key> all;
  for (const auto part :
       {plant_keys(), link_keys(), plc_link_keys(), link_table_keys(), watch_keys(), output_keys(),
        plc_output_keys(), output_table_keys(), alert_keys(), watchdog_keys(), loco_keys()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

std::span<const Section> sections() { return section_table; }
std::span<const Kind> kinds() { return kind_table; }

std::span<const Key> keys() {
  static const std::vector<Key> all = joined();
  return all;
}

const Section* find_section(std::string_view name) {
  const auto found = std::ranges::find(section_table, name, &Section::name);
  return found == section_table.end() ? nullptr : &*found;
}

const Kind* find_kind(std::string_view section, std::string_view name) {
  for (const Kind& kind : kind_table)
    if (kind.section == section && kind.name == name) return &kind;
  return nullptr;
}

std::vector<const Kind*> kinds_of(std::string_view section) {
  std::vector<const Kind*> result;
  for (const Kind& kind : kind_table)
    if (kind.section == section) result.push_back(&kind);
  return result;
}

std::vector<const Key*> keys_of(std::string_view section) {
  std::vector<const Key*> result;
  for (const Key& key : keys())
    if (key.section == section) result.push_back(&key);
  return result;
}

bool applies(const Key& key, std::string_view kind) {
  return key.kinds.empty() || contains(split(key.kinds), kind);
}

const Key* find_key(std::string_view section, std::string_view name, std::string_view kind) {
  for (const Key& key : keys())
    if (key.section == section && key.name == name && applies(key, kind)) return &key;
  return nullptr;
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> result;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) result.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return result;
}

}  // namespace standstill::config
