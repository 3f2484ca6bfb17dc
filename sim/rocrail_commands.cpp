// What a simulated Rocrail server does with a command, and in which words it reports it (recording 03).
#include <string>

#include "sim/rocrail_layout.hpp"
#include "sim/xml_text.hpp"

namespace standstill::sim {

namespace {
constexpr int warning = 4;
constexpr int monitor = 16384;
}  // namespace

RocrailLayout::Wish RocrailLayout::execute(const std::string& body, const std::string& server,
                                           const Send& reply) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(body.data(), body.size());
  const auto command = document.document_element();
  if (!parsed || !command) {
    remark(
        "XML parse error: " + std::string(parsed.description()) + " at byte " + std::to_string(parsed.offset),
        1);
    return Wish::none;
  }
  const std::string name = command.name();
  const std::string cmd = command.attribute("cmd").value();
  if (name == "sys") return sys(cmd);
  if (name == "ping" && settings_.newer) reply("<pong/>\n");
  if (name == "model") model(command, server, reply);
  if (name == "lc") drive(command, server);
  if (name == "fn") functions(command, server);
  if (name == "sw") throw_point(command);
  if (name == "sg") show_signal(command);
  if (name == "bk") block(command, server);
  if (name == "st") route(command);
  if (name == "co") output(command);
  if (name == "clock") clock(command);
  if (name == "auto" && (cmd == "on" || cmd == "off")) set_auto(cmd == "on", server);
  if (name == "fb") {
    // "flip" is answered with the state as it is, says a 2014 server.
    const auto sensor = find("fb", command.attribute("id").value());
    if (sensor) set_feedback(sensor, command.attribute("state").as_bool(sensor.attribute("state").as_bool()));
  }
  return Wish::none;  // anything else is ignored in silence, as a real server does
}

RocrailLayout::Wish RocrailLayout::sys(const std::string& cmd) {
  if (cmd == "go") set_power(true);
  if (cmd == "stop") set_power(false);
  if (cmd == "save") save();
  if (cmd == "sod") remark("Start of Day", monitor);
  if (cmd == "ebreak") {
    // The trains stop; neither the power nor the speeds in the plan say so.
    halted_ = true;
    for (const auto& loco : list("lc").children("lc")) rails_.drive(loco.attribute("id").value(), 0);
    remark("Emergency break", monitor);
  }
  return cmd == "shutdown" && !settings_.console ? Wish::shutdown : Wish::none;
}

void RocrailLayout::model(pugi::xml_node command, const std::string& server, const Send& reply) {
  const std::string cmd = command.attribute("cmd").value();
  if (cmd == "plan") {
    reply(std::string("<auto cmd=\"") + (automatic_ ? "on" : "off") + "\"/>\n");
    pugi::xml_document out;
    auto state = out.append_child("state");
    const char* bus = track_bus_ && station_ ? "true" : "false";
    put(state, "power", power_ && station_ ? "true" : "false");
    put(state, "enablecom", "true");
    put(state, "programming", "false");
    put(state, "trackbus", bus);
    if (emergency_) put(state, "emergency", "true");
    for (const char* name : {"sensorbus", "accessorybus"}) put(state, name, "false");
    put(state, "healthy", "true");
    put(state, "needkey4loconet", "false");
    put(state, "consolemode", settings_.console ? "true" : "false");
    reply(xml_text(state));
    reply(plan_text());
  } else if (cmd == "lclist" || cmd == "swlist" || cmd == "bklist" || cmd == "stlist" || cmd == "sclist") {
    const auto wanted = plan_.child(cmd.c_str());
    reply(wanted ? xml_text(wanted) : "<" + cmd + "/>\n");
  } else if (cmd == "lcprops") {
    if (const auto loco = find("lc", command.attribute("val").value())) reply(xml_text(loco));
  } else if (cmd == "add" || cmd == "modify" || cmd == "remove") {
    model_change(cmd, command, server);
  }
}

void RocrailLayout::model_change(const std::string& cmd, pugi::xml_node command, const std::string& server) {
  for (const auto& child : command.children()) {
    const std::string kind = child.name();
    const std::string id = child.attribute("id").value();
    auto there = find(kind, id);
    auto objects = list(kind);
    if (cmd == "add" && !there && objects && !id.empty()) {
      objects_[kind + ":" + id] = objects.append_copy(child);
    } else if (cmd == "remove" && there) {
      objects.remove_child(there);
      objects_.erase(kind + ":" + id);
    } else if (cmd == "modify" && there) {
      for (const auto& attribute : child.attributes()) put(there, attribute.name(), attribute.value());
      pugi::xml_document out;
      auto node = out.append_copy(child);
      put(node, "cmd", "modify");
      send(node);
    }
  }
  if (cmd == "modify") return;
  pugi::xml_document out;
  auto node = out.append_copy(command);
  if (cmd == "remove") put(node, "server", server);
  send(node);
}

void RocrailLayout::throw_point(pugi::xml_node command) {
  const auto point = find("sw", command.attribute("id").value());
  if (!point) return;
  const std::string id = point.attribute("id").value();
  std::string cmd = command.attribute("cmd").value();
  if (cmd == "unlock") {
    remark("unlock switch [" + id + "]", monitor);
    return;
  }
  if (cmd == "flip")
    cmd = std::string_view("straight") == point.attribute("state").value() ? "turnout" : "straight";
  if (cmd == "straight" || cmd == "turnout" || cmd == "left" || cmd == "right" || cmd == "lock") {
    set_switch(point, cmd);
  }
}

void RocrailLayout::show_signal(pugi::xml_node command) {
  const auto signal = find("sg", command.attribute("id").value());
  std::string aspect = command.attribute("cmd").value();
  if (aspect == "auto") aspect = signal.attribute("state").as_string("red");
  if (!signal || aspect.empty()) return;
  set_signal(signal, aspect);
}

void RocrailLayout::route(pugi::xml_node command) {
  const auto route = find("st", command.attribute("id").value());
  if (!route) return;
  const std::string id = route.attribute("id").value();
  const std::string cmd = command.attribute("cmd").value();
  if (cmd == "unlock") {
    remark("reset route " + id, warning);
    set_route(route, 0);
  }
  if (cmd != "go" && cmd != "test") return;
  bool told = false;  // the route's own report comes after its first switch
  for (const auto& step : route.children("swcmd")) {
    if (const auto point = find("sw", step.attribute("id").value()))
      set_switch(point, step.attribute("cmd").value());
    if (!told) set_route(route, 0);
    told = true;
  }
  if (!told) set_route(route, 0);
}

void RocrailLayout::output(pugi::xml_node command) {
  const auto output = find("co", command.attribute("id").value());
  const std::string cmd = command.attribute("cmd").value();
  if (!output || (cmd != "on" && cmd != "off" && cmd != "flip")) return;
  const bool is_on = std::string_view("on") == output.attribute("state").value();
  set_output(output, cmd == "flip" ? !is_on : cmd == "on");
}

void RocrailLayout::clock(pugi::xml_node command) {
  const std::string cmd = command.attribute("cmd").value();
  if (cmd == "freeze" || cmd == "go") frozen_ = cmd == "freeze";
  if (command.attribute("freeze")) frozen_ = command.attribute("freeze").as_bool();
  if (command.attribute("divider")) {
    const int wanted = command.attribute("divider").as_int();
    if (wanted >= 1 && wanted <= 100) divider_ = wanted;
  }
  if (command.attribute("hour") || command.attribute("minute")) {
    const std::int64_t day = model_time_ - model_time_ % 86400;
    model_time_ = day + command.attribute("hour").as_int() * 3600 + command.attribute("minute").as_int() * 60;
  }
  pugi::xml_document out;
  auto node = out.append_child("clock");
  put(node, "divider", divider_);
  put(node, "time", std::to_string(model_time_));
  put(node, "temp", "20");
  put(node, "cmd", frozen_ ? "freeze" : "set");
  send(node);
}

}  // namespace standstill::sim
