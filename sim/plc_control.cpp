// What a simulated PLC can be told over its control socket.
#include <nlohmann/json.hpp>

#include "sim/plc_server.hpp"
#include "sim/words.hpp"

namespace standstill::sim {

using Json = nlohmann::json;
using Result = std::expected<Json, std::string>;

void PlcServer::add_commands() {
  commands_.add("status", "", "what it is doing", [this](const Words&) -> Result {
    return Json{{"port", port_},
                {"state", hung_       ? "hung"
                          : listener_ ? "serving"
                                      : "gone"},
                {"cpu", cpu_.running() ? "running" : "stopped"},
                {"clients", clients_.size()},
                {"requests", cpu_.requests()},
                {"pdu", cpu_.manners().pdu},
                {"outstanding", cpu_.manners().outstanding}};
  });
  commands_.add("get", "ADDRESS", "a value, as the program sees it", [this](const Words& words) -> Result {
    if (words.size() != 1) return std::unexpected("say which address: get DB1.DBD0:DINT");
    auto value = cpu_.memory().get(words[0]);
    if (!value) return std::unexpected(words[0] + ": " + value.error());
    return Json{{"value", *value}};
  });
  commands_.add("set", "ADDRESS VALUE", "as if the program wrote it", [this](const Words& words) -> Result {
    if (words.size() < 2) return std::unexpected("say which address and which value: set DB1.DBX4.0 true");
    std::string value = words[1];
    for (std::size_t i = 2; i < words.size(); ++i) value += " " + words[i];
    if (const auto done = cpu_.memory().set(words[0], value); !done)
      return std::unexpected(words[0] + ": " + done.error());
    return Json::object();
  });
  commands_.add("cpu-stop", "", "the CPU goes to STOP; it still answers", [this] { cpu_.run(false); });
  commands_.add("cpu-run", "", "the CPU goes to RUN", [this] { cpu_.run(true); });
  commands_.add("program", "on|off", "off: the CPU runs, and nothing changes any more",
                on_off([this](bool on) { program(on); }));
  commands_.add("writable", "on|off", "off: every write is denied",
                on_off([this](bool on) { cpu_.manners().writable = on; }));
  commands_.add("put-get", "on|off",
                "off: reads and writes are not offered, as on an S7-1500 without PUT/GET",
                on_off([this](bool on) { cpu_.manners().put_get = on; }));
  commands_.add("bit-writes", "on|off", "off: a bit write is refused, as a wrong type",
                on_off([this](bool on) { cpu_.manners().bit_writes = on; }));
  commands_.add("status-lists", "on|off", "off: the CPU's state is not told, as on small CPUs",
                on_off([this](bool on) { cpu_.manners().status_lists = on; }));
  commands_.add("password", "[TEXT]", "what new sessions must say first; empty: nothing",
                [this](const Words& words) -> Result {
                  if (!words.empty() && words[0].size() > s7::longest_password)
                    return std::unexpected("a password has at most 8 characters");
                  cpu_.manners().password = words.empty() ? "" : words[0];
                  return Json::object();
                });
  commands_.add("place", "RACK SLOT|any", "new connections to another rack or slot are refused",
                [this](const Words& words) -> Result {
                  cpu_.manners().place.reset();
                  if (!words.empty() && words[0] == "any") return Json::object();
                  const auto rack = number(words, 0, 0, 7);
                  const auto slot = number(words, 1, 0, 31);
                  if (!rack || !slot)
                    return std::unexpected("say which rack, 0 to 7, and which slot, 0 to 31; or any");
                  cpu_.manners().place = static_cast<std::uint8_t>(*rack << 5U | *slot);
                  return Json::object();
                });
  commands_.add("pdu", "BYTES", "the largest message, granted to new connections",
                [this](const Words& words) -> Result {
                  const auto bytes = number(words, 0, 64, 960);
                  if (!bytes) return std::unexpected("say how many bytes, 64 to 960");
                  cpu_.manners().pdu = static_cast<std::uint16_t>(*bytes);
                  return Json::object();
                });
  commands_.add("grant", "N", "requests at once, granted to new connections",
                [this](const Words& words) -> Result {
                  const auto count = number(words, 0, 1, 64);
                  if (!count) return std::unexpected("say how many, 1 to 64");
                  cpu_.manners().outstanding = static_cast<std::uint16_t>(*count);
                  return Json::object();
                });
  commands_.add("quit", "", "end the simulated peer", [this] {
    if (quit_) quit_();
  });
}

void PlcServer::add_fault_commands() {
  commands_.add("crash", "", "close every connection; the port refuses", [this] { crash(false); });
  commands_.add("reset", "", "as crash, with a TCP reset", [this] { crash(true); });
  commands_.add("drop", "", "close every connection; new ones are served", [this] { drop(false); });
  commands_.add("drop-reset", "", "as drop, with a TCP reset", [this] { drop(true); });
  commands_.add("hang", "", "say nothing, read nothing; TCP stays up", [this] { hang(); });
  commands_.add("resume", "", "wake up from a hang and answer what was asked meanwhile",
                [this] { resume(); });
  commands_.add("half-open", "", "today's connections are dead and nobody is told; new ones are served",
                [this] { half_open(); });
  commands_.add("restart", "[MS]", "crash, and come back after MS (1000)",
                [this](const Words& words) -> Result {
                  const auto pause = number(words, 0, 0, 600'000);
                  if (!words.empty() && !pause) return std::unexpected("say after how many ms, 0 to 600000");
                  restart(std::chrono::milliseconds(pause.value_or(1000)));
                  return Json{{"after_ms", pause.value_or(1000)}};
                });
  commands_.add("delay", "MS", "every answer comes so much later; 0: at once",
                milliseconds([this](Duration delay) { faults_.delay = delay; }));
  commands_.add("late", "MS [N]", "the next N answers (1) come so much later",
                [this](const Words& words) -> Result {
                  const auto late = number(words, 0, 1, 600'000);
                  const auto count = words.size() > 1 ? number(words, 1, 1, 1'000'000) : std::optional(1);
                  if (!late || !count)
                    return std::unexpected("say how many ms, and for how many answers: late 5000 1");
                  faults_.late = std::chrono::milliseconds(*late);
                  faults_.late_answers = *count;
                  return Json::object();
                });
  const auto counted = [this](const char* name, const char* does, int PlcFaults::* count) {
    commands_.add(name, "[N]", does, [this, count](const Words& words) -> Result {
      const auto times = number(words, 0, 0, 1'000'000);
      if (!words.empty() && !times) return std::unexpected("say how many answers, 0 to 1000000");
      faults_.*count = times.value_or(1);
      return Json::object();
    });
  };
  counted("lose", "the next N answers (1) are never sent", &PlcFaults::lost_answers);
  counted("wrong-sequence", "the next N answers (1) carry the number of the request before",
          &PlcFaults::wrong_sequences);
  counted("garbage", "random bytes instead of the next N answers (1)", &PlcFaults::garbage);
  counted("wrong-length", "the next N answers (1) say another length than they have",
          &PlcFaults::wrong_lengths);
  commands_.add("cut", "BYTES", "the next answer ends after so many bytes, and the connection with it",
                [this](const Words& words) -> Result {
                  const auto bytes = number(words, 0, 0, 4096);
                  if (!bytes) return std::unexpected("say after how many bytes, 0 to 4096");
                  faults_.cut_at = *bytes;
                  return Json::object();
                });
}

}  // namespace standstill::sim
