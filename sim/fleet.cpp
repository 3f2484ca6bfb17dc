#include "sim/fleet.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace standstill::sim {

using nlohmann::json;

std::expected<std::unique_ptr<Fleet>, std::string> Fleet::start(os::Loop& loop, Settings settings,
                                                                BusStation::Moved moved,
                                                                BusStation::Said said) {
  if (!settings.keys.master() && settings.count != 1)
    return std::unexpected("the key file is that of one station; for several it must be the master key");
  auto fleet = std::unique_ptr<Fleet>(new Fleet);
  std::shared_ptr<station::Reader> reader;
  const auto last_cut = std::make_shared<Instant>();
  for (std::uint32_t i = 1; i <= settings.count; ++i) {
    const std::string name =
        settings.keys.master() ? settings.prefix + "-" + std::to_string(i) : settings.keys.instance();
    if (!estop::is_instance(name)) return std::unexpected("'" + name + "' is no name for a station");
    auto keys = settings.keys.master() ? estop::Keys::read(settings.keys.station_file(name))
                                       : std::expected<estop::Keys, std::string>(settings.keys);
    if (!keys) return std::unexpected(keys.error());
    if (!reader) reader = std::make_shared<station::Reader>(*keys);
    fleet->stations_.push_back(
        std::make_unique<BusStation>(loop,
                                     BusStation::Settings{.instance = name,
                                                          .keys = std::move(*keys),
                                                          .user = settings.user,
                                                          .password = settings.password,
                                                          .lease = settings.lease,
                                                          .seed = i,
                                                          .second_path = settings.second_path,
                                                          .settle = settings.settle,
                                                          .reader = reader,
                                                          .last_cut = last_cut},
                                     settings.dial, moved, said));
  }
  fleet->add_commands();
  return fleet;
}

std::size_t Fleet::energised() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(stations_, [](const auto& one) { return one->energised(); }));
}

std::string Fleet::summary() const {
  std::array<std::size_t, 3> states{};
  std::size_t off_line = 0;
  for (const auto& one : stations_) {
    ++states.at(static_cast<std::size_t>(one->state()));
    if (!one->online()) ++off_line;
  }
  std::string text;
  for (const auto state : {LatchState::running, LatchState::ready, LatchState::tripped})
    if (const auto count = states.at(static_cast<std::size_t>(state)); count != 0)
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name(state));
  return off_line == 0 ? text : text + " (" + std::to_string(off_line) + " off line)";
}

std::expected<std::vector<BusStation*>, std::string> Fleet::named(const std::string& word) const {
  std::vector<BusStation*> found;
  for (const auto& one : stations_)
    if (word == "all" || word == one->instance()) found.push_back(one.get());
  if (found.empty())
    return std::unexpected("there is no station '" + word + "'; there are " + stations_.front()->instance() +
                           " to " + stations_.back()->instance() + ", and `all`");
  return found;
}

void Fleet::add_fault(const char* name, const char* does, std::function<void(BusStation&, bool)> set) {
  commands_.add(name, "STATION|all on|off", does,
                [this, set = std::move(set)](const Words& words) -> std::expected<json, std::string> {
                  if (words.size() != 2 || (words[1] != "on" && words[1] != "off"))
                    return std::unexpected("say which station, or `all`, and on or off");
                  const auto them = named(words[0]);
                  if (!them) return std::unexpected(them.error());
                  for (auto* one : *them) set(*one, words[1] == "on");
                  return json::object();
                });
}

void Fleet::add_commands() {
  const auto each = [this](const char* name, const char* does, void (BusStation::*act)()) {
    commands_.add(name, "STATION|all", does,
                  [this, act](const Words& words) -> std::expected<json, std::string> {
                    if (words.size() != 1) return std::unexpected("say which station, or `all`");
                    const auto them = named(words[0]);
                    if (!them) return std::unexpected(them.error());
                    for (auto* one : *them) (one->*act)();
                    return json::object();
                  });
  };
  each("press", "its button is pressed: its relay is cut, and then everybody is told", &BusStation::press);
  each("restart", "power off and on", &BusStation::restart);
  add_fault("cut", "it is off line", [](BusStation& one, bool on) { one.cut(on); });
  add_fault("deaf", "stops by datagram do not come to it", [](BusStation& one, bool on) { one.deaf(on); });
  add_fault("weld", "its relay's contact stays where it is", [](BusStation& one, bool on) { one.weld(on); });
  commands_.add("state", "[STATION|all]", "of all in few words, or of each",
                [this](const Words& words) -> std::expected<json, std::string> {
                  if (words.empty()) return json{{"summary", summary()}, {"energised", energised()}};
                  const auto them = named(words[0]);
                  if (!them) return std::unexpected(them.error());
                  json list = json::array();
                  for (const auto* one : *them)
                    list.push_back({{"station", one->instance()},
                                    {"state", name(one->state())},
                                    {"epoch", one->epoch()},
                                    {"relay", one->energised()},
                                    {"online", one->online()},
                                    {"first_out", name(one->first_out().code)}});
                  return json{{"stations", list}};
                });
  commands_.add("quit", "", "ends the program", [this] {
    if (quit_) quit_();
  });
}

}  // namespace standstill::sim
