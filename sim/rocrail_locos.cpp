// Reports about locos and the blocks they are believed in.
#include <algorithm>

#include "sim/rocrail_layout.hpp"
#include "sim/xml_text.hpp"

namespace standstill::sim {

namespace {
constexpr int monitor = 16384;
}

std::string RocrailLayout::speed_remark(pugi::xml_node loco, std::string_view id, int speed, bool forward,
                                        bool lights) {
  std::string shown(id);
  std::replace(shown.begin(), shown.end(), '"', ' ');
  const int steps = loco.attribute("spcnt").as_int(14) * speed / 100;
  return "id=" + shown + ": addr=" + std::to_string(loco.attribute("addr").as_int()) +
         ", calculated speed=" + std::to_string(steps) + ", command V=" + std::to_string(speed) +
         ", dir=" + (forward ? "fwd" : "rev") + ", lights=" + (lights ? "on" : "off") + ", throttleid=(null)";
}

void RocrailLayout::report_loco(pugi::xml_node loco, pugi::xml_node command, const std::string& server) {
  pugi::xml_document out;
  auto node = command ? out.append_copy(command) : out.append_child("lc");
  if (!command) put(node, "id", loco.attribute("id").value());
  if (!server.empty()) put(node, "server", server);
  const auto same = [&](const char* name, const char* otherwise) {
    put(node, name, loco.attribute(name).as_string(otherwise));
  };
  same("dir", "true");
  same("addr", "0");
  put(node, "secaddr", "0");
  same("V", "0");
  put(node, "placing", "true");
  put(node, "blockenterside", "true");
  same("mode", "idle");
  put(node, "resumeauto", "false");
  put(node, "manual", "false");
  if (loco.attribute("blockid")) same("blockid", "");
  same("fn", "false");
  same("runtime", "0");
  for (const char* name : {"mtime", "mint"}) put(node, name, "0");
  same("throttleid", "");
  put(node, "active", "true");
  put(node, "scidx", "-1");
  for (const char* name : {"scheduleid", "tourid", "train"}) put(node, name, "");
  for (const char* name : {"trainlen", "trainweight", "V_realkmh"}) put(node, name, "0");
  same("fifotop", "false");
  send(node);
}

void RocrailLayout::set_speed(pugi::xml_node loco, int speed) {
  put(loco, "V", speed);
  rails_.drive(loco.attribute("id").value(), speed);
  remark(speed_remark(loco, loco.attribute("id").value(), speed, loco.attribute("dir").as_bool(true),
                      loco.attribute("fn").as_bool()),
         monitor);
  report_loco(loco);
}

void RocrailLayout::report_block(pugi::xml_node block) {
  pugi::xml_document out;
  auto node = out.append_child("bk");
  put(node, "id", block.attribute("id").value());
  put(node, "state", block.attribute("state").as_string("open"));
  put(node, "locid", block.attribute("locid").value());
  put(node, "reserved", block.attribute("reserved").as_string("false"));
  put(node, "entering", block.attribute("entering").as_string("false"));
  put(node, "acceptident", "false");
  send(node);
}

void RocrailLayout::place(pugi::xml_node loco, std::string_view block) {
  const std::string id = loco.attribute("id").value();
  for (auto other : list("bk").children("bk")) {
    if (id == other.attribute("locid").value() && block != other.attribute("id").value()) {
      put(other, "locid", "");
    }
  }
  put(loco, "blockid", block);
  if (auto target = find("bk", block)) put(target, "locid", id);
}

void RocrailLayout::drive(pugi::xml_node command, const std::string& server) {
  const std::string id = command.attribute("id").value();
  auto loco = find("lc", id);
  if (!loco) {
    remark(speed_remark({}, id, command.attribute("V").as_int(), true, true), monitor);
    return;
  }
  const std::string cmd = command.attribute("cmd").value();
  if (cmd == "go" || cmd == "stop") {
    put(loco, "mode", cmd == "go" ? "auto" : "idle");
    if (cmd == "stop") {
      set_speed(loco, 0);
    } else {
      report_loco(loco);
    }
    return;
  }
  if (cmd == "softreset") {
    put(loco, "mode", "idle");
    set_speed(loco, 0);
    return;
  }
  if (!cmd.empty() && cmd != "velocity") return;  // dispatch, gotoblock, …: accepted in silence
  for (const char* name : {"V", "dir", "fn"}) {
    if (command.attribute(name)) put(loco, name, command.attribute(name).value());
  }
  const int speed = std::clamp(loco.attribute("V").as_int(), 0, 100);
  rails_.drive(id, speed);
  remark(speed_remark(loco, id, speed, loco.attribute("dir").as_bool(true), loco.attribute("fn").as_bool()),
         monitor);
  report_loco(loco, command, server);
}

void RocrailLayout::functions(pugi::xml_node command, const std::string& server) {
  const std::string id = command.attribute("id").value();
  auto loco = find("lc", id);
  if (!loco) return;
  const int changed = command.attribute("fnchanged").as_int(-1);
  if (changed >= 0 && changed <= 28) {
    const std::string number = std::to_string(changed);
    const auto explicitly = command.attribute(("f" + number).c_str());
    const bool on = explicitly ? explicitly.as_bool() : command.attribute("fnchangedstate").as_bool();
    if (changed == 0) {
      put(loco, "fn", on ? "true" : "false");
    } else {
      const unsigned bit = 1U << static_cast<unsigned>(changed - 1);
      const unsigned before = loco.attribute("fx").as_uint();
      put(loco, "fx", static_cast<int>(on ? before | bit : before & ~bit));
    }
    remark("id=" + id + " decoder " + loco.attribute("addr").value() + " f" + number + "(" + number +
               ")=" + (on ? "on" : "off"),
           monitor);
  }
  report_loco(loco, command, server);
}

void RocrailLayout::block(pugi::xml_node command, const std::string& server) {
  auto block = find("bk", command.attribute("id").value());
  if (!block) return;
  const std::string cmd = command.attribute("cmd").value();
  const std::string state = command.attribute("state").value();
  if (state == "open" || state == "closed") put(block, "state", state);
  pugi::xml_document out;
  auto node = out.append_copy(command);
  auto loco = find("lc", command.attribute("locid").value());
  if ((cmd == "reserve" || cmd == "loc") && loco) {  // "reserve" places the loco, says a 2014 server
    place(loco, block.attribute("id").value());
    put(node, "cmd", "loc");
    report_loco(loco);
  } else if (cmd == "free") {
    auto gone = find("lc", block.attribute("locid").value());
    put(block, "locid", "");
    put(block, "reserved", "false");
    if (gone) gone.remove_attribute("blockid");
    if (gone) report_loco(gone);
  }
  report_signal_of(block, "red");
  put(node, "server", server);
  put(node, "acceptident", "false");
  put(node, "state", block.attribute("state").as_string("open"));
  send(node);
}

}  // namespace standstill::sim
