#include "sim/rocrail_layout.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "sim/xml_text.hpp"

namespace standstill::sim {

namespace {

constexpr std::array kinds{"fb",  "sw",       "bk", "sg",   "co",       "tx", "st",     "lc",
                           "car", "operator", "sc", "tour", "location", "sb", "booster"};
constexpr int monitor = 16384;
constexpr int status = 131072;

std::string key(std::string_view kind, std::string_view id) {
  return std::string(kind).append(":").append(id);
}

const char* word(bool value) { return value ? "true" : "false"; }

// How a 2014 server numbers an output: fada = 8 an address + 2 a port, pada = 4 an address + the port.
struct Address {
  int address;
  int port;
  [[nodiscard]] int fada() const { return (address - 1) * 8 + (port - 1) * 2; }
  [[nodiscard]] int pada() const { return (address - 1) * 4 + port; }
};

std::string output_remark(const Address& at, bool on, int value) {
  return "output " + std::to_string(at.address) + " " + std::to_string(at.port) + " 0 " +
         (on ? "on" : "off") + " fada=" + std::to_string(at.fada()) + " pada=" + std::to_string(at.pada()) +
         " value=" + std::to_string(value);
}

std::string report_remark(const Address& at, bool on, int value) {
  return "reporting output 0:" + std::to_string(at.address) + ":" + std::to_string(at.port) + ".0 " +
         (on ? "on" : "off") + " value=" + std::to_string(value);
}

std::string turnout_remark(const Address& at, const std::string& position) {
  std::array<char, 160> text{};
  const int count = std::snprintf(
      text.data(), text.size(),
      "turnout %04d %d %-10.20s fada=%04d pada=%04d bus=0 addr=%d port=%d gate=0 dir=%d action=1 delay=0",
      at.address, at.port, position.c_str(), at.fada(), at.pada(), at.address, at.port,
      position == "turnout" ? 0 : 1);
  return {text.data(), static_cast<std::size_t>(std::max(0, count))};
}

}  // namespace

RocrailLayout::RocrailLayout(LayoutSettings settings, Rails rails, Send broadcast)
    : settings_(settings),
      rails_(std::move(rails)),
      broadcast_(std::move(broadcast)),
      divider_(std::clamp(settings.clock_divider, 1, 100)),
      model_time_(settings.clock_start) {}

std::expected<std::unique_ptr<RocrailLayout>, std::string> RocrailLayout::load(const std::string& plan_xml,
                                                                               LayoutSettings settings,
                                                                               Rails rails, Send broadcast) {
  std::unique_ptr<RocrailLayout> made(new RocrailLayout(settings, std::move(rails), std::move(broadcast)));
  const auto parsed = made->document_.load_buffer(plan_xml.data(), plan_xml.size());
  if (!parsed) {
    return std::unexpected("plan: " + std::string(parsed.description()) + " at byte " +
                           std::to_string(parsed.offset));
  }
  made->plan_ = made->document_.child("plan");
  if (!made->plan_) return std::unexpected("plan: the outermost element must be <plan>");
  made->index();
  made->save();
  return made;
}

void RocrailLayout::index() {
  objects_.clear();
  for (const char* kind : kinds) {
    for (auto object : list(kind).children(kind))
      objects_[key(kind, object.attribute("id").value())] = object;
  }
}

pugi::xml_node RocrailLayout::find(std::string_view kind, std::string_view id) const {
  const auto found = objects_.find(key(kind, id));
  return found == objects_.end() ? pugi::xml_node{} : found->second;
}

pugi::xml_node RocrailLayout::list(std::string_view kind) const {
  return plan_.child((std::string(kind) + "list").c_str());
}

std::string RocrailLayout::plan_text() const { return xml_text(plan_); }

void RocrailLayout::save() {
  pugi::xml_document copy;
  const auto plan = copy.append_copy(plan_);
  for (auto loco : plan.child("lclist").children("lc")) {
    put(loco, "V", "0");
    put(loco, "mode", "idle");
  }
  for (auto block : plan.child("bklist").children("bk")) {
    put(block, "reserved", "false");
    put(block, "entering", "false");
  }
  saved_ = xml_text(plan);
}

void RocrailLayout::send(const pugi::xml_node& element) const { broadcast_(xml_text(element)); }

void RocrailLayout::remark(std::string_view text, int level) {
  pugi::xml_document out;
  auto node = out.append_child("exception");
  put(node, "text", text);
  put(node, "level", level);
  send(node);
}

void RocrailLayout::send_state() const {
  pugi::xml_document out;
  auto node = out.append_child("state");
  put(node, "iid", "vcs-1");
  put(node, "power", word(power_ && station_));
  put(node, "enablecom", "true");
  put(node, "trackbus", word(track_bus_ && station_));
  if (emergency_) put(node, "emergency", "true");
  put(node, "uid", "0");
  put(node, "load", "3000");
  put(node, "volt", "14000");
  put(node, "temp", power_ ? "120" : "60");
  put(node, "consolemode", word(settings_.console));
  put(node, "healthy", "true");
  send(node);
}

void RocrailLayout::set_power(bool on) {
  remark(on ? "Global power ON" : "Global power OFF", monitor);
  if (!station_) return;  // nobody there to switch anything, and a 2014 server says nothing more
  power_ = on;
  track_bus_ = true;
  halted_ = false;
  rails_.power(on);
  send_state();
}

void RocrailLayout::set_station(bool alive) {
  station_ = alive;
  if (!alive) power_ = false;
  rails_.power(power_);
  send_state();
}

void RocrailLayout::set_emergency(bool on) {
  emergency_ = on;
  if (on) power_ = false;
  rails_.power(power_);
  send_state();
  if (!on) return;
  remark("Emergency reported by the command station", monitor);
}

void RocrailLayout::set_auto(bool on, const std::string& server) {
  automatic_ = on;
  remark(on ? "Automatic mode is on." : "Automatic mode is off.", status);
  pugi::xml_document out;
  auto node = out.append_child("auto");
  put(node, "cmd", on ? "on" : "off");
  if (!server.empty()) put(node, "server", server);
  send(node);
}

void RocrailLayout::tick_clock() {
  if (frozen_) return;
  model_time_ += 60;
  pugi::xml_document out;
  auto node = out.append_child("clock");
  put(node, "divider", divider_);
  put(node, "time", std::to_string(model_time_));
  put(node, "temp", "20");
  put(node, "cmd", "sync");
  send(node);
}

void RocrailLayout::set_switch(pugi::xml_node point, const std::string& position) {
  const std::string id = point.attribute("id").value();
  remark("Switch [" + id + "] will be set to [" + position + ",0,0]", monitor);
  const bool knows =
      position == "straight" || position == "turnout" || position == "left" || position == "right";
  const Address first{point.attribute("addr1").as_int(1), point.attribute("port1").as_int(1)};
  const bool three = point.attribute("addr2").as_int() > 0;
  const int switched = point.attribute("switched").as_int();
  const auto report = [&](const std::string& state) {
    pugi::xml_document out;
    auto node = out.append_child("sw");
    put(node, "id", id);
    put(node, "state", state);
    put(node, "switched", switched);
    for (const char* name : {"addr1", "port1", "addr2", "port2"}) {
      if (point.attribute(name)) put(node, name, point.attribute(name).value());
    }
    send(node);
  };
  std::string state = knows ? position : point.attribute("state").value();  // lock leaves the blades alone
  if (three) {
    const Address second{point.attribute("addr2").as_int(1), point.attribute("port2").as_int(1)};
    remark(turnout_remark(second, position == "right" ? "turnout" : "straight"), monitor);
    report(point.attribute("state").value());
    remark(turnout_remark(first, position == "straight" ? "straight" : "turnout"), monitor);
  } else {
    remark(turnout_remark(first, position), monitor);
  }
  report(state);
  put(point, "state", state);
  put(point, "wantedstate", state);
  put(point, "fieldstate", state);
  put(point, "switched", switched + 1);
  rails_.throw_switch(id, state);
  pugi::xml_document out;
  auto node = out.append_child("sw");
  put(node, "id", id);
  put(node, "state", state);
  put(node, "switched", switched + 1);
  put(node, "testing", "false");
  put(node, "iid", point.attribute("iid").value());
  send(node);
}

void RocrailLayout::set_signal(pugi::xml_node signal, const std::string& aspect) {
  const Address at{signal.attribute("addr").as_int(1), signal.attribute("port1").as_int(1)};
  const bool red = aspect == "red";
  remark(output_remark(at, red, 1), monitor);
  remark(report_remark(at, red, 1), monitor);
  put(signal, "state", aspect);
  pugi::xml_document out;
  auto node = out.append_child("sg");
  put(node, "id", signal.attribute("id").value());
  put(node, "state", aspect);
  put(node, "aspect", "0");
  put(node, "manual", "false");
  put(node, "iid", signal.attribute("iid").value());
  send(node);
}

void RocrailLayout::report_signal_of(pugi::xml_node block, const std::string& aspect) {
  if (const auto signal = find("sg", block.attribute("signal").value())) set_signal(signal, aspect);
}

void RocrailLayout::set_feedback(pugi::xml_node sensor, bool on) {
  const bool was = sensor.attribute("state").as_bool();
  put(sensor, "state", word(on));
  if (on && !was) put(sensor, "counter", sensor.attribute("counter").as_int() + 1);
  pugi::xml_document out;
  auto node = out.append_child("fb");
  put(node, "iid", sensor.attribute("iid").value());
  put(node, "id", sensor.attribute("id").value());
  put(node, "state", word(on));
  put(node, "val", "0");
  put(node, "addr", sensor.attribute("addr").as_int());
  for (const char* name : {"bus", "fbtype"}) put(node, name, "0");
  put(node, "identifier", "");
  put(node, "counter", sensor.attribute("counter").as_int());
  for (const char* name : {"carcount", "countedcars", "wheelcount", "load", "maxload"}) put(node, name, "0");
  send(node);
}

void RocrailLayout::set_output(pugi::xml_node output, bool on) {
  const Address at{output.attribute("addr").as_int(1), output.attribute("port").as_int(1)};
  remark(output_remark(at, on, on ? 1 : 0), monitor);
  remark(report_remark(at, on, on ? 1 : 0), monitor);
  put(output, "state", on ? "on" : "off");
  pugi::xml_document out;
  auto first = out.append_child("co");
  put(first, "id", output.attribute("id").value());
  put(first, "state", on ? "on" : "off");
  put(first, "addr", at.address);
  put(first, "port", at.port);
  send(first);
  auto second = out.append_child("co");
  put(second, "id", output.attribute("id").value());
  put(second, "state", on ? "on" : "off");
  put(second, "iid", output.attribute("iid").value());
  send(second);
}

void RocrailLayout::set_route(pugi::xml_node route, int status_code) {
  put(route, "status", status_code);
  pugi::xml_document out;
  auto node = out.append_child("st");
  put(node, "status", status_code);
  put(node, "show", "false");
  put(node, "id", route.attribute("id").value());
  send(node);
}

}  // namespace standstill::sim
