// What a simulated Rocrail server can be told over its control socket.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/generate_plan.hpp"
#include "sim/rocrail_layout.hpp"
#include "sim/rocrail_server.hpp"
#include "sim/trains.hpp"
#include "sim/words.hpp"
#include "sim/xml_text.hpp"

namespace standstill::sim {

using Json = nlohmann::json;
using Result = std::expected<Json, std::string>;

namespace {

std::string joined(const Words& words, std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i < last && i < words.size(); ++i) text += (i == first ? "" : " ") + words[i];
  return text;
}

}  // namespace

void RocrailServer::add_commands() {
  commands_.add("status", "", "what the server believes, and where the trains really are",
                [this](const Words&) -> Result {
                  Json trains = Json::array();
                  for (const auto& train : trains_->all()) {
                    const auto loco = layout_->find("lc", train.loco);
                    trains.push_back({{"id", train.loco},
                                      {"block", train.block},
                                      {"entering", train.destination},
                                      {"speed", train.speed},
                                      {"believed_block", loco.attribute("blockid").value()},
                                      {"believed_speed", loco.attribute("V").as_int()}});
                  }
                  return Json{{"state", state_word()},
                              {"port", port_},
                              {"clients", clients_.size()},
                              {"power", layout_->power()},
                              {"auto", layout_->automatic()},
                              {"station", layout_->station()},
                              {"emergency", layout_->emergency()},
                              {"track_supply", supply_},
                              {"received", received_count_},
                              {"moves", trains_->moves()},
                              {"collisions", trains_->collisions()},
                              {"trains", trains}};
                });
  commands_.add("received", "[N]", "the last N commands of clients, oldest first",
                [this](const Words& words) -> Result {
                  const int wanted = number(words, 0, 1, 100).value_or(100);
                  const std::size_t skip =
                      received_.size() - std::min(received_.size(), static_cast<std::size_t>(wanted));
                  Json list = Json::array();
                  for (std::size_t i = skip; i < received_.size(); ++i) list.push_back(received_[i]);
                  return Json{{"commands", list}, {"total", received_count_}};
                });
  commands_.add("plan", "", "the plan as a client would get it now",
                [this](const Words&) -> Result { return Json{{"plan", layout_->plan_text()}}; });
  commands_.add("quit", "", "end the simulated peer without a word to its clients", [this] {
    if (quit_) quit_();
  });
}

void RocrailServer::add_fault_commands() {
  commands_.add("goodbye", "", "proper shutdown: announced, plan saved, end of file", [this] { goodbye(); });
  commands_.add("console-goodbye", "", "announce a shutdown, save, and stay",
                [this] { goodbye_withdrawn(); });
  commands_.add("crash", "", "close every connection without a message; the port refuses",
                [this] { crash(); });
  commands_.add("reset", "", "as crash, with a TCP reset", [this] { reset_connections(); });
  commands_.add("hang", "", "say nothing, read nothing; TCP stays up", [this] { hang(); });
  commands_.add("resume", "", "wake up from a hang and carry out what was sent meanwhile",
                [this] { resume(); });
  commands_.add("half-open", "", "today's connections are dead and nobody is told; new ones are served",
                [this] { half_open(); });
  commands_.add("rubbish", "TEXT | random N", "send bytes that are no frame",
                [this](const Words& words) -> Result {
                  if (words.empty()) return std::unexpected("say which text, or: random N");
                  std::string bytes = joined(words, 0, words.size());
                  if (const auto count = number(words, 1, 1, 1'000'000);
                      count && words[0] == "random" && words.size() == 2) {
                    bytes.resize(static_cast<std::size_t>(*count));
                    for (char& byte : bytes) byte = static_cast<char>(random_() & 0xFFU);
                  }
                  send_rubbish(bytes);
                  return Json{{"bytes", bytes.size()}};
                });
  commands_.add("slow", "BYTES_PER_S", "drip what is sent; 0 for full speed",
                [this](const Words& words) -> Result {
                  const auto rate = number(words, 0, 0, 1'000'000'000);
                  if (!rate) return std::unexpected("say how many bytes a second, 0 to 1000000000");
                  slow(static_cast<std::uint32_t>(*rate));
                  return Json::object();
                });
  const auto back = [this](const Words& words) -> Result {
    const bool named = !words.empty() && words[0] == "stale";
    const auto pause = number(words, named ? 1 : 0, 0, 600'000);
    if (words.size() > (named ? 1U : 0U) && !pause)
      return std::unexpected("say after how many ms, 0 to 600000");
    restart(std::chrono::milliseconds(pause.value_or(1000)));
    return Json{{"after_ms", pause.value_or(1000)}};
  };
  commands_.add("restart", "[stale] [MS]", "crash and come back with the plan last saved (1000 ms)", back);
}

void RocrailServer::add_layout_commands() {
  commands_.add("power", "on|off", "track power, by the command station",
                on_off([this](bool on) { power(on); }));
  commands_.add("auto", "on|off", "automatic mode; trains go round the plan's routes",
                on_off([this](bool on) { automatic(on); }));
  commands_.add("supply", "on|off", "the relay in the track's supply; no message says so",
                on_off([this](bool on) { track_supply(on); }));
  commands_.add("emergency", "on|off", "the command station reports an emergency",
                on_off([this](bool on) { emergency(on); }));
  commands_.add("lose-station", "", "the server lives, its command station does not",
                [this] { station(false); });
  commands_.add("station-back", "", "the command station is there again, power off",
                [this] { station(true); });
  commands_.add("save", "", "save the plan, as a restart will find it", [this] { save(); });
  commands_.add("move", "[STEPS]", "move the trains by that many steps at once",
                [this](const Words& words) -> Result {
                  const auto steps = number(words, 0, 1, 1'000'000);
                  if (!words.empty() && !steps) return std::unexpected("say how many steps, 1 to 1000000");
                  move(steps.value_or(1));
                  return Json{{"moves", trains_->moves()}};
                });
  commands_.add("big", "N", "serve a generated plan of N objects; clients must ask again",
                [this](const Words& words) -> Result {
                  const auto objects = number(words, 0, 1, 1'000'000);
                  if (!objects) return std::unexpected("say how many objects, 1 to 1000000");
                  auto changed =
                      change_plan(generate_plan(static_cast<std::size_t>(*objects), options_.seed));
                  if (!changed) return std::unexpected(changed.error());
                  return Json{{"bytes", layout_->plan_text().size()}};
                });
  commands_.add("set", "ID STATE", "as if the object did it: sw, sg, fb, co, bk, or a loco's speed",
                [this](const Words& words) -> Result {
                  if (words.size() < 2)
                    return std::unexpected("say which object and which state: set sw1 turnout");
                  const std::string id = joined(words, 0, words.size() - 1);
                  const std::string& state = words.back();
                  const bool on = state == "on" || state == "true";
                  if (auto point = layout_->find("sw", id)) {
                    layout_->set_switch(point, state);
                  } else if (auto signal = layout_->find("sg", id)) {
                    layout_->set_signal(signal, state);
                  } else if (auto sensor = layout_->find("fb", id)) {
                    layout_->set_feedback(sensor, on);
                  } else if (auto output = layout_->find("co", id)) {
                    layout_->set_output(output, on);
                  } else if (auto block = layout_->find("bk", id)) {
                    put(block, "state", state);
                    layout_->report_block(block);
                  } else if (auto loco = layout_->find("lc", id)) {
                    const auto speed = number(words, words.size() - 1, 0, 100);
                    if (!speed) return std::unexpected("a loco's speed is 0 to 100");
                    layout_->set_speed(loco, *speed);
                  } else {
                    return std::unexpected("no object '" + id + "' in the plan");
                  }
                  return Json::object();
                });
}

}  // namespace standstill::sim
