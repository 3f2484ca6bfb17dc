#include "wire/rocrail/command.hpp"

#include "wire/rocrail/characters.hpp"
#include "wire/rocrail/frame.hpp"

namespace standstill::rocrail {

namespace {

std::string truth(bool value) { return value ? "true" : "false"; }

}  // namespace

Command command(std::string_view element, Fields fields) {
  Command made;
  made.body.reserve(64);
  made.body.append("<").append(element);
  for (const auto& [name, value] : fields) {
    made.body.append(" ").append(name).append("=\"");
    append_escaped(made.body, value);
    made.body.append("\"");
  }
  made.body.append("/>");
  made.frame = frame(element, made.body);
  made.may_energise = may_energise(made.body);
  return made;
}

namespace commands {

Command system(std::string_view cmd) { return command("sys", {{"cmd", cmd}}); }
Command go() { return system("go"); }
Command stop() { return system("stop"); }
Command ebreak() { return system("ebreak"); }
Command shutdown() { return system("shutdown"); }

Command loco_speed(std::string_view id, int v) {
  return command("lc", {{"id", id}, {"V", std::to_string(v)}});
}
Command loco_speed(std::string_view id, int v, bool forward) {
  return command("lc", {{"id", id}, {"V", std::to_string(v)}, {"dir", truth(forward)}});
}
Command loco_direction(std::string_view id, bool forward) {
  return command("lc", {{"id", id}, {"dir", truth(forward)}});
}
Command loco(std::string_view id, std::string_view cmd) { return command("lc", {{"id", id}, {"cmd", cmd}}); }
Command loco_to_block(std::string_view id, std::string_view block) {
  return command("lc", {{"id", id}, {"cmd", "gotoblock"}, {"blockid", block}});
}
Command loco_lights(std::string_view id, bool on) { return command("lc", {{"id", id}, {"fn", truth(on)}}); }
Command function(std::string_view loco, unsigned number, bool on) {
  const std::string digits = std::to_string(number);
  return command(
      "fn", {{"id", loco}, {"fnchanged", digits}, {"fnchangedstate", truth(on)}, {"f" + digits, truth(on)}});
}

Command turnout(std::string_view id, std::string_view cmd) {
  return command("sw", {{"id", id}, {"cmd", cmd}});
}
Command signal(std::string_view id, std::string_view cmd) {
  return command("sg", {{"id", id}, {"cmd", cmd}});
}
Command block_state(std::string_view id, bool closed) {
  return command("bk", {{"id", id}, {"state", closed ? "closed" : "open"}});
}
Command block(std::string_view id, std::string_view cmd, std::string_view loco) {
  if (loco.empty()) return command("bk", {{"id", id}, {"cmd", cmd}});
  return command("bk", {{"id", id}, {"cmd", cmd}, {"locid", loco}});
}
Command route(std::string_view id, std::string_view cmd) { return command("st", {{"id", id}, {"cmd", cmd}}); }
Command output(std::string_view id, std::string_view cmd) {
  return command("co", {{"id", id}, {"cmd", cmd}});
}
Command feedback(std::string_view id, bool on) { return command("fb", {{"id", id}, {"state", truth(on)}}); }
Command booster(std::string_view id, bool on) {
  return command("powercmd", {{"id", id}, {"cmd", on ? "on" : "off"}});
}
Command text(std::string_view id, std::string_view format) {
  return command("text", {{"id", id}, {"format", format}});
}
Command car(std::string_view id, std::string_view cmd) { return command("car", {{"id", id}, {"cmd", cmd}}); }
Command train(std::string_view operator_id, std::string_view cmd, std::string_view car_ids) {
  return command("operator", {{"id", operator_id}, {"cmd", cmd}, {"carids", car_ids}});
}
Command variable(std::string_view id, std::string_view value) {
  return command("vr", {{"id", id}, {"value", value}});
}

Command clock_time(unsigned hour, unsigned minute) {
  return command("clock", {{"hour", std::to_string(hour)}, {"minute", std::to_string(minute)}});
}
Command clock_divider(unsigned divider) { return command("clock", {{"divider", std::to_string(divider)}}); }
Command clock(std::string_view cmd) { return command("clock", {{"cmd", cmd}}); }
Command automatic(bool on) { return command("auto", {{"cmd", on ? "on" : "off"}}); }

Command plan() { return command("model", {{"cmd", "plan"}}); }
Command list(std::string_view which) { return command("model", {{"cmd", which}}); }

Command ping() {
  Command made;
  made.body = "<ping/>";
  made.frame = frame("ping", std::string_view("<ping/>\0", 8));
  made.may_energise = false;
  return made;
}

}  // namespace commands

}  // namespace standstill::rocrail
